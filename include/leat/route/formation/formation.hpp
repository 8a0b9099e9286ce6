// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/op/running/stage.hpp>
#include <leat/route/formation/handshake.hpp>
#include <leat/route/formation/cluster_formation.hpp>
#include <leat/route/formation/cluster_config.hpp>
#include <leat/route/peers/link.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace leat::detail {

/// Brings the processes of a cluster together, without a coordinator. Of two the lower one dials, the higher one
/// accepts. When all connections have been made each process tells all others which runs of which processes it sees;
/// only when everybody sees the same, over connections that all live, do they go, so that no survivor of an earlier run
/// takes part. Until then a lost connection is made anew, and a process that was started again takes the place of its
/// earlier run. Once formed, the cluster lets nobody in.
class formation final : public cluster_formation {
 public:
  /// `draw` gives 64 bits of chance; `say` takes lines for the person who waits.
  formation(network& net, cluster_config mine, std::function<std::uint64_t()> draw,
            std::function<void(std::string const&)> log);

  void on_ready(std::function<void()> call) override;

  bool turn(steady_time now) override;

  void stop(steady_time now) override;
  bool stopped(steady_time now) const override;

  bool formed() const override { return formed_; }
  std::unique_ptr<peers> join(graph const& flow, peers::settings how) override;
  /// Once formed, before `take`: what the frames on each connection are sealed by.
  std::vector<frame_seals> seals() const;
  /// The connections to all others, once formed.
  connections take();

  steady_time wake_at() const override;

  void add_awaited(std::vector<awaited>& all) const override;

 private:
  struct member {
    std::unique_ptr<handshake> link;  ///< joined
    bool dialing = false;
    steady_time connect_at{};
    std::chrono::nanoseconds patience{std::chrono::milliseconds(5)};
    std::vector<std::array<std::uint64_t, 2>> replaced;  ///< its earlier runs
    std::string error = "it has not been heard of";
    std::string seems_foreign;  ///< why it would not belong to this cluster, had it proved that it is itself
  };

  static constexpr std::size_t most_newcomers = 16;
  static constexpr unsigned most_told = 20;
  static constexpr auto greeting_time = std::chrono::seconds(5);
  static constexpr auto between_complaints = std::chrono::seconds(5);
  static constexpr auto between_tries_to_listen = std::chrono::milliseconds(500);
  static constexpr auto parting_time = std::chrono::seconds(1);
  static constexpr char const* formed_already = "the cluster has formed already";

  void begin(steady_time now);

  /// The name of this process may not be known yet, as that of a pod that is not ready.
  void listen(steady_time now);

  void greet(std::unique_ptr<connection> link, std::optional<unsigned> dialed, steady_time now);

  /// Nobody is left at the door, where he would keep this thread from its sleep. No more at once than there are places,
  /// so that each is heard before another can have his.
  bool accept(steady_time now);
  /// Who has waited longest without having proved anything goes; an honest process has done so a moment after it came.
  void make_room();

  bool connect(steady_time now);

  bool hear_newcomers(steady_time now);
  /// What was said is sent before it is over.
  static bool goes_on(handshake const& one, steady_time now);

  void join(std::unique_ptr<handshake> link, steady_time now);

  void part_from(handshake const& one);

  /// Whoever is told to stop, or hears that another was, says so to all that it can, and they to theirs.
  bool pass_on_stop();

  bool hear_members(steady_time now);
  static void lose(member& one, std::string why, steady_time now);
  /// When the processes change. Whoever was told that this one goes may have gone: it would take for records what is said
  /// on that connection from now on.
  void part_from_those_told_to_go(steady_time now);

  /// Which runs of which processes this one sees.
  digest view() const;

  bool agree();

  void complain(steady_time now);

  [[noreturn]] static void fail(std::string const& why);

  network& net_;
  cluster_config const mine_;
  std::function<std::uint64_t()> draw_;
  std::function<void(std::string const&)> log_;
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

#ifndef LEAT_COMPILED
#include <leat/route/formation/formation.ipp>
#endif
