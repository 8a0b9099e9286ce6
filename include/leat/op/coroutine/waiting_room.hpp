// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/op/running/time_points.hpp>
#include <leat/op/running/worker_services.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

/// Where the coroutines of one stage wait for the clock and for calls from other threads. Only those whose time has
/// come, or that were called, are looked at.
namespace leat::detail {

/// One wait of one coroutine. A coroutine that has gone on, or has been destroyed, does not answer to an old ticket.
struct ticket {
  ticket(std::size_t coroutine, std::uint64_t number) : slot(coroutine), wait(number) {}
  auto operator<=>(ticket const&) const = default;

  std::size_t slot;
  std::uint64_t wait;
};

/// How other threads call a waiting coroutine. It outlives its stage for as long as somebody may still call.
class call_line {
 public:
  explicit call_line(worker_services& worker) : worker_(&worker) {}

  /// Any thread, at any time, also after the flow has ended.
  void call(ticket ticket);

  void close();

  bool any() const { return any_.load(std::memory_order_acquire); }

  void collect(std::vector<ticket>& into);

 private:
  std::mutex mutex_;
  std::vector<ticket> called_;
  std::atomic<bool> any_{false};
  worker_services* worker_;
};

/// Makes one coroutine go on, once. Any thread.
class wake_call {
 public:
  wake_call() = default;
  wake_call(std::shared_ptr<call_line> line, ticket ticket) : line_(std::move(line)), ticket_(ticket) {}
  explicit operator bool() const { return line_ != nullptr; }
  void operator()() const { line_->call(ticket_); }

 private:
  std::shared_ptr<call_line> line_;
  ticket ticket_{0, 0};
};

/// Tickets in the order of their times.
class alarms {
 public:
  alarms();
  alarms(alarms const&) = delete;
  alarms& operator=(alarms const&) = delete;
  ~alarms();

  void add(steady_time due, ticket ticket);
  void remove(steady_time due, ticket ticket);
  steady_time next() const { return next_; }

  /// Takes out those whose time has come.
  void collect(steady_time now, std::vector<ticket>& into);

 private:
  class by_time;

  by_time* alarms_;
  steady_time next_ = never;
};

class waiting_room {
 public:
  explicit waiting_room(worker_services& worker);
  waiting_room(waiting_room const&) = delete;
  waiting_room& operator=(waiting_room const&) = delete;
  ~waiting_room();

  worker_services& worker() { return *worker_; }
  std::shared_ptr<call_line> const& line() const { return line_; }
  alarms& clock() { return clock_; }

  /// The next time at which somebody here wants to go on; a call may come sooner.
  steady_time next() const { return hurried_ && clock_.next() != never ? worker_->now() : clock_.next(); }
  bool called() const { return line_->any(); }
  /// From now on nobody here waits for the clock.
  void hurry() { hurried_ = true; }

  /// Calls `go_on(ticket)` for all that were called or whose time has come. Those that come to wait meanwhile are for
  /// the next time, so that nobody keeps the worker to himself.
  template <class F>
  bool serve(F&& go_on) {
    if (!line_->any() && clock_.next() == never) return false;
    served_.clear();
    if (line_->any()) line_->collect(served_);
    if (clock_.next() != never) clock_.collect(hurried_ ? never : worker_->now(), served_);
    for (ticket const ticket : served_) go_on(ticket);
    return !served_.empty();
  }

 private:
  worker_services* worker_;
  std::shared_ptr<call_line> line_;
  alarms clock_;
  bool hurried_ = false;
  std::vector<ticket> served_;
};

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/op/coroutine/waiting_room.ipp>
#endif
