// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/error.hpp>
#include <leat/op/stage.hpp>
#include <leat/route/handshake.hpp>
#include <leat/route/link.hpp>
#include <leat/route/little_endian.hpp>
#include <leat/route/liveness.hpp>
#include <leat/route/meeting.hpp>
#include <leat/route/membership.hpp>

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

/// Brings the processes of a cluster together, without a coordinator. Of two the lower one dials, the higher one
/// accepts. When all connections have been made each process tells all others which runs of which processes it sees;
/// only when everybody sees the same, over connections that all live, do they go, so that no survivor of an earlier run
/// takes part. Until then a lost connection is made anew, and a process that was started again takes the place of its
/// earlier run. Once formed, the cluster lets nobody in.
class formation final : public meeting {
 public:
  /// `draw` gives 64 bits of chance; `say` takes lines for the person who waits.
  formation(network& net, membership mine, std::function<std::uint64_t()> draw,
            std::function<void(std::string const&)> say)
      : net_(net), mine_(std::move(mine)), draw_(std::move(draw)), say_(std::move(say)), words_(mine_.first_words()) {
    for (std::uint64_t& part : words_.nonce) part = draw_();
    members_.resize(mine_.processes());
  }

  void on_ready(std::function<void()> call) override {
    wake_ = std::move(call);
    net_.on_ready(wake_);
    for (auto const& one : newcomers_) one->on_ready(wake_);
    for (member const& one : members_)
      if (one.link) one.link->on_ready(wake_);
  }

  bool turn(steady_time now) override {
    if (!begun_) begin(now);
    if (!listening_) listen(now);
    bool progress = listening_ && accept(now);
    if (!formed_ && !stops_by_) progress = dial(now) || progress;
    progress = hear_newcomers(now) || progress;
    if (formed_) return progress;
    progress = hear_members(now) || progress;
    progress = pass_on_stop() || progress;
    progress = agree() || progress;
    if (!formed_ && !stops_by_) complain(now);
    return progress;
  }

  void stop(steady_time now) override {
    if (!stops_by_) stops_by_ = now + parting_time;
  }
  bool stopped(steady_time now) const override {
    if (formed_ || !stops_by_) return false;
    if (!begun_ || now >= *stops_by_) return true;
    // Who has said go may be told nothing more: the cluster forms, or falls apart.
    bool const waits = std::any_of(members_.begin(), members_.end(), [](member const& other) {
      return other.link && !other.link->has_said_stop();
    });
    return !waits && std::none_of(newcomers_.begin(), newcomers_.end(), [](auto const& newcomer) {
      return newcomer->at() != handshake::stage::hello;
    });
  }

  bool formed() const override { return formed_; }
  std::vector<frame_seals> seals() const override {
    std::vector<frame_seals> all;
    for (member const& other : members_) all.push_back(other.link ? other.link->seals() : frame_seals());
    return all;
  }
  connections take() override {
    connections all(members_.size());
    for (std::size_t i = 0; i != members_.size(); ++i)
      if (members_[i].link) all[i] = members_[i].link->take();
    return all;
  }

  steady_time wake_at() const override {
    steady_time first = never;
    for (auto const& one : newcomers_) first = (std::min)(first, one->deadline);
    if (formed_ || !begun_) return first;
    first = (std::min)({first, give_up_, next_complaint_});
    if (!listening_) first = (std::min)(first, listen_at_);
    if (stops_by_) first = (std::min)(first, *stops_by_);
    for (unsigned i = mine_.process + 1; i != members_.size(); ++i)
      if (!members_[i].link && !members_[i].dialing) first = (std::min)(first, members_[i].dial_at);
    return first;
  }

  void add_awaited(std::vector<awaited>& all) const override {
    if (net_.descriptor() >= 0) all.push_back({net_.descriptor(), false});
    for (auto const& one : newcomers_)
      if (one->descriptor() >= 0) all.push_back({one->descriptor(), !one->all_sent()});
    if (formed_) return;
    for (member const& one : members_)
      if (one.link && one.link->descriptor() >= 0) all.push_back({one.link->descriptor(), !one.link->all_sent()});
  }

 private:
  struct member {
    std::unique_ptr<handshake> link;  ///< joined
    bool dialing = false;
    steady_time dial_at{};
    std::chrono::nanoseconds patience{std::chrono::milliseconds(5)};
    std::vector<std::array<std::uint64_t, 2>> replaced;  ///< its earlier runs
    std::string trouble = "it has not been heard of";
    std::string seems_foreign;  ///< why it would not belong to this cluster, had it proved that it is itself
  };

  static constexpr std::size_t most_newcomers = 16;
  static constexpr unsigned most_told = 20;
  static constexpr auto greeting_time = std::chrono::seconds(5);
  static constexpr auto between_complaints = std::chrono::seconds(5);
  static constexpr auto between_tries_to_listen = std::chrono::milliseconds(500);
  static constexpr auto parting_time = std::chrono::seconds(1);
  static constexpr char const* formed_already = "the cluster has formed already";

  void begin(steady_time now) {
    begun_ = true;
    give_up_ = now + mine_.time_to_form;
    next_complaint_ = now + between_complaints;
    if (std::size_t const bytes = mine_.description().size(); bytes > membership::most_described)
      fail(membership::too_long_to_describe("this cluster's", bytes));
    for (member& one : members_) one.dial_at = now;
  }

  /// The name of this process may not be known yet, as that of a pod that is not ready.
  void listen(steady_time now) {
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

  void greet(std::unique_ptr<connection> link, std::optional<unsigned> dialed, steady_time now) {
    hello words = words_;
    for (std::uint64_t& part : words.challenge) part = draw_();
    newcomers_.push_back(std::make_unique<handshake>(std::move(link), mine_, words, dialed, now + greeting_time));
    newcomers_.back()->on_ready(wake_);
  }

  /// Nobody is left at the door, where he would keep this thread from its sleep. No more at once than there are places,
  /// so that each is heard before another can have his.
  bool accept(steady_time now) {
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
  /// Who has waited longest without having proved anything goes; an honest process has done so a moment after it came.
  void make_room() {
    auto const stays_for = [](handshake const& one) {
      return std::pair(one.dialed.has_value(), one.at() >= handshake::stage::description);
    };
    newcomers_.erase(std::min_element(newcomers_.begin(), newcomers_.end(), [&](auto const& a, auto const& b) {
      return stays_for(*a) < stays_for(*b);
    }));
  }

  bool dial(steady_time now) {
    bool progress = false;
    for (unsigned i = mine_.process + 1; i != members_.size(); ++i) {
      member& one = members_[i];
      if (one.link || one.dialing || now < one.dial_at) continue;
      greet(net_.dial(mine_.addresses[i]), i, now);
      one.dialing = true;
      one.patience = (std::min<std::chrono::nanoseconds>)(2 * one.patience, std::chrono::seconds(1));
      one.dial_at = now + one.patience / 2 +
                    std::chrono::nanoseconds(draw_() % static_cast<std::uint64_t>(one.patience.count()));
      progress = true;
    }
    return progress;
  }

  bool hear_newcomers(steady_time now) {
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
  /// What was said is sent before it is over.
  static bool goes_on(handshake const& one, steady_time now) {
    if (!one.open() || now >= one.deadline) return false;
    if (one.refused() || !one.failure().empty()) return !one.all_sent();
    return one.at() != handshake::stage::joined;
  }

  void join(std::unique_ptr<handshake> link, steady_time now) {
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

  void part_from(handshake const& one) {
    std::string const who =
        one.dialed ? "process " + std::to_string(*one.dialed) + " (" + mine_.addresses[*one.dialed] + ")"
        : one.at() == handshake::stage::hello ? "somebody who connected"
                                              : "process " + std::to_string(one.theirs().process);
    std::string const why = !one.failure().empty() ? one.failure() : one.open() ? "it does not answer" : one.trouble();
    std::string const misfit = who + " cannot be in one cluster with this process: ";
    if (one.final()) fail(misfit + why);
    if (one.dialed) {
      member& other = members_[*one.dialed];
      other.trouble = why;
      if (one.seems_final() && std::exchange(other.seems_foreign, why) != why && ++told_ <= most_told)
        say_("leat: " + misfit + why + "; a stranger may have answered in its place, so it is tried again for " +
             seconds_text(mine_.time_to_form) + " (--formation-timeout)");
    } else if (!one.failure().empty() || one.link_refused()) {
      // Who was refused comes again.
      std::string line = "leat: " + who + " was sent away: " + why;
      if (line != last_sent_away_ && ++told_ <= most_told) say_(line);
      last_sent_away_ = std::move(line);
      // It may have ended for it: whoever still waits is told why.
      unsigned const number = one.theirs().process;
      if (one.at() != handshake::stage::hello && number < mine_.process)
        members_[number].trouble = "it came and was sent away: " + why;
    }
  }

  /// Whoever is told to stop, or hears that another was, says so to all that it can, and they to theirs.
  bool pass_on_stop() {
    if (!stops_by_) return false;
    bool progress = false;
    for (member const& other : members_) {
      if (!other.link) continue;
      other.link->say_stop();
      progress = other.link->turn() || progress;
    }
    return progress;
  }

  bool hear_members(steady_time now) {
    bool progress = false;
    for (member& one : members_) {
      if (!one.link) continue;
      progress = one.link->turn() || progress;
      if (one.link->stops()) stop(now);
      if (one.link->final()) part_from(*one.link);
      if (one.link->open() && one.link->failure().empty()) continue;
      lose(one, one.link->failure().empty() ? one.link->trouble() : one.link->failure(), now);
      part_from_those_told_to_go(now);
      progress = true;
    }
    return progress;
  }
  static void lose(member& one, std::string why, steady_time now) {
    one.trouble = std::move(why);
    one.dial_at = now + one.patience;
    one.link.reset();
  }
  /// When the processes change. Whoever was told that this one goes may have gone: it would take for records what is said
  /// on that connection from now on.
  void part_from_those_told_to_go(steady_time now) {
    for (member& one : members_)
      if (one.link && one.link->has_said_go()) lose(one, "another process was lost while all came together", now);
  }

  /// Which runs of which processes this one sees.
  digest view() const {
    sha256 sum;
    for (unsigned i = 0; i != members_.size(); ++i)
      for (std::uint64_t part : i == mine_.process ? words_.nonce : members_[i].link->theirs().nonce) {
        std::array<std::byte, sizeof part> bytes{};
        put_little_endian(part, bytes.data());
        sum.add(bytes);
      }
    return sum.result();
  }

  bool agree() {
    auto const all = [this](auto&& holds) {
      for (unsigned i = 0; i != members_.size(); ++i)
        if (i != mine_.process && !(members_[i].link && holds(*members_[i].link))) return false;
      return true;
    };
    if (!all([&](handshake const& other) { return !stops_by_ || other.has_said_go(); })) return false;
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

  void complain(steady_time now) {
    bool const over = now >= give_up_;
    if (!over && now < next_complaint_) return;
    next_complaint_ = now + between_complaints;
    std::string missing;
    bool foreign = false;
    for (unsigned i = 0; i != members_.size(); ++i) {
      if (i == mine_.process || members_[i].link) continue;
      member const& other = members_[i];
      std::string line = "process " + std::to_string(i) + " (" + mine_.addresses[i] + "): " + other.trouble;
      if (other.trouble == other.seems_foreign)
        foreign = true;
      else if (!other.seems_foreign.empty())
        line += " (and before: " + other.seems_foreign + ")";
      if (!over) say_("leat: waiting for " + line);
      missing += (missing.empty() ? "" : "; ") + line;
    }
    for (std::string const& trouble : {own_trouble_, net_.trouble()}) {
      if (trouble.empty()) continue;
      if (!over) say_("leat: " + trouble);
      missing += (missing.empty() ? "" : "; ") + trouble;
    }
    if (missing.empty()) missing = "the processes do not all see the same of them";
    if (over)
      throw cluster_error(foreign ? cluster_error::status::refused : cluster_error::status::lost,
                          "the cluster did not form within " + seconds_text(mine_.time_to_form) + ": " + missing);
  }

  [[noreturn]] static void fail(std::string const& why) {
    throw cluster_error(cluster_error::status::refused, why);
  }

  network& net_;
  membership const mine_;
  std::function<std::uint64_t()> draw_;
  std::function<void(std::string const&)> say_;
  std::function<void()> wake_;
  hello words_;
  std::vector<member> members_;
  std::vector<std::unique_ptr<handshake>> newcomers_;
  unsigned told_ = 0;  ///< of those that strangers can make this process tell
  std::string last_sent_away_;
  bool begun_ = false;
  bool formed_ = false;
  bool listening_ = false;
  steady_time listen_at_{};
  std::string own_trouble_;
  std::optional<steady_time> stops_by_;
  steady_time give_up_{};
  steady_time next_complaint_{};
};

}  // namespace leat::detail
