// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <type_traits>
#include <utility>

/// A pointer to a member where an operator takes a function: `key_on(&trade::symbol)`. It means what it means to
/// `std::invoke`; `<functional>` itself would have to be read by every program.
namespace leat::detail {

template <class X, class C>
concept points_to = !std::is_base_of_v<C, std::remove_cvref_t<X>> && requires(X&& given) {
  requires std::is_base_of_v<C, std::remove_cvref_t<decltype(*std::forward<X>(given))>>;
};

/// The object itself, or what points to it.
template <class C, class X>
  requires(std::is_base_of_v<C, std::remove_cvref_t<X>>)
[[gnu::always_inline]] constexpr X&& object_of(X&& given) {
  return std::forward<X>(given);
}
template <class C, points_to<C> X>
[[gnu::always_inline]] constexpr decltype(auto) object_of(X&& given) {
  return *std::forward<X>(given);
}

template <class M, class C>
class member_function {
 public:
  member_function(M C::* member) : member_(member) {}  // NOLINT: operators are given the pointer itself

  template <class X>
    requires(!std::is_function_v<M> && requires(X&& object) { object_of<C>(std::forward<X>(object)); })
  [[gnu::always_inline]] decltype(auto) operator()(X&& object) const {
    return (object_of<C>(std::forward<X>(object)).*member_);
  }
  template <class X, class... Args>
    requires(std::is_function_v<M> &&
             requires(M C::* member, X&& object, Args&&... args) {
               (object_of<C>(std::forward<X>(object)).*member)(std::forward<Args>(args)...);
             })
  [[gnu::always_inline]] decltype(auto) operator()(X&& object, Args&&... args) const {
    return (object_of<C>(std::forward<X>(object)).*member_)(std::forward<Args>(args)...);
  }

 private:
  M C::* member_;
};

/// A function as the operators keep it: as it was given, or the pointer to a member as a function object.
template <class F>
struct kept_function {
  using type = F;
};
template <class M, class C>
struct kept_function<M C::*> {
  using type = member_function<M, C>;
};
template <class F>
using function_of = typename kept_function<F>::type;

template <class F>
inline constexpr bool is_member_function = false;
template <class M, class C>
inline constexpr bool is_member_function<member_function<M, C>> = true;

}  // namespace leat::detail
