// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/lean_function.hpp>
#include <leat/op/running/time_points.hpp>
#include <leat/route/peers/link.hpp>

#include <vector>

namespace leat::detail {

class runnable;

/// The cluster that an execution is a part of, as the execution sees it: forming, exchanging frames, failing together,
/// parting. A program of one process compiles this interface only; `cluster_session` is what stands behind it.
///
/// One runnable of the process drives it, in its turns: a worker, or the session's own (`own_driver`).
class session {
 public:
  using wake_function = std::function<void(unsigned worker)>;

  virtual ~session() = default;

  /// Once the workers of this process are there, and before any has a turn.
  virtual void begin() = 0;

  /// What drives it, where no worker is to; null: a worker is.
  virtual runnable* own_driver() = 0;

  // By who drives it:

  /// Until the execution is assembled: forms the cluster, exchanges partitions, has the workers built. True when
  /// something moved.
  virtual bool assemble() = 0;
  /// Afterwards: exchanges frames with the other processes, and calls `wake` for each worker of this process that
  /// something, or room, has come for. Who is not idle has it look only now and then. True when bytes moved. Throws
  /// run_error when another process has failed, is lost, or sends nonsense.
  virtual bool turn(steady_time now, bool idle, wake_function const& wake) = 0;
  /// When all workers of this process have finished: true, and nothing is sent or received any more, once all other
  /// processes have, too.
  virtual bool may_leave() = 0;
  /// After a failure: true when all processes know what the run failed of, or cannot be waited for any more.
  virtual bool exchange_failures() = 0;
  /// Not without a turn past this time, nor when one of these descriptors is ready.
  virtual steady_time wake_at() const = 0;
  virtual void add_awaited(std::vector<awaited>& descriptors) const = 0;

  // By others:

  /// Once all processes have parted: whether one of them was stopped before its work was done.
  virtual bool stopped() const = 0;
  /// Waits until the driver is outside of what it builds or sends: who ends after a failure destroys its steps.
  virtual void wait_for_driver() const = 0;
  /// From now on no connection wakes the driver.
  virtual void ignore_connections() = 0;
};

}  // namespace leat::detail
