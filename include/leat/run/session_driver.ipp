// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/run/session_driver.hpp>
#include <leat/run/threads/fence.hpp>
#include <leat/run/worker.hpp>

namespace leat::detail {

// g++ 12 warns of a null pointer of its own in every coroutine.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wzero-as-null-pointer-constant"
LEAT_INLINE worker_coroutine session_driver::loop(session_driver& self) {
  while (!self.done_) co_yield self.turn();
}
#pragma GCC diagnostic pop

LEAT_INLINE bool session_driver::turn() {
  if (run_.failed()) return done_ = session_.exchange_failures();
  if (run_.abandoned()) return done_ = true;
  try {
    return run_.assembled() ? exchange() : session_.assemble();
  } catch (...) {
    run_.fail(
        failure_outside_of_steps("the thread of the connections to other processes", run_.parts().first_worker, 0));
    return true;
  }
}

LEAT_INLINE bool session_driver::exchange() {
  bool const progress = session_.turn(run_.world().now(), true, [this](unsigned woken) {
    full_fence();
    run_.wake(woken);
  });
  done_ = session_.may_leave();
  return progress || done_;
}

}  // namespace leat::detail
