// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/op/function/function.hpp>
#include <leat/op/fused/batch_tail.hpp>
#include <leat/op/fused/kernel.hpp>
#include <leat/op/fused/ops_on_stack.hpp>
#include <leat/op/running/stream_time.hpp>

#include <cstddef>
#include <memory>
#include <source_location>
#include <type_traits>
#include <utility>

namespace leat {

/// The two sides of a `branch`.
template <class T>
struct branches {
  /// The records at which the function returned true.
  stream<T> trues;
  /// The other records.
  stream<T> falses;
};

namespace detail {

/// The end of a fused loop that has two outputs. Plain records are written to both and one of them advances, so that
/// a predicate that cannot be foretold costs no mispredicted branch.
template <class T, class F>
class branch_tail {
 public:
  template <class U>
  static constexpr bool arrays = std::is_same_v<T, U> && plain<T>;
  template <class X>
  static constexpr bool answers_for = std::is_nothrow_constructible_v<T, X>;

  template <class RunEnd>
  branch_tail(RunEnd const& run_end, worker_builder& worker, node const& described)
      : f_(run_end.f),
        step_(described.steps.back(), worker.worker()),
        trues_(worker.batch_size<T>()),
        falses_(worker.batch_size<T>()) {
    worker.provide({described.id, 0}, trues_.next);
    worker.provide({described.id, 1}, falses_.next);
  }

  std::size_t block() const { return trues_.records.capacity(); }

  template <class Fill>
  void write(std::size_t records, Fill&& fill) {
    if (trues_.records.room() < records) trues_.send();
    if (falses_.records.room() < records) falses_.send();
    ops_on_stack<F, std::is_trivially_copyable_v<F> && !std::is_empty_v<F>> local(f_);
    T* const to_true = trues_.records.end();
    T* const to_false = falses_.records.end();
    std::size_t written = 0;
    std::size_t passed = 0;
    auto cursor = [&](auto&& given) {
      T const record(std::forward<decltype(given)>(given));
      bool const is_true = guarded(step_, [&]() -> bool { return local.copy(record); });
      std::construct_at(to_true + passed, record);
      std::construct_at(to_false + (written - passed), record);
      passed += is_true ? 1u : 0u;
      ++written;
    };
    fill(cursor);
    trues_.records.set_end(to_true + passed);
    falses_.records.set_end(to_false + (written - passed));
  }

  template <class X>
  void push(X&& given) {
    if constexpr (!std::is_same_v<std::remove_cvref_t<X>, T>)
      push(T(std::forward<X>(given)));
    else if (guarded(step_, [&]() -> bool { return f_(std::as_const(given)); }))
      trues_.push(std::forward<X>(given));
    else
      falses_.push(std::forward<X>(given));
  }

  void finish_batch() {
    trues_.send();
    falses_.send();
  }
  void arrive(mark arrived) {
    step_.pass(arrived, [&] {
      trues_.next.arrive(arrived);
      falses_.next.arrive(arrived);
    });
  }
  void advance(stream_time time) {
    trues_.next.advance(time);
    falses_.next.advance(time);
  }
  /// A batch has gone on, and there is no room for another.
  bool full() {
    bool const trues_sent = trues_.has_sent();
    bool const falses_sent = falses_.has_sent();
    return (trues_sent || falses_sent) && !ready();
  }
  bool ready() { return trues_.next.ready() && falses_.next.ready(); }

 private:
  F f_;
  step_context step_;
  outgoing_batch<T> trues_;
  outgoing_batch<T> falses_;
};

template <class T, class F>
struct to_branches {
  using tail = branch_tail<T, F>;
  explicit to_branches(F function) : f(std::move(function)) {}
  F f;
};

template <class F>
class branch_step {
 public:
  branch_step(step_name name, F f) : name_(std::move(name)), f_(std::move(f)) {}

  template <a_stream S>
  friend auto operator|(S&& up, branch_step self) {
    using T = record_of<S>;
    constexpr bool f_takes_the_record = silent<S> || reads<F, T>;
    static_assert(f_takes_the_record,
                  "leat: branch(f): f must be callable with a const reference to the record that the step before it "
                  "produces");
    if constexpr (silent<S> || !f_takes_the_record)
      return branches<poison>{refused(up), {}};
    else {
      constexpr bool f_returns_bool = std::is_same_v<std::remove_cvref_t<result_of_reading<F, T>>, bool>;
      static_assert(f_returns_bool, "leat: branch(f): f must return bool: true sends the record to trues");
      if constexpr (!f_returns_bool)
        return branches<poison>{};
      else {
        graph& in = stream_access::graph_of(up);
        step_info step("branch", self.name_, memory_of<F, T const&>);
        in.name_step(step);
        port const at = finish(std::forward<S>(up), to_branches<T, F>(std::move(self.f_)), std::move(step));
        in.at(at).outputs = "true false";
        return branches<T>{stream_access::make<T>(in, {at.node, 0}), stream_access::make<T>(in, {at.node, 1})};
      }
    }
  }

 private:
  step_name name_;
  F f_;
};

struct branch_name_comes_first {
  template <a_stream S>
  friend branches<poison> operator|(S&&, branch_name_comes_first) {
    say_that_the_name_comes_first<!silent<S>>();
    return {};
  }
};

}  // namespace detail

/// Sends each record to one of two streams: `auto [trues, falses] = s | branch(f)`. `f` takes a const reference and
/// returns bool, on the worker's thread. One pass, at the end of the loop of the steps before it.
template <class F>
detail::branch_step<detail::function_of<F>> branch(step_name name, F f) {
  return {std::move(name), std::move(f)};
}
template <class F>
detail::branch_step<detail::function_of<F>> branch(F f,
                                                   std::source_location location = std::source_location::current()) {
  return {step_name::by_position(location), std::move(f)};
}
template <class F, detail::names_a_step Name>
  requires(!detail::names_a_step<F>)
detail::branch_name_comes_first branch(F const&, Name const&) {
  return {};
}

}  // namespace leat
