// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <type_traits>

/// Boost.Serialization's spelling is understood without Boost: only these names of it are known here.
namespace boost::serialization {
class access;
class collection_size_type;
class item_version_type;
template <class T>
struct version;
}  // namespace boost::serialization

namespace leat {

/// A type that needs Boost.Serialization itself says so, and is then written by it wherever it is met:
///   template <> inline constexpr bool leat::by_boost<my::type> = true;
/// Wherever it is encoded or decoded, `leat/route/codec/boost.hpp` has to be included.
template <class T>
inline constexpr bool by_boost = false;

namespace detail {

/// What BOOST_CLASS_VERSION says of a type, where Boost's own header for that is included; else 0.
template <class T>
constexpr unsigned class_version() {
  if constexpr (requires { boost::serialization::version<T>::value; })
    return static_cast<unsigned>(boost::serialization::version<T>::value);
  else
    return 0;
}

}  // namespace detail

/// The number of the fields that a type of the user's has now: the second argument of its `serialize`. It is kept with
/// what recovery keeps, and what an earlier program has kept is read with the number of then, so that a type can grow:
///   template <> inline constexpr unsigned leat::codec_version<my::account> = 2;
/// BOOST_CLASS_VERSION says the same. Both belong beside the type: a type that nothing was said of has 0.
template <class T>
inline constexpr unsigned codec_version = detail::class_version<T>();

namespace detail {

/// How a type of the user's says what it consists of, in the order in which it is asked.
enum class spelling { none, member, split_members, free, boost_friend };

template <class T>
constexpr spelling spelling_of();

namespace free_serialize {

struct none {};

/// Exactly the signature of Boost's own fallback. Alone it says that there is no free function; beside
/// Boost's it is ambiguous, which says the same; any overload for a type is more specialised than both.
template <class A, class T>
none serialize(A&, T&, unsigned);

template <class A, class T>
concept found = requires(A& archive, T& value) {
  serialize(archive, value, 0u);
  requires !std::is_same_v<decltype(serialize(archive, value, 0u)), none>;
};

template <class A, class T>
[[gnu::always_inline]] inline void call(A& archive, T& value, unsigned number) {
  serialize(archive, value, number);
}

}  // namespace free_serialize

/// Dependent, so that Boost's class need be complete only where it is used.
template <class T>
using boost_access = std::conditional_t<(sizeof(T*) > 0), boost::serialization::access, void>;

}  // namespace detail

/// Befriend this class to keep `serialize`, or `save` and `load`, private.
class access {
 public:
  /// Whether a type has a member `serialize(archive, version)` for this archive.
  template <class A, class T>
  static constexpr bool can_serialize = requires(A& archive, T& value) { value.serialize(archive, 0u); };
  /// Whether a type has a member `save(archive, version)`, which reads it.
  template <class A, class T>
  static constexpr bool can_save = requires(A& archive, T const& value) { value.save(archive, 0u); };
  /// Whether a type has a member `load(archive, version)`, which fills it in.
  template <class A, class T>
  static constexpr bool can_load = requires(A& archive, T& value) { value.load(archive, 0u); };

  /// Calls what `spelling_of` found. All in one function: it stands in every error about a field.
  template <class A, class T>
  [[gnu::always_inline]] static void serialize(A& archive, T& value, unsigned number) {
    constexpr detail::spelling found = detail::spelling_of<T>();
    if constexpr (found == detail::spelling::member)
      value.serialize(archive, number);
    else if constexpr (found == detail::spelling::split_members && A::is_saving::value)
      static_cast<T const&>(value).save(archive, number);
    else if constexpr (found == detail::spelling::split_members)
      value.load(archive, number);
    else if constexpr (found == detail::spelling::free)
      detail::free_serialize::call(archive, value, number);
    else
      detail::boost_access<T>::serialize(archive, value, number);
  }
};

namespace detail {

/// The tag's namespace is the one in which a free `serialize` for a type of somebody else's may stand.
template <class Tag>
class basic_output_archive;
template <class Tag>
class basic_input_archive;

/// A private member's name can be seen by making it ambiguous.
struct another_serialize {
  int serialize;
};
template <class T>
struct with_another_serialize : T, another_serialize {};

template <class T>
concept names_serialize =
    std::is_class_v<T> && !std::is_final_v<T> && !requires { &with_another_serialize<T>::serialize; };

template <class T>
concept boost_is_included = requires { sizeof(boost_access<T>); };

template <class A, class T>
constexpr spelling find_spelling() {
  if constexpr (!std::is_class_v<T> && !std::is_union_v<T>)
    return spelling::none;
  else if constexpr (access::can_serialize<A, T>)
    return spelling::member;
  else if constexpr (access::can_save<A, T> && access::can_load<A, T>)
    return spelling::split_members;
  else if constexpr (free_serialize::found<A, T>)
    return spelling::free;
  else if constexpr (boost_is_included<T> && names_serialize<T>)
    return spelling::boost_friend;
  else
    return spelling::none;
}

/// Asked of one archive only: a `serialize` is a template, and the other archive gets the same answer.
template <class T>
constexpr spelling spelling_of() {
  return find_spelling<basic_output_archive<boost::serialization::access>, T>();
}

}  // namespace detail
}  // namespace leat
