// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/op/coroutine/waiting_room.hpp>
#include <leat/op/running/time_points.hpp>
#include <leat/op/running/worker_services.hpp>

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <type_traits>

namespace leat::detail {

class coroutine_root;

/// What the promise of every `task` has: whom it runs under, and who awaits it.
class coroutine_frame {
 public:
  coroutine_frame() = default;
  coroutine_frame(coroutine_frame const&) = delete;
  coroutine_frame& operator=(coroutine_frame const&) = delete;

  std::coroutine_handle<> self;
  coroutine_root* root = nullptr;
  coroutine_frame* awaited_by = nullptr;
  coroutine_frame** owner = nullptr;  ///< the pointer by which the awaited task owns this frame
  std::exception_ptr error;
};

/// A coroutine of the user's together with all that it awaits, as one guest of a stage. Control passes between a
/// caller and a callee through the loop in `resume`, so that neither long loops of awaits nor deep chains grow the
/// stack; symmetric transfer would, in unoptimised and instrumented builds of g++.
class coroutine_root {
 public:
  coroutine_root(waiting_room& room, std::size_t slot) : room_(&room), slot_(slot) {}
  coroutine_root(coroutine_root const&) = delete;
  coroutine_root& operator=(coroutine_root const&) = delete;
  ~coroutine_root() { cancel(); }

  /// Runs `top` until it waits or ends. Its task still owns it.
  void begin(coroutine_frame& top);

  /// Goes on after a wait, until the next one or the end. Exceptions stay in the tasks.
  void resume();

  /// Destroys all that is awaited, innermost first; the task that `begin` was given is left to its owner. A call that
  /// comes later finds nobody.
  void cancel();

  bool finished() const { return current_ == nullptr; }
  bool answers_to(ticket ticket) const { return current_ != nullptr && ticket.wait == wait_; }
  ticket waiting_as() const { return {slot_, wait_}; }
  worker_services& worker() { return room_->worker(); }

  // For those who make a coroutine wait:

  void enter(coroutine_frame& callee);
  void leave(coroutine_frame& ended);
  // Each wait has a number of its own, also after one that could not begin: whoever calls that one late calls nobody.
  void wait_until(steady_time due);
  wake_call wait_for_call();

 private:
  void forget_wait();

  waiting_room* room_;
  coroutine_frame* current_ = nullptr;
  std::size_t slot_;
  std::uint64_t wait_ = 0;
  steady_time due_ = never;
  bool again_ = false;
};

/// Whether P is the promise of a `task`: only there do leat's awaitables know whom to wake.
template <class P>
inline constexpr bool promise_of_a_task = std::is_base_of_v<coroutine_frame, P>;

/// What the awaitables of leat declare, so that a task knows that it will be woken on its own worker.
struct awaited_on_a_worker {};
template <class A>
inline constexpr bool wakes_on_a_worker =
    requires { requires std::is_same_v<typename std::remove_cvref_t<A>::awaited, awaited_on_a_worker>; };

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/op/coroutine/coroutine_root.ipp>
#endif
