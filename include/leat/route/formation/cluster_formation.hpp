// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/lean_function.hpp>
#include <leat/op/running/time_points.hpp>
#include <leat/route/peers/frame_seal.hpp>
#include <leat/route/peers/link.hpp>

#include <memory>
#include <vector>

namespace leat::detail {

/// How a process meets the others of its cluster, before its steps are built. Called by who drives the session; only
/// what `on_ready` was given is called on any thread.
class cluster_formation {
 public:
  virtual ~cluster_formation() = default;

  /// True when something moved. Throws cluster_error when the cluster cannot form.
  virtual bool turn(steady_time now) = 0;
  virtual bool formed() const = 0;
  /// The run is to end in order: the other processes are sent a stop, where they are connected.
  virtual void stop(steady_time now) = 0;
  /// Whether this process or another was stopped before the cluster had formed, and all has been sent.
  virtual bool stopped(steady_time now) const = 0;
  /// The connections by process, none to this one itself. Called once, when formed.
  virtual connections take() = 0;
  /// What authenticates the frames of each connection, by process. When formed, before `take`.
  virtual std::vector<frame_seals> seals() const = 0;
  /// Who drives it may not sleep past this time.
  virtual steady_time wake_at() const = 0;
  /// Adds the descriptors that wake it when they are ready.
  virtual void add_awaited(std::vector<awaited>& awaited) const = 0;
  /// `call` is called, on any thread, when something has come over a link without a descriptor.
  virtual void on_ready(std::function<void()> call) = 0;
};

}  // namespace leat::detail
