// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/op/fused/kernel.hpp>
#include <leat/op/fused/ops_on_stack.hpp>
#include <leat/op/running/stream_time.hpp>
#include <leat/op/running/test_overrides.hpp>

#include <cstddef>
#include <type_traits>
#include <utility>

namespace leat::detail {

/// The end of a fused loop that is itself part of the loop.
template <class T, class F>
class for_each_tail {
 public:
  template <class U>
  static constexpr bool arrays = std::is_same_v<T, U> && plain<T>;
  template <class X>
  static constexpr bool answers_for = true;

  template <class RunEnd>
  for_each_tail(RunEnd const& run_end, worker_builder& worker, node const& described)
      : f_(run_end.f), step_(described.steps.back(), worker.worker()) {
    if (test_overrides* const test = worker.process().test) test->add_function(described.steps.back());
  }

  std::size_t block() const { return 4096; }
  /// A small `f` works on the stack for the length of the loop, so that what it sums up can stay in a register.
  template <class Fill>
  void write(std::size_t, Fill&& fill) {
    ops_on_stack<F, std::is_trivially_copyable_v<F> && !std::is_empty_v<F>> local(f_);
    auto call = [&](auto&& record) { guarded(step_, [&] { local.copy(T(std::forward<decltype(record)>(record))); }); };
    fill(call);
  }
  template <class X>
  [[gnu::always_inline]] void push(X&& record) {
    guarded(step_, [&] { f_(T(std::forward<X>(record))); });
  }
  void finish_batch() {}
  void arrive(mark arrived) {
    step_.pass(arrived, [&] {
      if constexpr (requires { f_.flush(); }) guarded(step_, [&] { f_.flush(); });
    });
  }
  void advance(stream_time) {}
  bool ready() { return true; }

 private:
  F f_;
  step_context step_;
};

template <class T, class F>
struct to_each {
  using tail = for_each_tail<T, F>;
  F f;
};

}  // namespace leat::detail
