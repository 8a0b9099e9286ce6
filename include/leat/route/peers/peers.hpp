// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/list.hpp>
#include <leat/graph.hpp>
#include <leat/op/running/time_points.hpp>
#include <leat/route/exchange/remote_channels.hpp>
#include <leat/route/peers/failure.hpp>
#include <leat/route/peers/failure_detector.hpp>
#include <leat/route/peers/link.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace leat::detail {

/// The partitions that a process can open, by the number of the step.
using partition_lists = std::vector<std::pair<std::uint32_t, std::vector<std::string>>>;

/// The other processes of a cluster, once they have met: what a run asks of them. One thread at a time calls it. A program
/// of one process knows this interface only; `mesh` is what stands behind it.
class peers : public remote_channels {
 public:
  struct settings {
    unsigned process = 0;
    unsigned workers = 1;  ///< of each process
    std::size_t channel_bytes = 1;
    failure_detector::limits alive;
    /// How many turns a worker of this process has begun and ended.
    std::function<std::uint64_t(unsigned)> turns_of;
    /// Takes lines for the person who started the run.
    std::function<void(std::string const&)> log;
  };

  virtual ~peers() = default;

  /// Where other processes' readiness is told, on any thread.
  virtual void on_ready(std::function<void()> const& call) = 0;

  /// The descriptors of the connections that something is waited for of.
  virtual void add_awaited(std::vector<awaited>& all) const = 0;

  /// Tells the others which partitions this process can open. Throws run_error when their names do not fit one frame.
  virtual void share(partition_lists const& mine) = 0;
  virtual bool all_have_shared() const = 0;
  virtual partition_lists const& lists_of(unsigned process) const = 0;

  /// True when bytes moved. Throws run_error when another process has failed, is lost, or sends nonsense.
  virtual bool turn(steady_time now) = 0;

  /// The workers of this process that the last turn brought something, or room.
  virtual list<unsigned> const& to_wake() const = 0;

  virtual bool stop_received() const = 0;
  /// After its goodbye a process has nothing to stop any more, and nobody listens.
  virtual void send_stop() = 0;

  /// All workers of this process have done their work, and will not fail any more.
  virtual void send_goodbye() = 0;
  /// Every process has said goodbye, and knows that this one has, or is gone and will not hear it.
  virtual bool parted() = 0;

  /// Tells the others why this process failed, or passes on why another did, and hears what they failed of. To be called
  /// until it is true: all know, or are gone, or have not answered for a second.
  virtual bool tell_failure(process_failure const& mine, steady_time now) = 0;
  /// What all fail of, once all have been told: of several causes the one that all choose. Throws it if it is another
  /// process's.
  virtual void fail_as_all() const = 0;
  virtual steady_time wake_at() const = 0;

  /// Nothing is said or heard any more. What was sent still arrives.
  virtual void close() = 0;
};

/// Makes peers of processes that are connected already.
using join_function = std::function<std::unique_ptr<peers>(graph const& flow, peers::settings how)>;

}  // namespace leat::detail
