// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/lean_chrono.hpp>
#include <leat/detail/lean_function.hpp>
#include <leat/error.hpp>
#include <leat/op/running/time_points.hpp>
#include <leat/route/codec/little_endian.hpp>
#include <leat/route/formation/cluster_config.hpp>
#include <leat/route/formation/cluster_formation.hpp>
#include <leat/route/formation/formation.hpp>
#include <leat/route/formation/handshake.hpp>
#include <leat/route/peers/failure_detector.hpp>
#include <leat/route/peers/link.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace leat::detail {

LEAT_COLD formation::formation(network& net, cluster_config own_config, std::function<std::uint64_t()> random,
                               std::function<void(std::string const&)> log)
    : net_(net),
      own_config_(std::move(own_config)),
      random_(std::move(random)),
      log_(std::move(log)),
      own_hello_(own_config_.own_hello()) {
  for (std::uint64_t& part : own_hello_.nonce) part = random_();
  members_.resize(own_config_.processes());
}

LEAT_COLD void formation::on_ready(std::function<void()> call) {
  wake_ = std::move(call);
  net_.on_ready(wake_);
  for (auto const& newcomer : newcomers_) newcomer->on_ready(wake_);
  for (member const& other : members_)
    if (other.link) other.link->on_ready(wake_);
}

LEAT_COLD bool formation::turn(steady_time now) {
  if (!begun_) begin(now);
  if (!listening_ && !formed_ && !stops_by_) listen(now);
  bool progress = listening_ && accept(now);
  if (!formed_ && !stops_by_) progress = connect(now) || progress;
  progress = advance_newcomers(now) || progress;
  if (formed_) return progress;
  progress = advance_members(now) || progress;
  progress = pass_on_stop() || progress;
  progress = agree() || progress;
  if (!formed_ && !stops_by_) report_waiting(now);
  return progress;
}

LEAT_COLD void formation::stop(steady_time now) {
  if (!stops_by_) stops_by_ = now + stop_timeout;
}

LEAT_COLD bool formation::stopped(steady_time now) const {
  if (formed_ || !stops_by_) return false;
  if (!begun_ || now >= *stops_by_) return true;
  // No stop can be sent to a process that was sent go: with it the cluster forms, or the connection is lost.
  bool const waits = std::any_of(members_.begin(), members_.end(),
                                 [](member const& other) { return other.link && !other.link->has_sent_stop(); });
  return !waits && std::none_of(newcomers_.begin(), newcomers_.end(),
                                [](auto const& newcomer) { return newcomer->at() != handshake::stage::hello; });
}

LEAT_COLD std::vector<frame_seals> formation::seals() const {
  std::vector<frame_seals> seals;
  for (member const& other : members_) seals.push_back(other.link ? other.link->seals() : frame_seals());
  return seals;
}

LEAT_COLD connections formation::take() {
  connections links(members_.size());
  for (std::size_t i = 0; i != members_.size(); ++i)
    if (members_[i].link) links[i] = members_[i].link->take();
  return links;
}

LEAT_COLD steady_time formation::wake_at() const {
  steady_time first = never;
  for (auto const& newcomer : newcomers_) first = (std::min)(first, newcomer->deadline);
  if (formed_ || !begun_) return first;
  first = (std::min)({first, forms_by_, next_report_});
  if (!listening_ && !stops_by_) first = (std::min)(first, listen_at_);
  if (stops_by_) first = (std::min)(first, *stops_by_);
  for (unsigned i = own_config_.process + 1; i != members_.size(); ++i)
    if (!members_[i].link && !members_[i].dialing) first = (std::min)(first, members_[i].connect_at);
  return first;
}

LEAT_COLD void formation::add_awaited(std::vector<awaited>& awaited) const {
  if (net_.descriptor() >= 0) awaited.push_back({net_.descriptor(), false});
  for (auto const& newcomer : newcomers_)
    if (newcomer->descriptor() >= 0) awaited.push_back({newcomer->descriptor(), !newcomer->all_sent()});
  if (formed_) return;
  for (member const& other : members_)
    if (other.link && other.link->descriptor() >= 0)
      awaited.push_back({other.link->descriptor(), !other.link->all_sent()});
}

LEAT_COLD void formation::begin(steady_time now) {
  begun_ = true;
  forms_by_ = now + own_config_.time_to_form;
  next_report_ = now + report_interval;
  if (std::size_t const bytes = own_config_.description().size(); bytes > cluster_config::most_described)
    fail(cluster_config::too_long_to_describe("this cluster's", bytes));
  for (member& other : members_) other.connect_at = now;
}

LEAT_COLD void formation::listen(steady_time now) {
  if (now < listen_at_) return;
  std::string const& address = own_config_.listens_at();
  try {
    if (net_.listen(address) && own_config_.secret.empty() && !own_config_.open_to_anyone)
      fail("anybody who can reach " + address +
           " could join: give all processes a secret (--secret-file) or certificates, or say --insecure");
    listening_ = true;
    listen_error_.clear();
  } catch (no_such_place_yet const& cause) {
    listen_error_ = cause.what();
    listen_at_ = now + listen_retry_;
    listen_retry_ = (std::min)(2 * listen_retry_, longest_listen_retry);
  }
}

LEAT_COLD void formation::begin_handshake(std::unique_ptr<connection> link, std::optional<unsigned> dialed,
                                          steady_time now) {
  hello own_hello = own_hello_;
  for (std::uint64_t& part : own_hello.challenge) part = random_();
  newcomers_.push_back(
      std::make_unique<handshake>(std::move(link), own_config_, own_hello, dialed, now + handshake_timeout));
  newcomers_.back()->on_ready(wake_);
}

LEAT_COLD bool formation::accept(steady_time now) {
  std::size_t const places = most_newcomers + members_.size();
  std::size_t let_in = 0;
  for (; let_in != most_newcomers; ++let_in) {
    std::unique_ptr<connection> link = net_.accept();
    if (!link) break;
    if (newcomers_.size() >= places) make_room();
    begin_handshake(std::move(link), std::nullopt, now);
  }
  return let_in != 0;
}

LEAT_COLD void formation::make_room() {
  auto const rank = [](handshake const& newcomer) {
    return std::pair(newcomer.dialed.has_value(), newcomer.at() >= handshake::stage::description);
  };
  newcomers_.erase(std::min_element(newcomers_.begin(), newcomers_.end(),
                                    [&](auto const& a, auto const& b) { return rank(*a) < rank(*b); }));
}

LEAT_COLD bool formation::connect(steady_time now) {
  bool progress = false;
  for (unsigned i = own_config_.process + 1; i != members_.size(); ++i) {
    member& other = members_[i];
    if (other.link || other.dialing || now < other.connect_at) continue;
    begin_handshake(net_.connect(own_config_.addresses[i]), i, now);
    other.dialing = true;
    other.retry_delay = (std::min<std::chrono::nanoseconds>)(2 * other.retry_delay, std::chrono::seconds(1));
    auto const jitter = random_() % static_cast<std::uint64_t>(other.retry_delay.count());
    other.connect_at = now + other.retry_delay / 2 + std::chrono::nanoseconds(jitter);
    progress = true;
  }
  return progress;
}

LEAT_COLD bool formation::advance_newcomers(steady_time now) {
  bool progress = false;
  for (std::size_t i = 0; i != newcomers_.size();) {
    handshake& newcomer = *newcomers_[i];
    if (formed_) newcomer.turn_away(formed_already);
    progress = newcomer.turn() || progress;
    if (unfinished(newcomer, now)) {
      ++i;
      continue;
    }
    std::unique_ptr<handshake> finished = std::move(newcomers_[i]);
    newcomers_.erase(newcomers_.begin() + static_cast<std::ptrdiff_t>(i));
    progress = true;
    if (formed_) continue;
    if (finished->dialed) members_[*finished->dialed].dialing = false;
    // The last message of an earlier run may come late, when the process has been started again and has joined.
    if (finished->failure().empty() && finished->at() == handshake::stage::joined && finished->open())
      join(std::move(finished), now);
    else
      report_end(*finished);
  }
  return progress;
}

LEAT_COLD bool formation::unfinished(handshake const& newcomer, steady_time now) {
  if (!newcomer.open() || now >= newcomer.deadline) return false;
  if (newcomer.refused() || !newcomer.failure().empty()) return !newcomer.all_sent();
  return newcomer.at() != handshake::stage::joined;
}

LEAT_COLD void formation::join(std::unique_ptr<handshake> link, steady_time now) {
  unsigned const number = link->theirs().process;
  member& other = members_[number];
  std::array<std::uint64_t, 2> const& nonce = link->theirs().nonce;
  if (std::find(other.earlier_runs.begin(), other.earlier_runs.end(), nonce) != other.earlier_runs.end())
    fail("two processes run as process " + std::to_string(number) + ": each process has a number of its own");
  bool const replaces = other.link && other.link->theirs().nonce != nonce;
  if (replaces) other.earlier_runs.push_back(other.link->theirs().nonce);
  other.link = std::move(link);
  if (replaces) disconnect_all_told_to_go(now);
}

LEAT_COLD void formation::report_end(handshake const& ended) {
  std::string const name =
      ended.dialed ? "process " + std::to_string(*ended.dialed) + " (" + own_config_.addresses[*ended.dialed] + ")"
      : ended.at() == handshake::stage::hello ? "somebody who connected"
                                              : "process " + std::to_string(ended.theirs().process);
  std::string const reason = !ended.failure().empty() ? ended.failure()
                             : ended.open()           ? "it does not answer"
                                                      : ended.error();
  std::string const misfit = name + " cannot be in one cluster with this process: ";
  if (ended.final()) fail(misfit + reason);
  if (ended.dialed) {
    member& expected = members_[*ended.dialed];
    expected.error = reason;
    if (ended.seems_final() && std::exchange(expected.seems_foreign, reason) != reason && ++reported_ <= most_reports)
      log_("leat: " + misfit + reason + "; a stranger may have answered in its place, so it is tried again for " +
           seconds_text(own_config_.time_to_form) + " (--formation-timeout)");
  } else if (!ended.failure().empty() || ended.link_refused()) {
    // A process that was refused connects again and again: its line is printed once.
    std::string line = "leat: " + name + " was sent away: " + reason;
    if (line != last_sent_away_ && ++reported_ <= most_reports) log_(line);
    last_sent_away_ = std::move(line);
    // It may have ended because of that. If this process goes on waiting for it, its report says why it was refused.
    unsigned const number = ended.theirs().process;
    if (ended.at() != handshake::stage::hello && number < own_config_.process)
      members_[number].error = "it came and was sent away: " + reason;
  }
}

LEAT_COLD bool formation::pass_on_stop() {
  if (!stops_by_) return false;
  bool progress = false;
  for (member const& other : members_) {
    if (!other.link) continue;
    other.link->send_stop();
    progress = other.link->turn() || progress;
  }
  return progress;
}

LEAT_COLD bool formation::advance_members(steady_time now) {
  bool progress = false;
  for (member& other : members_) {
    if (!other.link) continue;
    progress = other.link->turn() || progress;
    if (other.link->stops()) stop(now);
    if (other.link->final()) report_end(*other.link);
    if (other.link->open() && other.link->failure().empty()) continue;
    disconnect(other, other.link->failure().empty() ? other.link->error() : other.link->failure(), now);
    disconnect_all_told_to_go(now);
    progress = true;
  }
  return progress;
}

LEAT_COLD void formation::disconnect(member& other, std::string reason, steady_time now) {
  other.error = std::move(reason);
  other.connect_at = now + other.retry_delay;
  other.link.reset();
}

LEAT_COLD void formation::disconnect_all_told_to_go(steady_time now) {
  for (member& other : members_)
    if (other.link && other.link->has_sent_go())
      disconnect(other, "another process was lost while all came together", now);
}

LEAT_COLD digest formation::view() const {
  sha256 sum;
  for (unsigned i = 0; i != members_.size(); ++i)
    for (std::uint64_t part : i == own_config_.process ? own_hello_.nonce : members_[i].link->theirs().nonce) {
      std::array<std::byte, sizeof part> bytes{};
      put_little_endian(part, bytes.data());
      sum.add(bytes);
    }
  return sum.result();
}

LEAT_COLD bool formation::agree() {
  auto const all_peers = [this](auto&& holds) {
    for (unsigned i = 0; i != members_.size(); ++i)
      if (i != own_config_.process && !(members_[i].link && holds(*members_[i].link))) return false;
    return true;
  };
  if (!all_peers([&](handshake const& peer) { return !stops_by_ || peer.has_sent_go(); })) return false;
  digest const seen = view();
  all_peers([&](handshake& peer) { return peer.send_view(seen), true; });
  if (!all_peers([&](handshake const& peer) { return peer.sees(seen); })) return false;
  bool progress = false;
  all_peers([&](handshake& peer) {
    peer.send_go(seen);
    progress = peer.turn() || progress;
    return true;
  });
  formed_ = all_peers([&](handshake const& peer) { return peer.goes(seen) && peer.all_sent(); });
  return progress || formed_;
}

LEAT_COLD void formation::report_waiting(steady_time now) {
  bool const over = now >= forms_by_;
  if (!over && now < next_report_) return;
  next_report_ = now + report_interval;
  std::string missing;
  bool foreign = false;
  for (unsigned i = 0; i != members_.size(); ++i) {
    if (i == own_config_.process || members_[i].link) continue;
    member const& other = members_[i];
    std::string line = "process " + std::to_string(i) + " (" + own_config_.addresses[i] + "): " + other.error;
    if (other.error == other.seems_foreign)
      foreign = true;
    else if (!other.seems_foreign.empty())
      line += " (and before: " + other.seems_foreign + ")";
    if (!over) log_("leat: waiting for " + line);
    missing += (missing.empty() ? "" : "; ") + line;
  }
  for (std::string const& error : {listen_error_, net_.error()}) {
    if (error.empty()) continue;
    if (!over) log_("leat: " + error);
    missing += (missing.empty() ? "" : "; ") + error;
  }
  if (missing.empty()) missing = "the processes do not all see the same of them";
  if (over)
    throw cluster_error(foreign ? cluster_error::status::refused : cluster_error::status::lost,
                        "the cluster did not form within " + seconds_text(own_config_.time_to_form) + ": " + missing);
}

LEAT_COLD void formation::fail(std::string const& reason) {
  throw cluster_error(cluster_error::status::refused, reason);
}

}  // namespace leat::detail
