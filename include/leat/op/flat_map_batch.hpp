// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/buffer.hpp>
#include <leat/flow.hpp>
#include <leat/op/emitter.hpp>
#include <leat/op/function/elements.hpp>
#include <leat/op/running/consumer.hpp>
#include <leat/op/running/mark.hpp>
#include <leat/op/running/stage.hpp>
#include <leat/op/running/step_context.hpp>
#include <leat/op/running/stream_time.hpp>
#include <leat/op/running/worker_builder.hpp>

#include <cstddef>
#include <source_location>
#include <span>
#include <type_traits>
#include <utility>

namespace leat {
namespace detail {

template <class T, class U, class F>
class flat_map_batch_part final : public consumer<T>, public running_step {
 public:
  flat_map_batch_part(F const& f, worker_builder& worker, node const& described)
      : f_(f), step_(described.step(), worker.worker()), out_(worker.batch_size<U>()) {
    worker.provide({described.id, 0}, out_.next());
  }

  void take(T* records, std::size_t count) override { call(std::span<T>(records, count)); }

  void look(T const* records, std::size_t count) override {
    if constexpr (takes_batches_to_read())
      call(std::span<T const>(records, count));
    else if constexpr (copyable_record<T>) {
      buffer<T> const copies = guarded(step_, [&] { return copies_of(records, count); });
      call(std::span<T>(copies.begin(), count));
    }
  }

  void arrive(mark arrived) override {
    step_.pass(arrived, [&] { out_.next().arrive(arrived); });
  }
  void advance(stream_time time) override { out_.next().advance(time); }
  bool ready() override { return out_.next().ready(); }

 private:
  static constexpr bool takes_batches_to_read() {
    if constexpr (spelled_out<F>)
      return takes<F, std::span<T const>> || takes_and_emits<F, std::span<T const>, U>();
    else
      return false;
  }

  template <class Batch>
  void call(Batch batch) {
    guarded(step_, [&] {
      emit_to<U, emitter<U>> const emit_record(out_);
      if constexpr (takes<F, Batch>) {
        decltype(auto) result = f_(std::move(batch));
        emit_elements<decltype(result)>(result, emit_record);
      } else
        f_(std::move(batch), emit_record);
    });
    guarded(step_, [&] { out_.flush(); });
  }

  F f_;
  step_context step_;
  emitter<U> out_;
};

template <class T, class U, class F>
class flat_map_batch_node final : public node {
 public:
  flat_map_batch_node(F f, step_info step, port from) : node(std::move(step), from), f_(std::move(f)) {
    keeps_lanes = true;
  }

  void build(worker_builder& worker) const override {
    worker.subscribe<T>(inputs.front(), worker.add<flat_map_batch_part<T, U, F>>(f_, worker, *this));
  }

 private:
  F f_;
};

/// Adds the node. `U` is a template argument so that editors show its name.
template <class U, class S, class F>
stream<U> append_flat_map_batch(S&& up, F f, step_name const& name) {
  using T = record_of<S>;
  graph& in = stream_access::graph_of(up);
  port const from = seal(std::forward<S>(up));
  step_info step("flat_map_batch", name);
  in.name_step(step);
  return stream_access::make<U>(in, in.template add<flat_map_batch_node<T, U, F>>(std::move(f), std::move(step), from));
}

template <class Given, class F>
class flat_map_batch_step {
 public:
  flat_map_batch_step(step_name name, F f) : name_(std::move(name)), f_(std::move(f)) {}

  template <a_stream S>
  friend auto operator|(S&& up, flat_map_batch_step self) {
    using batch = std::conditional_t<silent<S>, poison, std::span<record_of<S>>>;
    constexpr bool f_takes_a_batch = takes<F, batch> || takes_and_emits<F, batch, Given>();
    static_assert(f_takes_a_batch,
                  "leat: flat_map_batch(f): f must be callable with a std::span of the records that the step before "
                  "it produces, or with the span and emit");
    if constexpr (silent<S> || !f_takes_a_batch)
      return refused(up);
    else if constexpr (!takes<F, batch>) {
      constexpr bool record_type_is_given = !std::is_void_v<Given>;
      static_assert(record_type_is_given,
                    "leat: flat_map_batch(f): an f that is given emit does not say what it "
                    "emits: write flat_map_batch<T>(f)");
      if constexpr (!record_type_is_given)
        return stream<poison>{};
      else
        return append_flat_map_batch<Given>(std::forward<S>(up), std::move(self.f_), self.name_);
    } else {
      using range = result_of<F, batch>;
      constexpr bool f_returns_a_range = range_of_elements<range>;
      static_assert(f_returns_a_range,
                    "leat: flat_map_batch(f): f must return a range of new records, or be an "
                    "f(batch, emit): flat_map_batch<T>(f)");
      if constexpr (!f_returns_a_range)
        return stream<poison>{};
      else {
        using U = std::conditional_t<std::is_void_v<Given>, record_made_of<element_of_range<range>>, Given>;
        if constexpr (!owns_what_it_shows<U>() || !elements_become<range, U>())
          return stream<poison>{};
        else
          return append_flat_map_batch<U>(std::forward<S>(up), std::move(self.f_), self.name_);
      }
    }
  }

 private:
  step_name name_;
  F f_;
};

}  // namespace detail

/// Calls `f(std::span<T> batch)` once for each batch that comes by, of whatever size; it returns a range of new
/// records, or emits them: `flat_map_batch<U>(f)` with `f(batch, emit)`. The records of the batch are f's to move from.
/// Called on the worker's thread; an exception of `f` ends the run.
template <class Record = void, class F>
detail::flat_map_batch_step<Record, detail::function_of<F>> flat_map_batch(step_name name, F f) {
  return {std::move(name), std::move(f)};
}
template <class Record = void, class F>
detail::flat_map_batch_step<Record, detail::function_of<F>> flat_map_batch(
    F f, std::source_location location = std::source_location::current()) {
  return {step_name::by_position(location), std::move(f)};
}
template <class Record = void, class F, detail::names_a_step Name>
  requires(!detail::names_a_step<F>)
detail::name_comes_first flat_map_batch(F const&, Name const&) {
  return {};
}

}  // namespace leat
