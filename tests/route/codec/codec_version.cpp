// SPDX-License-Identifier: BSL-1.0
#include <leat/route/codec/codec.hpp>
#include <leat/route/codec/record_text.hpp>

#include <doctest/doctest.h>

#if __has_include(<boost/serialization/version.hpp>)
#include <boost/serialization/version.hpp>
#define LEAT_TEST_HAS_BOOST
#endif

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

/// The number of a type: `serialize` is given it, and two processes compare it; records have the same bytes.
namespace numbered {

template <unsigned Version>
struct plain {
  std::int32_t x = 0;
  unsigned given = 99;  ///< not written
  template <class A>
  void serialize(A& a, unsigned version) {
    a & x;
    given = version;
  }
};
/// As it lies in memory.
struct flat {
  std::int32_t x = 0;
  std::int32_t y = 0;
  template <class A>
  void serialize(A& a, unsigned version) {
    a & x;
    if (version >= 1) a & y;
  }
  bool operator==(flat const&) const = default;
};
struct of_boost {
  std::string text;
  template <class A>
  void serialize(A& a, unsigned) {
    a & text;
  }
};

}  // namespace numbered

template <>
inline constexpr unsigned leat::codec_version<numbered::plain<7>> = 7;
template <>
inline constexpr unsigned leat::codec_version<numbered::flat> = 1;
#ifdef LEAT_TEST_HAS_BOOST
BOOST_CLASS_VERSION(numbered::of_boost, 4)
#endif

namespace {

template <class T>
std::string described() {
  return leat::detail::record_text::of(&leat::detail::describe_record<T>);
}
template <class T>
std::vector<std::byte> encoded(T const& value) {
  leat::byte_buffer bytes;
  leat::encode(value, bytes);
  return {bytes.bytes().begin(), bytes.bytes().end()};
}

}  // namespace

TEST_CASE("codec_version: a record has the same bytes, and its serialize the number of now") {
  static_assert(leat::codec_version<numbered::plain<0>> == 0);
  CHECK(encoded(numbered::plain<7>{5}) == encoded(numbered::plain<0>{5}));
  auto const bytes = encoded(numbered::plain<7>{5});
  CHECK(leat::decode<numbered::plain<7>>(bytes).given == 7);
  CHECK(leat::decode<numbered::plain<0>>(bytes).given == 0);
}

TEST_CASE("codec_version: flat records travel as they lie in memory") {
  static_assert(leat::flat<numbered::flat>);
  std::array<numbered::flat, 2> const records{{{1, 2}, {3, 4}}};
  leat::byte_buffer bytes;
  leat::encode_batch(records.data(), records.size(), bytes);
  CHECK(bytes.size() == sizeof records);
  std::vector<numbered::flat> back;
  leat::decode_batch<numbered::flat>(bytes, [&](numbered::flat each) { back.push_back(each); });
  CHECK(std::equal(back.begin(), back.end(), records.begin(), records.end()));
}

TEST_CASE("codec_version: processes compare it") {
  CHECK(described<numbered::plain<0>>() == "{i4} in memory {i4 u4}");
  CHECK(described<std::pair<std::string, numbered::plain<7>>>() == "T(S(c1) {7: i4})");
  CHECK(described<numbered::flat>() == "{1: i4 i4} in memory {1: i4 i4}");
}

#ifdef LEAT_TEST_HAS_BOOST
TEST_CASE("codec_version: BOOST_CLASS_VERSION says the same") {
  static_assert(leat::codec_version<numbered::of_boost> == 4);
  CHECK(described<numbered::of_boost>() == "{4: S(c1)}");
}
#endif
