// SPDX-License-Identifier: BSL-1.0
#include <leat/detail/access.hpp>

#include "checks.hpp"

#include <leat/route/codec/record_text.hpp>

#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#if __has_include(<boost/serialization/split_member.hpp>)
#include <boost/serialization/array_wrapper.hpp>
#include <boost/serialization/base_object.hpp>
#include <boost/serialization/map.hpp>
#include <boost/serialization/nvp.hpp>
#include <boost/serialization/split_free.hpp>
#include <boost/serialization/split_member.hpp>
#include <boost/serialization/string.hpp>
#include <boost/serialization/vector.hpp>
#define BOOST_IS_HERE 1
#else
/// What a program without Boost may put in its place.
namespace boost::serialization {
class access {
 public:
  template <class A, class T>
  static void serialize(A& archive, T& value, unsigned const version) {
    value.serialize(archive, version);
  }
};
}  // namespace boost::serialization
#endif

namespace there {

struct by_lookup {
  int x = 0;
  bool operator==(by_lookup const&) const = default;
};
template <class A>
void serialize(A& a, by_lookup& value, unsigned) {
  a & value.x;
}

template <class T>
struct box {
  T content{};
  bool operator==(box const&) const = default;
};

struct foreign {
  std::string text;
  bool operator==(foreign const&) const = default;
};

struct unknown {
  int x;
};

class by_leat {
 public:
  by_leat() = default;
  explicit by_leat(int from) : x_(from) {}
  bool operator==(by_leat const&) const = default;

 private:
  friend class leat::access;
  template <class A>
  void serialize(A& a, unsigned) {
    a & x_;
  }
  int x_ = 0;
};

class by_boost {
 public:
  by_boost() = default;
  explicit by_boost(int from) : x_(from) {}
  bool operator==(by_boost const&) const = default;

 private:
  friend class boost::serialization::access;
  template <class A>
  void serialize(A& a, unsigned const) {
    a & x_;
  }
  int x_ = 0;
};

/// Written as a difference, so that saving and loading must each take their own way.
class in_two {
 public:
  in_two() = default;
  explicit in_two(int from, int to) : from_(from), to_(to) {}
  bool operator==(in_two const&) const = default;

 private:
  friend class leat::access;
  template <class A>
  void save(A& a, unsigned) const {
    a & from_&(to_ - from_);
  }
  template <class A>
  void load(A& a, unsigned) {
    int length = 0;
    a & from_ & length;
    to_ = from_ + length;
  }
  int from_ = 0;
  int to_ = 0;
};

struct by_direction {
  int x = 0;
  template <class A>
  void serialize(A& a, unsigned) {
    if constexpr (A::is_saving::value) {
      a << std::to_string(x);
    } else {
      std::string text;
      a >> text;
      x = std::stoi(text);
    }
  }
  bool operator==(by_direction const&) const = default;
};

struct save_only {
  template <class A>
  void save(A&, unsigned) const {}
};

struct serialize_of_another_kind {
  std::string serialize() const { return {}; }
};

class hidden {
  template <class A>
  void serialize(A&, unsigned) {}
};

}  // namespace there

namespace boost::serialization {
template <class A>
void serialize(A& a, there::foreign& value, unsigned const) {
  a & value.text;
}
template <class A, class T>
void serialize(A& a, there::box<T>& value, unsigned const) {
  a & value.content;
}
}  // namespace boost::serialization

namespace {

using checks::survives;
using leat::detail::spelling;
using leat::detail::spelling_of;

static_assert(spelling_of<there::by_leat>() == spelling::member);
static_assert(spelling_of<there::by_direction>() == spelling::member);
static_assert(spelling_of<there::in_two>() == spelling::split_members);
static_assert(spelling_of<there::by_lookup>() == spelling::free);
static_assert(spelling_of<there::foreign>() == spelling::free);
static_assert(spelling_of<there::box<int>>() == spelling::free);
static_assert(spelling_of<there::by_boost>() == spelling::boost_friend);
static_assert(spelling_of<there::unknown>() == spelling::none && !leat::has_codec<there::unknown>);
static_assert(spelling_of<there::save_only>() == spelling::none && !leat::has_codec<there::save_only>);

TEST_CASE("access: every spelling of serialize is found and used") {
  survives(there::by_leat(4));
  survives(there::by_boost(5));
  survives(there::in_two(3, 10));
  survives(there::by_direction{-77});
  survives(there::by_lookup{6});
  survives(there::foreign{"text"});
  survives(there::box<std::string>{"inside"});
  survives(there::box<there::box<there::by_boost>>{{there::by_boost(8)}});
  survives(std::vector<std::pair<there::by_leat, there::by_boost>>(3));
  CHECK(checks::encoded(there::in_two(3, 10)) == checks::bytes_of({3, 0, 0, 0, 7, 0, 0, 0}));
}

template <class T>
std::string described() {
  return leat::detail::record_text::of(&leat::detail::describe_record<T>);
}

TEST_CASE("access: every spelling of serialize can be described") {
  CHECK(described<std::vector<there::by_leat>>() == "V({i4})");
  CHECK(described<there::by_boost>() == "{i4}");
  CHECK(described<there::in_two>() == "{i4 i4}");
  CHECK(described<std::vector<there::by_lookup>>() == "V({i4})");
  CHECK(described<there::foreign>() == "{S(c1)}");
  CHECK(described<there::box<there::box<there::foreign>>>() == "{{{S(c1)}}}");
}

#if defined(BOOST_IS_HERE)

class split_by_macro {
 public:
  split_by_macro() = default;
  explicit split_by_macro(int x) : x_(x) {}
  bool operator==(split_by_macro const&) const = default;

 private:
  friend class boost::serialization::access;
  template <class A>
  void save(A& a, unsigned const) const {
    a << x_ << std::string{"saved"};
  }
  template <class A>
  void load(A& a, unsigned const) {
    std::string text;
    a >> x_ >> text;
  }
  BOOST_SERIALIZATION_SPLIT_MEMBER()
  int x_ = 0;
};

struct base {
  int x = 0;
  template <class A>
  void serialize(A& a, unsigned) {
    a & x;
  }
  bool operator==(base const&) const = default;
};
struct derived : base {
  derived() = default;
  derived(int of_base, std::vector<int> list) : base{of_base}, named(std::move(list)) {}
  std::vector<int> named;
  int three[3] = {1, 2, 3};
  template <class A>
  void serialize(A& a, unsigned) {
    a& boost::serialization::base_object<base>(*this);
    a& boost::serialization::make_nvp("named", named);
    a& boost::serialization::make_array(three, 3);
  }
  bool operator==(derived const&) const = default;
};

TEST_CASE("access: Boost's helpers work on leat's archives, and its headers change no standard type") {
  survives(split_by_macro(3));
  survives(derived(9, {1, 2}));
  survives(std::map<std::string, std::vector<int>>{{"a", {1}}});
  CHECK(checks::encoded(std::vector<std::uint8_t>{7}) == checks::bytes_of({1, 0, 0, 0, 7}));
  CHECK(checks::encoded(boost::serialization::collection_size_type(5)) == checks::bytes_of({5, 0, 0, 0}));
}

TEST_CASE("access: Boost's helpers are described") {
  CHECK(described<split_by_macro>() == "{i4 S(c1)}");
  CHECK(described<derived>() == "{{i4} {V(i4)} {{i4} {i4} {i4}}}");
}

#endif

}  // namespace
