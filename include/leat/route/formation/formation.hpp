// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/lean_chrono.hpp>
#include <leat/detail/lean_function.hpp>
#include <leat/op/running/time_points.hpp>
#include <leat/route/formation/cluster_config.hpp>
#include <leat/route/formation/cluster_formation.hpp>
#include <leat/route/formation/handshake.hpp>
#include <leat/route/peers/link.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace leat::detail {

/// Brings the processes of a cluster together, without a coordinator.
///
/// - Of two processes, the one with the lower number connects, the other accepts.
/// - When all connections have been made, each process sends its view to all others: which run of each process it is
///   connected to. They go when all views are equal and all connections still live. So no process that survived an
///   earlier run of the cluster takes part.
/// - Until then a lost connection is made again, and a process that was started again replaces its earlier run.
/// - Once formed, the cluster lets nobody in.
class formation final : public cluster_formation {
 public:
  /// `random` gives 64 random bits; `log` is given lines for the person who waits.
  formation(network& net, cluster_config own_config, std::function<std::uint64_t()> random,
            std::function<void(std::string const&)> log);

  void on_ready(std::function<void()> call) override;

  bool turn(steady_time now) override;

  void stop(steady_time now) override;
  bool stopped(steady_time now) const override;

  bool formed() const override { return formed_; }
  std::vector<frame_seals> seals() const override;
  connections take() override;

  steady_time wake_at() const override;

  void add_awaited(std::vector<awaited>& awaited) const override;

 private:
  struct member {
    std::unique_ptr<handshake> link;  ///< null until it has joined
    bool dialing = false;
    steady_time connect_at{};
    std::chrono::nanoseconds retry_delay{std::chrono::milliseconds(5)};
    std::vector<std::array<std::uint64_t, 2>> earlier_runs;  ///< its earlier runs
    std::string error = "it has not been heard of";
    std::string seems_foreign;  ///< why it would not fit into this cluster, if it was this process that said so
  };

  static constexpr std::size_t most_newcomers = 16;
  static constexpr unsigned most_reports = 20;
  static constexpr auto handshake_timeout = std::chrono::seconds(5);
  static constexpr auto report_interval = std::chrono::seconds(5);
  static constexpr std::chrono::milliseconds longest_listen_retry{500};
  static constexpr auto stop_timeout = std::chrono::seconds(1);
  static constexpr char const* formed_already = "the cluster has formed already";

  void begin(steady_time now);

  /// Tries again later where its own name is not known yet, as that of a pod that is not ready.
  void listen(steady_time now);

  void begin_handshake(std::unique_ptr<connection> link, std::optional<unsigned> dialed, steady_time now);

  /// Accepts all that wait to connect: one that is left waiting would keep this thread awake. But no more in a turn
  /// than there are places, so that each newcomer is read from before another can take its place.
  bool accept(steady_time now);
  /// Drops the newcomer that has waited longest without a proof. An honest process proves itself at once.
  void make_room();

  bool connect(steady_time now);

  bool advance_newcomers(steady_time now);
  /// A handshake that failed is unfinished until the reason has been sent.
  static bool unfinished(handshake const& handshake, steady_time now);

  void join(std::unique_ptr<handshake> link, steady_time now);

  void report_end(handshake const& handshake);

  /// A process that is stopped, or receives a stop, sends it to all that it is connected to, and these do the same.
  bool pass_on_stop();

  bool advance_members(steady_time now);
  static void disconnect(member& other, std::string reason, steady_time now);
  /// Called when a process is lost or replaced. A process that was sent go may have gone: it would take for frames what
  /// this one sends next on that connection. So the connection is closed.
  void disconnect_all_told_to_go(steady_time now);

  /// A hash of which run of each process this one is connected to.
  digest view() const;

  bool agree();

  void report_waiting(steady_time now);

  [[noreturn]] static void fail(std::string const& reason);

  network& net_;
  cluster_config const own_config_;
  std::function<std::uint64_t()> random_;
  std::function<void(std::string const&)> log_;
  std::function<void()> wake_;
  hello own_hello_;
  std::vector<member> members_;
  std::vector<std::unique_ptr<handshake>> newcomers_;
  unsigned reported_ = 0;  ///< lines that strangers have made this process print
  std::string last_sent_away_;
  bool begun_ = false;
  bool formed_ = false;
  bool listening_ = false;
  steady_time listen_at_{};
  std::chrono::milliseconds listen_retry_{10};  ///< a name that is being looked up is soon there
  std::string listen_error_;
  std::optional<steady_time> stops_by_;
  steady_time forms_by_{};
  steady_time next_report_{};
};

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/route/formation/formation.ipp>
#endif
