// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/op/running/stage.hpp>
#include <leat/route/peers/link.hpp>
#include <leat/route/peers/peers.hpp>

#include <functional>
#include <memory>
#include <vector>

namespace leat::detail {

/// How a process meets the others of its cluster, before its steps are put together. By the first worker, but for
/// `on_ready`'s calls.
class cluster_formation {
 public:
  virtual ~cluster_formation() = default;

  /// True when something moved. Throws cluster_error when the cluster cannot form.
  virtual bool turn(steady_time now) = 0;
  virtual bool formed() const = 0;
  /// The run is to end in order: the others are told, where they can be.
  virtual void stop(steady_time now) = 0;
  /// Whether this process, or another, was told to stop before all had come together, and nothing is left to say.
  virtual bool stopped(steady_time now) const = 0;
  /// Once formed, and once.
  virtual std::unique_ptr<peers> join(graph const& flow, peers::settings how) = 0;
  /// The worker may not sleep past this time,
  virtual steady_time wake_at() const = 0;
  /// nor when one of these is ready;
  virtual void add_awaited(std::vector<awaited>& all) const = 0;
  /// and `call` wakes it, on any thread, where links have no descriptor.
  virtual void on_ready(std::function<void()> call) = 0;
};

}  // namespace leat::detail
