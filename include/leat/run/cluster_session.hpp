// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/error.hpp>
#include <leat/op/running/time_points.hpp>
#include <leat/route/control/control.hpp>
#include <leat/route/control/failure.hpp>
#include <leat/route/exchange/channels.hpp>
#include <leat/route/formation/cluster_formation.hpp>
#include <leat/route/peers/failure_detector.hpp>
#include <leat/route/peers/link.hpp>
#include <leat/route/peers/peers.hpp>
#include <leat/run/execution.hpp>
#include <leat/run/runtime.hpp>
#include <leat/run/session.hpp>

#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace leat::detail {

/// Forms the cluster, drives the peers and their services for one execution, and has all processes fail of the same
/// cause.
class cluster_session final : public session {
 public:
  /// The processes have to meet first, through this network.
  cluster_session(execution& run, std::shared_ptr<network> through, std::unique_ptr<cluster_formation> forming);
  /// They are connected: `others` are the connections to each, none to this process itself.
  cluster_session(execution& run, connections others);

  void begin() override;
  runnable* own_driver() override { return own_driver_.get(); }
  bool assemble() override;
  bool turn(steady_time now, bool idle, wake_function const& wake) override;
  bool may_leave() override;
  bool exchange_failures() override;
  steady_time wake_at() const override;
  void add_awaited(std::vector<awaited>& descriptors) const override;
  void wait_for_driver() const override;
  void ignore_connections() override;
  bool stopped() const override;

 private:
  /// The peers, and the services upon them that a run needs.
  struct connected_peers {
    connected_peers(execution& run, failure_detector::limits alive, connections others, std::vector<frame_seals> seals);

    bool turn(steady_time now, wake_function const& wake);
    steady_time wake_at() const;

    detail::peers peers;
    detail::channels channels;
    detail::control control;
  };

  void connect(connections others, std::vector<frame_seals> seals);
  /// True when something moved.
  bool form(steady_time now);
  /// With `driving_` locked; it is unlocked while a source lists its partitions, which may take long.
  void share_partitions(std::unique_lock<std::mutex>& lock);
  /// The same: state is loaded, which may be much.
  void build_workers(std::unique_lock<std::mutex>& lock, std::vector<partition_lists const*> const& of_processes);
  /// On a thread that no function of the flow's can hold up: while who drives is in one for long, or a worker that
  /// shares its thread is, the other processes still hear that this one is alive, or what it failed of, and what they
  /// send is read, once the workers have been built.
  void drive_if_overdue();
  process_failure failure_of_run() const;
  /// Nothing is sent or received, and nobody let in, any more.
  void leave();

  execution& run_;
  failure_detector::limits alive_;
  std::shared_ptr<network> network_;            ///< null: they need not meet
  std::unique_ptr<cluster_formation> forming_;  ///< the same
  connections connected_;                       ///< until it begins
  std::unique_ptr<connected_peers> net_;
  mutable std::mutex driving_;   ///< guards what `net_` points to
  mutable std::mutex building_;  ///< held while the workers are built; taken with `driving_` held, which is let go then
  bool builds_ = false;          ///< then the channels are not to be touched
  std::unique_ptr<runnable> own_driver_;
  bool partitions_shared_ = false;
  unsigned turns_ = 0;
  steady_time turned_at_{};
  steady_time formation_turned_at_{};
};

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/run/cluster_session.ipp>
#endif
