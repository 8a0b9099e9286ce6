// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/lean_chrono.hpp>
#include <leat/detail/lean_function.hpp>
#include <leat/run/threads/periodic_call.hpp>
#include <leat/run/threads/start_thread.hpp>

#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

namespace leat::detail {

LEAT_COLD void periodic_call::start(std::chrono::nanoseconds first, std::chrono::nanoseconds interval,
                                    std::function<void()> call) {
  first_ = first;
  interval_ = interval;
  call_ = std::move(call);
  thread_ = start_thread([](void* self) { static_cast<periodic_call*>(self)->run(); }, this);
}

LEAT_COLD void periodic_call::close() {
  if (!thread_.joinable()) return;
  {
    std::lock_guard const lock(mutex_);
    closing_ = true;
  }
  wakeup_.notify_one();
  thread_.join();
}

LEAT_COLD void periodic_call::run() {
  std::unique_lock lock(mutex_);
  for (std::chrono::nanoseconds wait = first_; !wakeup_.wait_for(lock, wait, [this] { return closing_; });
       wait = interval_)
    call_();
}

}  // namespace leat::detail
