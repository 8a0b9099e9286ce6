// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/error.hpp>
#include <leat/graph.hpp>
#include <leat/op/running/time_points.hpp>
#include <leat/route/control/failure.hpp>
#include <leat/route/control/partition_lists.hpp>
#include <leat/route/peers/incoming_frame.hpp>
#include <leat/route/peers/peer_service.hpp>
#include <leat/route/peers/peers.hpp>

#include <optional>
#include <span>
#include <vector>

namespace leat::detail {

/// What the processes of a run agree on: who can open which partition, that the run is to stop, that each has done its
/// work, and what the run failed of. A service of the peers. The loss of a process ends the run.
class control final : public peer_service {
 public:
  explicit control(peers& through);
  ~control();

  void receive(unsigned process, incoming_frame&& frame) override;
  [[noreturn]] void lose(unsigned process, cluster_error const& error) override;

  /// Sends the others which partitions this process can open. Throws run_error, as of the worker named, when their
  /// names do not fit one frame.
  void share(partition_lists const& own, graph const& flow, unsigned worker);
  bool all_have_shared() const;
  partition_lists const& lists_of(unsigned process) const { return *others_[process].lists; }

  /// Once. After its goodbye a process has nothing to stop any more, and nobody listens.
  void send_stop();
  bool stop_received() const { return stop_received_; }
  /// Once all have said goodbye: whether one of them was stopped before it did. All processes say the same.
  bool stopped() const { return stop_sent_ || stop_received_; }

  /// Once: all workers of this process have done their work, and will not fail any more.
  void send_goodbye();
  /// Whether every process has sent its goodbye, and has received this one's, or is gone.
  bool may_disconnect();

  /// Sends the others why this process failed, or passes on why another did, and receives what they failed of. To be
  /// called until it is true: all know, or are gone, or have not answered for a second. The peers get no turn any more.
  bool exchange_failures(process_failure const& failure, steady_time now);
  /// Once it has begun: when it is given up.
  std::optional<steady_time> failures_until() const { return failures_until_; }
  /// Of several causes all processes choose the same. Throws it if it is another process's.
  void rethrow_chosen_cause() const;

 private:
  struct other {
    std::optional<partition_lists> lists;
    bool failed = false;
  };

  void receive_partitions(unsigned process, std::span<std::byte const> payload);
  process_failure receive_failure(unsigned process, std::span<std::byte const> payload);

  /// Whether it is known what that process failed of, or never will be.
  bool has_answered(unsigned process) const { return others_[process].failed || peers_.is_lost(process); }
  void begin_failing(process_failure const& failure, steady_time now);
  void send_failure(unsigned process, process_failure const& cause);
  /// Several processes may fail at once, each of its own cause. Each sends all others one, so that all choose the same.
  void choose_cause(process_failure const& cause);

  peers& peers_;
  std::vector<other> others_;  ///< by process; of this one its own partitions
  bool stop_received_ = false;
  bool stop_sent_ = false;
  bool goodbye_sent_ = false;
  std::optional<process_failure> cause_;
  std::optional<steady_time> failures_until_;
};

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/route/control/control.ipp>
#endif
