// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/error.hpp>
#include <leat/op/running/stage.hpp>
#include <leat/route/codec/little_endian.hpp>
#include <leat/route/formation/formation.hpp>
#include <leat/route/formation/handshake.hpp>
#include <leat/route/formation/cluster_formation.hpp>
#include <leat/route/formation/cluster_config.hpp>
#include <leat/route/peers/link.hpp>
#include <leat/route/peers/failure_detector.hpp>
#include <leat/route/peers/mesh.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace leat::detail {

LEAT_INLINE formation::formation(network& net, cluster_config mine, std::function<std::uint64_t()> draw,
                                 std::function<void(std::string const&)> log)
    : net_(net), mine_(std::move(mine)), draw_(std::move(draw)), log_(std::move(log)), words_(mine_.first_words()) {
  for (std::uint64_t& part : words_.nonce) part = draw_();
  members_.resize(mine_.processes());
}

LEAT_INLINE void formation::on_ready(std::function<void()> call) {
  wake_ = std::move(call);
  net_.on_ready(wake_);
  for (auto const& one : newcomers_) one->on_ready(wake_);
  for (member const& one : members_)
    if (one.link) one.link->on_ready(wake_);
}

LEAT_INLINE bool formation::turn(steady_time now) {
  if (!begun_) begin(now);
  if (!listening_) listen(now);
  bool progress = listening_ && accept(now);
  if (!formed_ && !stops_by_) progress = connect(now) || progress;
  progress = hear_newcomers(now) || progress;
  if (formed_) return progress;
  progress = hear_members(now) || progress;
  progress = pass_on_stop() || progress;
  progress = agree() || progress;
  if (!formed_ && !stops_by_) complain(now);
  return progress;
}

LEAT_INLINE void formation::stop(steady_time now) {
  if (!stops_by_) stops_by_ = now + parting_time;
}

LEAT_INLINE bool formation::stopped(steady_time now) const {
  if (formed_ || !stops_by_) return false;
  if (!begun_ || now >= *stops_by_) return true;
  // Who has said go may be told nothing more: the cluster forms, or falls apart.
  bool const waits = std::any_of(members_.begin(), members_.end(),
                                 [](member const& other) { return other.link && !other.link->has_said_stop(); });
  return !waits && std::none_of(newcomers_.begin(), newcomers_.end(),
                                [](auto const& newcomer) { return newcomer->at() != handshake::stage::hello; });
}

LEAT_INLINE std::unique_ptr<peers> formation::join(graph const& flow, peers::settings how) {
  mesh::settings settings{std::move(how), seals()};
  return std::make_unique<mesh>(flow, std::move(settings), take());
}

LEAT_INLINE std::vector<frame_seals> formation::seals() const {
  std::vector<frame_seals> all;
  for (member const& other : members_) all.push_back(other.link ? other.link->seals() : frame_seals());
  return all;
}

LEAT_INLINE connections formation::take() {
  connections all(members_.size());
  for (std::size_t i = 0; i != members_.size(); ++i)
    if (members_[i].link) all[i] = members_[i].link->take();
  return all;
}

LEAT_INLINE steady_time formation::wake_at() const {
  steady_time first = never;
  for (auto const& one : newcomers_) first = (std::min)(first, one->deadline);
  if (formed_ || !begun_) return first;
  first = (std::min)({first, give_up_, next_complaint_});
  if (!listening_) first = (std::min)(first, listen_at_);
  if (stops_by_) first = (std::min)(first, *stops_by_);
  for (unsigned i = mine_.process + 1; i != members_.size(); ++i)
    if (!members_[i].link && !members_[i].dialing) first = (std::min)(first, members_[i].connect_at);
  return first;
}

LEAT_INLINE void formation::add_awaited(std::vector<awaited>& all) const {
  if (net_.descriptor() >= 0) all.push_back({net_.descriptor(), false});
  for (auto const& one : newcomers_)
    if (one->descriptor() >= 0) all.push_back({one->descriptor(), !one->all_sent()});
  if (formed_) return;
  for (member const& one : members_)
    if (one.link && one.link->descriptor() >= 0) all.push_back({one.link->descriptor(), !one.link->all_sent()});
}

LEAT_INLINE void formation::begin(steady_time now) {
  begun_ = true;
  give_up_ = now + mine_.time_to_form;
  next_complaint_ = now + between_complaints;
  if (std::size_t const bytes = mine_.description().size(); bytes > cluster_config::most_described)
    fail(cluster_config::too_long_to_describe("this cluster's", bytes));
  for (member& one : members_) one.connect_at = now;
}

LEAT_INLINE void formation::listen(steady_time now) {
  if (now < listen_at_) return;
  std::string const& address = mine_.listens_at();
  try {
    if (net_.listen(address) && mine_.secret.empty() && !mine_.open_to_anyone)
      fail("anybody who can reach " + address +
           " could join: give all processes a secret (--secret-file) or certificates, or say --insecure");
    listening_ = true;
    own_trouble_.clear();
  } catch (no_such_place_yet const& cause) {
    own_trouble_ = cause.what();
    listen_at_ = now + between_tries_to_listen;
  }
}

LEAT_INLINE void formation::greet(std::unique_ptr<connection> link, std::optional<unsigned> dialed, steady_time now) {
  hello words = words_;
  for (std::uint64_t& part : words.challenge) part = draw_();
  newcomers_.push_back(std::make_unique<handshake>(std::move(link), mine_, words, dialed, now + greeting_time));
  newcomers_.back()->on_ready(wake_);
}

LEAT_INLINE bool formation::accept(steady_time now) {
  std::size_t const places = most_newcomers + members_.size();
  std::size_t let_in = 0;
  for (; let_in != most_newcomers; ++let_in) {
    std::unique_ptr<connection> link = net_.accept();
    if (!link) break;
    if (newcomers_.size() >= places) make_room();
    greet(std::move(link), std::nullopt, now);
  }
  return let_in != 0;
}

LEAT_INLINE void formation::make_room() {
  auto const stays_for = [](handshake const& one) {
    return std::pair(one.dialed.has_value(), one.at() >= handshake::stage::description);
  };
  newcomers_.erase(std::min_element(newcomers_.begin(), newcomers_.end(),
                                    [&](auto const& a, auto const& b) { return stays_for(*a) < stays_for(*b); }));
}

LEAT_INLINE bool formation::connect(steady_time now) {
  bool progress = false;
  for (unsigned i = mine_.process + 1; i != members_.size(); ++i) {
    member& one = members_[i];
    if (one.link || one.dialing || now < one.connect_at) continue;
    greet(net_.connect(mine_.addresses[i]), i, now);
    one.dialing = true;
    one.patience = (std::min<std::chrono::nanoseconds>)(2 * one.patience, std::chrono::seconds(1));
    one.connect_at =
        now + one.patience / 2 + std::chrono::nanoseconds(draw_() % static_cast<std::uint64_t>(one.patience.count()));
    progress = true;
  }
  return progress;
}

LEAT_INLINE bool formation::hear_newcomers(steady_time now) {
  bool progress = false;
  for (std::size_t i = 0; i != newcomers_.size();) {
    handshake& one = *newcomers_[i];
    if (formed_) one.turn_away(formed_already);
    progress = one.turn() || progress;
    if (goes_on(one, now)) {
      ++i;
      continue;
    }
    std::unique_ptr<handshake> through = std::move(newcomers_[i]);
    newcomers_.erase(newcomers_.begin() + static_cast<std::ptrdiff_t>(i));
    progress = true;
    if (formed_) continue;
    if (through->dialed) members_[*through->dialed].dialing = false;
    // Last words of a run that is gone may come late, when a later run has joined.
    if (through->failure().empty() && through->at() == handshake::stage::joined && through->open())
      join(std::move(through), now);
    else
      part_from(*through);
  }
  return progress;
}

LEAT_INLINE bool formation::goes_on(handshake const& one, steady_time now) {
  if (!one.open() || now >= one.deadline) return false;
  if (one.refused() || !one.failure().empty()) return !one.all_sent();
  return one.at() != handshake::stage::joined;
}

LEAT_INLINE void formation::join(std::unique_ptr<handshake> link, steady_time now) {
  unsigned const number = link->theirs().process;
  member& one = members_[number];
  std::array<std::uint64_t, 2> const& nonce = link->theirs().nonce;
  if (std::find(one.replaced.begin(), one.replaced.end(), nonce) != one.replaced.end())
    fail("two processes run as process " + std::to_string(number) + ": each process has a number of its own");
  bool const replaces = one.link && one.link->theirs().nonce != nonce;
  if (replaces) one.replaced.push_back(one.link->theirs().nonce);
  one.link = std::move(link);
  if (replaces) part_from_those_told_to_go(now);
}

LEAT_INLINE void formation::part_from(handshake const& one) {
  std::string const who = one.dialed
                              ? "process " + std::to_string(*one.dialed) + " (" + mine_.addresses[*one.dialed] + ")"
                          : one.at() == handshake::stage::hello ? "somebody who connected"
                                                                : "process " + std::to_string(one.theirs().process);
  std::string const why = !one.failure().empty() ? one.failure() : one.open() ? "it does not answer" : one.error();
  std::string const misfit = who + " cannot be in one cluster with this process: ";
  if (one.final()) fail(misfit + why);
  if (one.dialed) {
    member& other = members_[*one.dialed];
    other.error = why;
    if (one.seems_final() && std::exchange(other.seems_foreign, why) != why && ++told_ <= most_told)
      log_("leat: " + misfit + why + "; a stranger may have answered in its place, so it is tried again for " +
           seconds_text(mine_.time_to_form) + " (--formation-timeout)");
  } else if (!one.failure().empty() || one.link_refused()) {
    // Who was refused comes again.
    std::string line = "leat: " + who + " was sent away: " + why;
    if (line != last_sent_away_ && ++told_ <= most_told) log_(line);
    last_sent_away_ = std::move(line);
    // It may have ended for it: whoever still waits is told why.
    unsigned const number = one.theirs().process;
    if (one.at() != handshake::stage::hello && number < mine_.process)
      members_[number].error = "it came and was sent away: " + why;
  }
}

LEAT_INLINE bool formation::pass_on_stop() {
  if (!stops_by_) return false;
  bool progress = false;
  for (member const& other : members_) {
    if (!other.link) continue;
    other.link->send_stop();
    progress = other.link->turn() || progress;
  }
  return progress;
}

LEAT_INLINE bool formation::hear_members(steady_time now) {
  bool progress = false;
  for (member& one : members_) {
    if (!one.link) continue;
    progress = one.link->turn() || progress;
    if (one.link->stops()) stop(now);
    if (one.link->final()) part_from(*one.link);
    if (one.link->open() && one.link->failure().empty()) continue;
    lose(one, one.link->failure().empty() ? one.link->error() : one.link->failure(), now);
    part_from_those_told_to_go(now);
    progress = true;
  }
  return progress;
}

LEAT_INLINE void formation::lose(member& one, std::string why, steady_time now) {
  one.error = std::move(why);
  one.connect_at = now + one.patience;
  one.link.reset();
}

LEAT_INLINE void formation::part_from_those_told_to_go(steady_time now) {
  for (member& one : members_)
    if (one.link && one.link->has_sent_go()) lose(one, "another process was lost while all came together", now);
}

LEAT_INLINE digest formation::view() const {
  sha256 sum;
  for (unsigned i = 0; i != members_.size(); ++i)
    for (std::uint64_t part : i == mine_.process ? words_.nonce : members_[i].link->theirs().nonce) {
      std::array<std::byte, sizeof part> bytes{};
      put_little_endian(part, bytes.data());
      sum.add(bytes);
    }
  return sum.result();
}

LEAT_INLINE bool formation::agree() {
  auto const all = [this](auto&& holds) {
    for (unsigned i = 0; i != members_.size(); ++i)
      if (i != mine_.process && !(members_[i].link && holds(*members_[i].link))) return false;
    return true;
  };
  if (!all([&](handshake const& other) { return !stops_by_ || other.has_sent_go(); })) return false;
  digest const seen = view();
  all([&](handshake& one) { return one.say_view(seen), true; });
  if (!all([&](handshake const& one) { return one.sees(seen); })) return false;
  bool progress = false;
  all([&](handshake& one) {
    one.say_go(seen);
    progress = one.turn() || progress;
    return true;
  });
  formed_ = all([&](handshake const& one) { return one.goes(seen) && one.all_sent(); });
  return progress || formed_;
}

LEAT_INLINE void formation::complain(steady_time now) {
  bool const over = now >= give_up_;
  if (!over && now < next_complaint_) return;
  next_complaint_ = now + between_complaints;
  std::string missing;
  bool foreign = false;
  for (unsigned i = 0; i != members_.size(); ++i) {
    if (i == mine_.process || members_[i].link) continue;
    member const& other = members_[i];
    std::string line = "process " + std::to_string(i) + " (" + mine_.addresses[i] + "): " + other.error;
    if (other.error == other.seems_foreign)
      foreign = true;
    else if (!other.seems_foreign.empty())
      line += " (and before: " + other.seems_foreign + ")";
    if (!over) log_("leat: waiting for " + line);
    missing += (missing.empty() ? "" : "; ") + line;
  }
  for (std::string const& error : {own_trouble_, net_.error()}) {
    if (error.empty()) continue;
    if (!over) log_("leat: " + error);
    missing += (missing.empty() ? "" : "; ") + error;
  }
  if (missing.empty()) missing = "the processes do not all see the same of them";
  if (over)
    throw cluster_error(foreign ? cluster_error::status::refused : cluster_error::status::lost,
                        "the cluster did not form within " + seconds_text(mine_.time_to_form) + ": " + missing);
}

LEAT_INLINE void formation::fail(std::string const& why) { throw cluster_error(cluster_error::status::refused, why); }

}  // namespace leat::detail
