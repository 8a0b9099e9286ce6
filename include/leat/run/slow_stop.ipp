// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/concat.hpp>
#include <leat/detail/list.hpp>
#include <leat/error.hpp>
#include <leat/graph.hpp>
#include <leat/run/execution.hpp>
#include <leat/run/slow_stop.hpp>
#include <leat/run/started.hpp>
#include <leat/run/worker.hpp>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <mutex>
#include <string>
#include <thread>

namespace leat::detail {

LEAT_INLINE slow_stop::~slow_stop() {
  {
    std::lock_guard const lock(mutex_);
    over_ = true;
  }
  bell_.notify_one();
  if (thread_.joinable()) thread_.join();
}

LEAT_INLINE void slow_stop::begin() {
  std::lock_guard const lock(mutex_);
  if (thread_.joinable() || tell_after_.count() <= 0 || tell_after_ == (std::chrono::nanoseconds::max)()) return;
  try {
    thread_ = started([](void* self) { static_cast<slow_stop*>(self)->watch(); }, this);
  } catch (std::exception const&) {  // without a thread to spare it is not told
  }
}

LEAT_INLINE void slow_stop::watch() {
  std::unique_lock lock(mutex_);
  look(false);
  while (!bell_.wait_for(lock, tell_after_, [this] { return over_; })) look(true);
}

LEAT_INLINE void slow_stop::look(bool tell) {
  if (!run_.assembled()) return;
  for (unsigned i = 0; i != run_.parts().local_workers; ++i) {
    worker const& each = run_.local(i);
    if (workers_.size() == i) workers_.push_back({0, false});
    std::uint64_t const turns = each.turns();
    if (tell && turns % 2 == 1 && turns == workers_[i].turns && !workers_[i].told) {
      workers_[i].told = true;
      run_.world().say(does_not_return(each));
    }
    workers_[i].turns = turns;
  }
}

LEAT_INLINE std::string slow_stop::does_not_return(worker const& by) const {
  node const* const at = by.turning();
  std::string step = "one of its steps";
  if (at != nullptr)
    step = concat({"step \"", at->step().name, "\" (", at->step().kind, ", ", place_of(at->step().where),
                   "), or of a step behind it,"});
  return concat({"leat: the stop that was asked for waits for worker ", std::to_string(by.index()), ": a function of ",
                 step, " has not returned for ", seconds_text(tell_after_)});
}

}  // namespace leat::detail
