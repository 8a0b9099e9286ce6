// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/pack.hpp>
#include <leat/record.hpp>

#include <concepts>
#include <cstddef>
#include <type_traits>

/// What a stateless step is for the loop that it becomes a part of.
namespace leat::detail {

enum class op_shape { one_to_one, filter, expand };

/// A step of a fused run takes records of `in` and gives records of `out`. How it is called depends on its shape:
///  - one_to_one: `op(record)` returns the next record, or a view of it;
///  - filter: `op(record)`, of a const record, returns whether the record passes; `out` is `in`;
///  - expand: `op(record, next)` calls `next(x)` for each record that it makes.
/// `accepts<X>` says whether it takes an X as it comes, or needs an `in` made of it. Optional:
///  - `bind(step_context&)` is called once, before the first record;
///  - `begin_batch()` is called before each batch;
///  - `emits`, true: the step gives the user's function a way to call the later steps.
template <class Op>
concept fused_op = std::move_constructible<Op> && requires {
  typename Op::in;
  typename Op::out;
  { Op::shape } -> std::convertible_to<op_shape>;
  { Op::template accepts<typename Op::in> } -> std::convertible_to<bool>;
} && (Op::shape != op_shape::filter || std::same_as<typename Op::in, typename Op::out>);

template <class Op>
concept calls_later_steps = requires { requires Op::emits; };

/// What the compiler knows of a run of steps that begins with records of `In`: the loop is chosen by it.
template <class In, fused_op... Ops>
struct fused_steps {
  static constexpr std::size_t size = sizeof...(Ops);
  using ops_type = pack<Ops...>;

  template <std::size_t Index>
  static auto record_before() {
    if constexpr (Index == 0)
      return std::type_identity<In>{};
    else
      return std::type_identity<typename type_in_pack<Index - 1, ops_type>::out>{};
  }
  /// The records that step Index takes; those of `size` leave the run.
  template <std::size_t Index>
  using record_at = typename decltype(record_before<Index>())::type;

  static constexpr bool expands = ((Ops::shape == op_shape::expand) || ...);
  static constexpr bool filters = ((Ops::shape == op_shape::filter) || ...);
  /// A function of the user's holds calls of later steps on its stack.
  static constexpr bool emits = (calls_later_steps<Ops> || ...);

  /// The first step from Index on that is not one record in, one out.
  template <std::size_t Index>
  static constexpr std::size_t straight_to() {
    if constexpr (Index == size)
      return size;
    else if constexpr (type_in_pack<Index, ops_type>::shape != op_shape::one_to_one)
      return Index;
    else
      return straight_to<Index + 1>();
  }
  /// All records from step Index to step Last are plain.
  template <std::size_t Index, std::size_t Last>
  static constexpr bool plain_between() {
    if constexpr (!plain<record_at<Index>>)
      return false;
    else if constexpr (Index == Last)
      return true;
    else
      return plain_between<Index + 1, Last>();
  }
  template <std::size_t Index>
  static constexpr bool filter_at() {
    if constexpr (Index == size)
      return false;
    else
      return type_in_pack<Index, ops_type>::shape == op_shape::filter;
  }
  /// No step from Index on makes several records of one.
  template <std::size_t Index>
  static constexpr bool never_expands() {
    if constexpr (Index == size)
      return true;
    else if constexpr (type_in_pack<Index, ops_type>::shape == op_shape::expand)
      return false;
    else
      return never_expands<Index + 1>();
  }
};

}  // namespace leat::detail
