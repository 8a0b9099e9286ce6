// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <atomic>
#include <memory>
#include <utility>

namespace leat::detail {

/// Is told when the result of some work is not wanted any more.
class abandon_listener {
 public:
  virtual ~abandon_listener() = default;
  virtual void on_abandoned() = 0;
};

/// Some work on its way to a thread that may wait. Whoever runs it holds it, whatever becomes of the flow.
class blocking_work {
 public:
  blocking_work() = default;
  blocking_work(blocking_work const&) = delete;
  blocking_work& operator=(blocking_work const&) = delete;
  virtual ~blocking_work() = default;

  /// Does it, and calls whoever waits.
  virtual void run() noexcept = 0;

  /// Nobody waits for it any more: it need not begin. By the worker that waited.
  void abandon();
  bool abandoned() const { return abandoned_.load(std::memory_order_relaxed); }
  /// Before it is handed to another thread.
  void tell_when_abandoned(std::shared_ptr<abandon_listener> listener) { listener_ = std::move(listener); }

 private:
  std::atomic<bool> abandoned_{false};
  std::shared_ptr<abandon_listener> listener_;
};

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/op/coroutine/blocking_work.ipp>
#endif
