// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/exception_text.hpp>
#include <leat/op/emitter.hpp>
#include <leat/op/fused/kernel.hpp>
#include <leat/op/running/failure_count.hpp>
#include <leat/op/running/stream_time.hpp>
#include <leat/text.hpp>

#include <cstddef>
#include <exception>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace leat {

/// A record that a step's function threw at, in the step's errors stream.
template <class T>
struct failed_record {
  T record;           ///< as it came to the step
  std::string step;   ///< full path of the step, `flow.step`
  std::string error;  ///< `what()` of the exception

  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive & record & step & error;
  }
  friend bool operator==(failed_record const&, failed_record const&) = default;
  friend std::string to_text(failed_record const& failure)
    requires printable<T>
  {
    return failure.step + ": " + failure.error + ": " + text(failure.record);
  }
};

/// The two streams behind a step inside `or_else`. Piped on as it is, it is `down`.
template <class U, class T>
struct with_errors {
  stream<U> down;                   ///< what the step gives
  stream<failed_record<T>> errors;  ///< the records that its function threw at

  template <class Step>
  friend auto operator|(with_errors const& streams, Step step) {
    return streams.down | std::move(step);
  }
};

template <>
struct with_errors<poison, poison> {
  stream<poison> down;
  stream<poison> errors;

  template <class Step>
  friend stream<poison> operator|(with_errors const&, Step const&) {
    return {};
  }
};

namespace detail {

/// Calls one fused step on one record, which stays as it was, and hands on what the step gives only when the whole call
/// has ended well. Of a step that gives several records, nothing has gone on when it throws at the last.
template <class T, class U, class Op>
class tried {
  using passed = std::conditional_t<Op::template accepts<T const&>, T const&, T&&>;

 public:
  explicit tried(Op op) : op_(std::move(op)) {}
  /// Each worker's copy begins without results, which perhaps cannot be copied.
  tried(tried const& other) : op_(other.op_) {}
  tried(tried&&) = default;
  tried& operator=(tried const&) = delete;
  tried& operator=(tried&&) = delete;
  ~tried() = default;

  void bind(step_context const& step) {
    if constexpr (requires { op_.bind(step); }) op_.bind(step);
  }
  void begin_batch() {
    if constexpr (requires { op_.begin_batch(); }) op_.begin_batch();
  }

  template <class X, class Results, class OnError>
  void operator()(X&& given, Results& results, OnError&& on_error) {
    T record(std::forward<X>(given));
    if constexpr (Op::shape == op_shape::filter) {
      bool kept = false;
      try {
        kept = op_(std::as_const(record));
      } catch (...) {
        return on_error(std::move(record), text_of_current_exception());
      }
      if (kept) results(std::move(record));
    } else if constexpr (Op::shape == op_shape::one_to_one) {
      std::optional<U> result;
      try {
        result.emplace(call(record));
      } catch (...) {
        return on_error(std::move(record), text_of_current_exception());
      }
      results(*std::move(result));
    } else {
      several_.clear();
      try {
        collected results_of_call(several_);
        expand(record, results_of_call);
        results_of_call.rethrow();
      } catch (...) {
        return on_error(std::move(record), text_of_current_exception());
      }
      for (U& result : several_) results(std::move(result));
    }
  }

 private:
  /// What an expanding step is given to put its results in. The function may catch what it is thrown here: it is kept.
  class collected {
   public:
    explicit collected(std::vector<U>& into) : into_(into) {}
    template <class X>
    void operator()(X&& element) {
      kept_when_thrown([&] { into_.emplace_back(std::forward<X>(element)); });
    }
    template <class Record, class... Parts>
    Record make(Parts&&... parts) {
      return kept_when_thrown([&] { return Record(std::forward<Parts>(parts)...); });
    }
    void rethrow() const {
      if (failure_) std::rethrow_exception(failure_);
    }

   private:
    template <class F>
    auto kept_when_thrown(F&& f) {
      try {
        return f();
      } catch (...) {
        failure_ = std::current_exception();
        throw;
      }
    }

    std::vector<U>& into_;
    std::exception_ptr failure_;
  };

  decltype(auto) call(T const& record) {
    if constexpr (std::is_same_v<passed, T const&>)
      return op_(record);
    else
      return U(op_(T(record)));
  }
  template <class Collect>
  void expand(T const& record, Collect& collect) {
    if constexpr (std::is_same_v<passed, T const&>)
      op_(record, collect);
    else
      op_(T(record), collect);
  }

  Op op_;
  std::vector<U> several_;
};

/// The end of a fused loop whose last step may throw at a record: results go one way, failed records the other.
/// `Attempt` is called with a record, where results go, and what takes a failed `R` with its error.
template <class U, class R, class Attempt>
class or_else_tail {
 public:
  template <class X>
  static constexpr bool arrays = false;

  template <class RunEnd>
  or_else_tail(RunEnd const& run_end, worker_builder& worker, node const& described)
      : attempt_(run_end.attempt),
        step_(described.steps.back(), worker.worker()),
        failing_step_(run_end.step.empty() ? step_.name : run_end.step),
        results_(worker.batch_size<U>()),
        errors_(worker.batch_size<failed_record<R>>()),
        count_(worker.shared_count<failure_count>(described, "to its errors", failing_step_)) {
    attempt_.bind(step_);
    worker.provide({described.id, 0}, results_.next());
    worker.provide({described.id, 1}, errors_.next());
  }

  template <class X>
  void push(X&& given) {
    if (!std::exchange(in_batch_, true)) attempt_.begin_batch();
    attempt_(std::forward<X>(given), results_, [this](R&& record, std::string error) {
      count_.add(error);
      errors_(failed_record<R>{std::move(record), failing_step_, std::move(error)});
    });
  }
  void finish_batch() {
    results_.flush();
    errors_.flush();
    in_batch_ = false;
  }
  void arrive(mark arrived) {
    step_.pass(arrived, [&] {
      results_.next().arrive(arrived);
      errors_.next().arrive(arrived);
    });
  }
  void advance(stream_time time) {
    results_.next().advance(time);
    errors_.next().advance(time);
  }
  /// A batch has gone on, and there is no room for another.
  bool full() {
    bool const results_sent = results_.has_sent();
    bool const errors_sent = errors_.has_sent();
    return (results_sent || errors_sent) && !ready();
  }
  bool ready() { return results_.next().ready() && errors_.next().ready(); }

 private:
  Attempt attempt_;
  step_context step_;
  std::string failing_step_;
  emitter<U> results_;
  emitter<failed_record<R>> errors_;
  failure_count& count_;
  bool in_batch_ = false;
};

template <class U, class R, class Attempt>
struct to_or_else {
  using tail = or_else_tail<U, R, Attempt>;
  to_or_else(std::string failing_step, Attempt of_one) : step(std::move(failing_step)), attempt(std::move(of_one)) {}
  std::string step;  ///< whose function it is; empty: the step's that ends the run
  Attempt attempt;
};

/// What `or_else` makes of a step that was piped in the usual way: the last step of the fused run becomes its end.
template <class U, class In, class... Ops>
auto end_in_errors(stream<U, fused<In, Ops...>>&& run) {
  using op = type_in_pack<sizeof...(Ops) - 1, pack<Ops...>>;
  using T = typename op::in;
  constexpr bool records_can_be_copied = copyable_record<T> || op::template accepts<T const&>;
  static_assert(
      records_can_be_copied,
      "leat: or_else(step): the records of this stream cannot be copied, so the function of the step must take "
      "them by const reference: a record it throws at is still needed");
  if constexpr (!records_can_be_copied)
    return with_errors<poison, poison>{};
  else {
    graph& in = stream_access::graph_of(run);
    port const at = stream_access::finish_in_last(std::move(run), [](op last) {
      return to_or_else<U, T, tried<T, U, op>>({}, tried<T, U, op>(std::move(last)));
    });
    return with_errors<U, T>{stream_access::make<U>(in, {at.node, 0}),
                             stream_access::make<failed_record<T>>(in, {at.node, 1})};
  }
}
template <class S>
auto end_in_errors(S&&) {
  constexpr bool step_was_refused = std::is_same_v<record_of<S>, poison>;
  static_assert(
      step_was_refused,
      "leat: or_else(step): only steps that call a function for each record can be inside or_else: map, filter, "
      "flat_map and their _value forms, key_on, stateful_map, stateful_flat_map");
  return with_errors<poison, poison>{};
}

/// Around a step that fuses. Others have a specialisation.
template <class Step>
class or_else_step {
 public:
  explicit or_else_step(Step step) : step_(std::move(step)) {}

  template <a_stream S>
  friend auto operator|(S&& up, or_else_step self) {
    return end_in_errors(std::forward<S>(up) | std::move(self.step_));
  }

 private:
  Step step_;
};

}  // namespace detail

/// A step whose function may throw at a record without ending the run:
///
///     auto [orders, errors] = lines | leat::or_else(leat::map("parse", parse));
///
/// `errors` is a stream of `failed_record<record>`: the record as it came, the step, and the text of the exception.
/// Nothing of what the step would have given for that record goes on. The function is given a copy of the record where
/// it does not take it by const reference. At the end of the run a line on standard error tells how many records
/// failed. For `map filter filter_map flat_map`, their `_value` forms and `key_on`; with `leat/state/or_else.hpp` also
/// for `stateful_map` and `stateful_flat_map`, where the key's state is put back as it was before the value.
template <class Step>
detail::or_else_step<Step> or_else(Step step) {
  return detail::or_else_step<Step>(std::move(step));
}

}  // namespace leat
