// SPDX-License-Identifier: BSL-1.0
#pragma once

namespace leat::detail {

/// The parameters and result of a function, a lambda or a function object whose call is not a template.
template <class R, class... Args>
struct signature {};

template <class M>
struct signature_of_member {
  using type = void;
};
/// `changes_itself`: the call is that of a `mutable` lambda.
template <class C, class R, class... Args>
struct signature_of_member<R (C::*)(Args...)> {
  using type = signature<R, Args...>;
  static constexpr bool changes_itself = true;
};
template <class C, class R, class... Args>
struct signature_of_member<R (C::*)(Args...) const> {
  using type = signature<R, Args...>;
  static constexpr bool changes_itself = false;
};
template <class C, class R, class... Args>
struct signature_of_member<R (C::*)(Args...) noexcept> {
  using type = signature<R, Args...>;
  static constexpr bool changes_itself = true;
};
template <class C, class R, class... Args>
struct signature_of_member<R (C::*)(Args...) const noexcept> {
  using type = signature<R, Args...>;
  static constexpr bool changes_itself = false;
};

/// `type` is a `signature`, or void where the types are not spelled out: a generic lambda, an overloaded call.
template <class F>
struct signature_of {
  using type = void;
};
template <class F>
  requires requires { &F::operator(); }
struct signature_of<F> : signature_of_member<decltype(&F::operator())> {};
template <class R, class... Args>
struct signature_of<R (*)(Args...)> {
  using type = signature<R, Args...>;
};
template <class R, class... Args>
struct signature_of<R (*)(Args...) noexcept> {
  using type = signature<R, Args...>;
};

template <class Signature>
struct first_of_signature {
  using type = void;
};
template <class R, class First, class... Rest>
struct first_of_signature<signature<R, First, Rest...>> {
  using type = First;
};
/// The type of `F`'s first parameter; void where there is none, or it is not spelled out.
template <class F>
using first_parameter = typename first_of_signature<typename signature_of<F>::type>::type;

}  // namespace leat::detail
