// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/concat.hpp>
#include <leat/detail/list.hpp>
#include <leat/error.hpp>
#include <leat/graph.hpp>
#include <leat/run/execution.hpp>
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

/// Once a stop was asked for, tells which worker does not come out of a turn, since a function of the user's does not
/// return. Such a worker cannot tell it itself, as `stop_watch` does of all else that a stop waits for. The thread that
/// looks exists from the first stop on.
class slow_stop {
 public:
  slow_stop(execution& run, std::chrono::nanoseconds tell_after) : run_(run), tell_after_(tell_after) {}
  slow_stop(slow_stop const&) = delete;
  slow_stop& operator=(slow_stop const&) = delete;
  ~slow_stop() {
    {
      std::lock_guard const lock(mutex_);
      over_ = true;
    }
    bell_.notify_one();
    if (thread_.joinable()) thread_.join();
  }

  /// A stop was asked for. Any thread, also more than once.
  void begin() {
    std::lock_guard const lock(mutex_);
    if (thread_.joinable() || tell_after_.count() <= 0 || tell_after_ == (std::chrono::nanoseconds::max)()) return;
    try {
      thread_ = started([](void* self) { static_cast<slow_stop*>(self)->watch(); }, this);
    } catch (std::exception const&) {  // without a thread to spare it is not told
    }
  }

 private:
  struct seen {
    std::uint64_t turns;
    bool told;
  };

  void watch() {
    std::unique_lock lock(mutex_);
    look(false);
    while (!bell_.wait_for(lock, tell_after_, [this] { return over_; })) look(true);
  }

  /// A worker that is in the same turn as at the last look has been in it for as long as that is ago.
  void look(bool tell) {
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

  std::string does_not_return(worker const& by) const {
    node const* const at = by.turning();
    std::string step = "one of its steps";
    if (at != nullptr)
      step = concat({"step \"", at->step().name, "\" (", at->step().kind, ", ", place_of(at->step().where),
                     "), or of a step behind it,"});
    return concat({"leat: the stop that was asked for waits for worker ", std::to_string(by.index()), ": a function of ",
                   step, " has not returned for ", seconds_text(tell_after_)});
  }

  execution& run_;
  std::chrono::nanoseconds tell_after_;
  std::mutex mutex_;
  std::condition_variable bell_;
  bool over_ = false;
  list<seen> workers_;
  std::thread thread_;
};

}  // namespace leat::detail
