// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/flow.hpp>
#include <leat/op/function/function.hpp>
#include <leat/op/running/slot_ownership.hpp>
#include <leat/record.hpp>
#include <leat/route/codec/codec.hpp>
#include <leat/route/codec/describing_archive.hpp>
#include <leat/route/exchange/exchange.hpp>
#include <leat/route/exchange/slot.hpp>

#include <cstddef>
#include <cstdint>
#include <source_location>
#include <utility>

namespace leat {
namespace detail {

/// Each record to a random worker. Only the seed comes from the runtime. (xorshift64*, Vigna 2016.)
template <class T>
class to_any_worker {
 public:
  static constexpr bool carries_hash = false;
  static constexpr unsigned bit_of_two = 63;

  void start(worker_builder& worker, node const&) { state_ = worker.worker().random() | 1; }
  std::uint64_t hash(T const&) {
    state_ ^= state_ >> 12;
    state_ ^= state_ << 25;
    state_ ^= state_ >> 27;
    return state_ * 0x2545f4914f6cdd1du;
  }
  unsigned owner(std::uint64_t chance, unsigned workers) const {
    return static_cast<unsigned>(((chance >> 32) * workers) >> 32);
  }

 private:
  std::uint64_t state_ = 1;
};

/// Each record to the worker that owns what `f` makes of it.
template <class T, class F>
class to_owner_of {
  using K = record_made_of<result_of_reading<F, T>>;

 public:
  static constexpr bool carries_hash = false;
  static constexpr std::size_t word_size = hashed_as_word<K> ? sizeof(K) : 0;
  static constexpr unsigned bit_of_two = slot_ownership::bit_of_two;

  explicit to_owner_of(F function) : f_(std::move(function)) {}

  void start(worker_builder& worker, node const&) { slot_owners_ = worker.slot_owners(); }
  std::uint64_t word(T const& record) {
    K const wanted(f_(record));
    return word_of(wanted);
  }
  std::uint64_t hash(T const& record) {
    K const wanted(f_(record));
    return key_hash(wanted);
  }
  unsigned owner(std::uint64_t hash, unsigned) const { return slot_owners_.owner(slot_of(hash)); }

 private:
  slot_ownership slot_owners_{1};
  [[no_unique_address]] F f_;
};

/// An exchange whose route may call a function of the user's.
template <class T, class Route>
class redistribute_tail {
 public:
  template <class U>
  static constexpr bool arrays = exchange_tail<T, Route>::template arrays<U>;
  template <class X>
  static constexpr bool answers_for = true;

  template <class RunEnd>
  redistribute_tail(RunEnd const& run_end, worker_builder& worker, node const& described)
      : inner_(run_end, worker, described), step_(described.steps.back(), worker.worker()) {}

  std::size_t block() const { return inner_.block(); }
  template <class Fill>
  void write(std::size_t records, Fill&& fill) {
    guarded(step_, [&] { inner_.write(records, std::forward<Fill>(fill)); });
  }
  void copy(T const* records, std::size_t count) {
    guarded(step_, [&] { inner_.copy(records, count); });
  }
  template <class X>
  void push(X&& record) {
    guarded(step_, [&] { inner_.push(std::forward<X>(record)); });
  }
  void finish_batch() { inner_.finish_batch(); }
  bool full() { return inner_.full(); }
  void arrive(mark arrived) {
    step_.pass(arrived, [&] { inner_.arrive(arrived); });
  }
  void advance(stream_time time) { inner_.advance(time); }
  bool ready() { return inner_.ready(); }

 private:
  exchange_tail<T, Route> inner_;
  step_context step_;
};

template <class T, class Route>
struct to_other_workers {
  using tail = redistribute_tail<T, Route>;
  static void build_receiver(worker_builder& worker, node const& described) {
    worker.add<exchange_receiver<T, plain_outlet<T>>>(worker, described);
  }

  explicit to_other_workers(Route chosen) : route(std::move(chosen)) {}
  Route route;
};

template <class S, class Route>
stream<record_of<S>> append_redistribution(S&& up, Route route, step_name const& name, std::string_view routing) {
  using T = record_of<S>;
  graph& in = stream_access::graph_of(up);
  step_info step("redistribute", name);
  in.name_step(step);
  port const at = finish(std::forward<S>(up), to_other_workers<T, Route>(std::move(route)), std::move(step));
  in.at(at).routing = routing;
  if constexpr (has_codec<T>) in.at(at).describe_records = &describe_record<T>;
  return stream_access::make<T>(in, at);
}

template <class T>
concept can_travel = not_there<T> || has_codec<T>;

class redistribute_step {
 public:
  explicit redistribute_step(step_name name) : name_(std::move(name)) {}

  template <a_stream S>
  friend auto operator|(S&& up, redistribute_step self) {
    constexpr bool record_has_a_codec = can_travel<record_of<S>>;
    static_assert(
        record_has_a_codec,
        "leat: redistribute(): the record has no codec: it may have to go to a worker of another process. Give "
        "it template <class A> void serialize(A&, unsigned), or use a type that has one");
    if constexpr (silent<S> || !record_has_a_codec)
      return refused(up);
    else
      return append_redistribution(std::forward<S>(up), to_any_worker<record_of<S>>(), self.name_,
                                   "exchange at random");
  }

 private:
  step_name name_;
};

template <class F>
class by_function {
 public:
  explicit by_function(F function) : f(std::move(function)) {}
  F f;
};

template <class F>
class redistribute_by_step {
 public:
  redistribute_by_step(step_name name, F f) : name_(std::move(name)), f_(std::move(f)) {}

  template <a_stream S>
  friend auto operator|(S&& up, redistribute_by_step self) {
    using T = record_of<S>;
    constexpr bool record_has_a_codec = can_travel<T>;
    static_assert(
        record_has_a_codec,
        "leat: redistribute(): the record has no codec: it may have to go to a worker of another process. Give "
        "it template <class A> void serialize(A&, unsigned), or use a type that has one");
    constexpr bool f_takes_the_record = !record_has_a_codec || reads<F, T>;
    static_assert(f_takes_the_record,
                  "leat: redistribute(by(f)): f must be callable with a const reference to the record that the step "
                  "before it produces");
    if constexpr (silent<S> || !record_has_a_codec || !f_takes_the_record)
      return refused(up);
    else {
      using K = record_made_of<result_of_reading<F, T>>;
      constexpr bool f_returns_something_with_a_codec = has_codec<K>;
      static_assert(f_returns_something_with_a_codec,
                    "leat: redistribute(by(f)): what f returns has no codec: its encoded bytes decide which worker a "
                    "record goes to");
      if constexpr (!f_returns_something_with_a_codec)
        return stream<poison>{};
      else
        return append_redistribution(std::forward<S>(up), to_owner_of<T, F>(std::move(self.f_)), self.name_,
                                     "exchange by key");
    }
  }

 private:
  step_name name_;
  F f_;
};

}  // namespace detail

/// For `redistribute`: records for which `f(record)` is the same go to the same worker.
template <class F>
detail::by_function<detail::function_of<F>> by(F f) {
  return detail::by_function<detail::function_of<F>>(std::move(f));
}

/// Spreads the work: each record goes to a worker of any process, chosen at random, or by `redistribute(by(f))` to the
/// worker that owns `f(record)` as a key. Worth its price before steps that take long. The order of the records is
/// lost, but for those that go from one worker to another.
inline detail::redistribute_step redistribute(step_name name) { return detail::redistribute_step(std::move(name)); }
inline detail::redistribute_step redistribute(std::source_location location = std::source_location::current()) {
  return detail::redistribute_step(step_name::by_position(location));
}
template <class F>
detail::redistribute_by_step<F> redistribute(step_name name, detail::by_function<F> route) {
  return {std::move(name), std::move(route.f)};
}
template <class F>
detail::redistribute_by_step<F> redistribute(detail::by_function<F> route,
                                             std::source_location location = std::source_location::current()) {
  return {step_name::by_position(location), std::move(route.f)};
}
template <class F, detail::names_a_step Name>
detail::name_comes_first redistribute(detail::by_function<F> const&, Name const&) {
  return {};
}
/// The operator itself stands behind the `|`.
template <detail::a_stream S>
stream<poison> operator|(S&&, detail::redistribute_step (*)(step_name)) {
  detail::say_that_a_step_is_a_call<S>();
  return {};
}

}  // namespace leat
