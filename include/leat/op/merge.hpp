// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/list.hpp>
#include <leat/flow.hpp>
#include <leat/op/function/name_comes_first.hpp>
#include <leat/op/function/stream_like.hpp>
#include <leat/op/running/alignment.hpp>
#include <leat/op/running/consumer.hpp>
#include <leat/op/running/mark.hpp>
#include <leat/op/running/stage.hpp>
#include <leat/op/running/stream_time.hpp>
#include <leat/op/running/times_of_inputs.hpp>
#include <leat/op/running/worker_builder.hpp>

#include <cstddef>
#include <memory>
#include <source_location>
#include <type_traits>
#include <utility>
#include <vector>

namespace leat {
namespace detail {

/// Hands on what any input brings. An input that has brought its mark waits until the others have brought theirs; the
/// time is the least of the inputs'.
template <class T>
class merge_part final : public running_step {
 public:
  merge_part(std::size_t inputs, worker_builder& worker, node const& described)
      : worker_(worker.worker()), step_(described.step()), marks_(inputs, step_, worker_), times_(inputs) {
    for (std::size_t i = 0; i != inputs; ++i) inputs_.push_back(std::make_unique<input_consumer>(*this, i));
    worker.provide({described.id, 0}, next_);
  }

  consumer<T>& input(std::size_t index) { return *inputs_[index]; }

 private:
  class input_consumer final : public consumer<T> {
   public:
    input_consumer(merge_part& whole, std::size_t index) : whole_(whole), index_(index) {}

    void take(T* records, std::size_t count) override { whole_.next_.take(records, count); }
    void look(T const* records, std::size_t count) override { whole_.next_.look(records, count); }
    void arrive(mark arrived) override {
      if (whole_.times_.arrive(index_, arrived)) whole_.next_.advance(whole_.times_.now());
      mark passes;
      if (whole_.marks_.arrive(index_, arrived, passes)) whole_.next_.arrive(passes);
    }
    void advance(stream_time time) override {
      if (whole_.times_.advance(index_, time)) whole_.next_.advance(whole_.times_.now());
    }
    bool ready() override {
      return whole_.marks_.held(index_) ? whole_.worker_.no_room(whole_.step_) : whole_.next_.ready();
    }

   private:
    merge_part& whole_;
    std::size_t index_;
  };

  worker_services& worker_;
  step_info const& step_;
  alignment marks_;
  times_of_inputs times_;
  fan_out<T> next_;
  std::vector<std::unique_ptr<input_consumer>> inputs_;
};

template <class T>
class merge_node final : public node {
 public:
  merge_node(step_info step, list<port> from) : node(std::move(step), std::move(from)) { keeps_lanes = true; }

  void build(worker_builder& worker) const override {
    auto& part = worker.add<merge_part<T>>(inputs.size(), worker, *this);
    for (std::size_t i = 0; i != inputs.size(); ++i) worker.subscribe<T>(inputs[i], part.input(i));
  }
};

template <class T>
stream<T> merge_ports(graph& in, list<port> from, step_name const& name) {
  step_info step("merge", name);
  in.name_step(step);
  return stream_access::make<T>(in, in.template add<merge_node<T>>(std::move(step), std::move(from)));
}

template <class First, class... More>
auto merge_streams(step_name const& name, First&& first, More&&... more) {
  using T = record_of<First>;
  constexpr bool quiet = silent<First> || (silent<More> || ...);
  constexpr bool records_are_of_one_type = quiet || (std::is_same_v<T, record_of<More>> && ...);
  static_assert(records_are_of_one_type,
                "leat: merge(name, streams...): the streams must have the same record type: map them to one type, "
                "a std::variant for instance");
  if constexpr (quiet || !records_are_of_one_type)
    return stream<poison>{};
  else {
    graph& in = stream_access::graph_of(first);
    refuse_two_flows("merge", name, {&in, &stream_access::graph_of(more)...});
    list<port> from;
    from.push_back(seal(std::forward<First>(first)));
    (from.push_back(seal(std::forward<More>(more))), ...);
    return merge_ports<T>(in, std::move(from), name);
  }
}

}  // namespace detail

/// One stream of all the records of several, whose records are of one type. Each stream keeps its order; between them
/// there is none. Of what a step with several outputs gives, `down` is taken.
template <detail::stream_like First, detail::stream_like... More>
auto merge(step_name name, First&& first, More&&... more) {
  return detail::merge_streams(name, detail::stream_in(std::forward<First>(first)),
                               detail::stream_in(std::forward<More>(more))...);
}
template <detail::stream_like A, detail::stream_like B>
auto merge(A&& a, B&& b, std::source_location location = std::source_location::current()) {
  return merge(step_name::by_position(location), std::forward<A>(a), std::forward<B>(b));
}
template <detail::stream_like A, detail::stream_like B, detail::stream_like C>
auto merge(A&& a, B&& b, C&& c, std::source_location location = std::source_location::current()) {
  return merge(step_name::by_position(location), std::forward<A>(a), std::forward<B>(b), std::forward<C>(c));
}
template <detail::stream_like A, detail::stream_like B, detail::names_a_step Name>
stream<poison> merge(A const& a, B const& b, Name const&) {
  constexpr bool quiet =
      detail::silent<decltype(detail::stream_in(a))> || detail::silent<decltype(detail::stream_in(b))>;
  detail::say_that_the_name_comes_first<!quiet>();
  return {};
}

}  // namespace leat
