// SPDX-License-Identifier: BSL-1.0
#include <leat/route/codec/codec.hpp>
#include <leat/route/codec/kept_text.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

/// Which number each type had is found in the text that tells what was kept.
namespace {

struct one_number {
  std::int32_t x = 0;
  template <class A>
  void serialize(A& a, unsigned) {
    a & x;
  }
};
struct two_numbers {
  std::int32_t x = 0;
  std::int32_t y = 0;
  template <class A>
  void serialize(A& a, unsigned version) {
    a & x;
    if (version >= 1) a & y;
  }
};

}  // namespace

template <>
inline constexpr unsigned leat::codec_version<one_number> = 7;
template <>
inline constexpr unsigned leat::codec_version<two_numbers> = 1;

TEST_CASE("versions: the numbers of then are found in the text of then") {
  using row = std::pair<two_numbers, std::vector<one_number>>;
  auto const describe = &leat::detail::describe_kept<row>;
  leat::detail::kept_text now("T({1: i4 i4} V({7: i4}))", describe);
  CHECK(now.readable());
  leat::detail::kept_text then("T({i4} V({3: i4}))", describe);
  CHECK(then.readable());
  CHECK(then.versions().of(leat::detail::codec_identity<two_numbers>()) == 0);
  CHECK(then.versions().of(leat::detail::codec_identity<one_number>()) == 3);
  CHECK_THROWS_AS(then.versions().of(leat::detail::codec_identity<int>()), leat::codec_error);
  for (std::string const other :
       {"", "T(", "T({i4 i4} V({3: i4}))", "T({i4} V({3: i4})) ", "T({i4} V({3: i4}", "{1:"}) {
    leat::detail::kept_text of_other(other, describe);
    CHECK(!of_other.readable());
    CHECK(!of_other.newer());
  }
  for (std::string const newer : {"T({2: i4 i4} V({7: i4}))", "T({1: i4 i4} V({8:", "T({4294967295: what"}) {
    leat::detail::kept_text of_newer(newer, describe);
    CHECK(!of_newer.readable());
    CHECK(of_newer.newer());
  }
  // A number that no type can have.
  CHECK(!leat::detail::kept_text("T({99999999999: i4} V({7: i4}))", describe).readable());
}
