// SPDX-License-Identifier: BSL-1.0
#include <leat/route/codec/more_standard_types.hpp>

#include <leat/route/codec/codec.hpp>
#include <leat/route/codec/describing_archive.hpp>
#include <leat/route/codec/record_text.hpp>

#include "checks.hpp"

#include <doctest/doctest.h>

#include <bitset>
#include <chrono>
#include <complex>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <queue>
#include <stack>
#include <string>
#include <utility>
#include <vector>

namespace {

using checks::bytes_of;
using checks::encoded;
using checks::survives_in_batches;
using std::chrono::day;
using std::chrono::month;
using std::chrono::year;
using std::chrono::year_month_day;

struct measurement {
  std::complex<double> value;
  std::bitset<12> flags;
  std::filesystem::path from;
  year_month_day date;
  std::queue<int> next;
  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive & value & flags & from & date & next;
  }
  bool operator==(measurement const&) const = default;
};

struct by_remainder {
  int of;
  bool operator()(int a, int b) const { return a % of < b % of; }
};

template <class Queue>
auto drained(Queue queue) {
  std::vector<typename Queue::value_type> values;
  for (; !queue.empty(); queue.pop()) values.push_back(queue.top());
  return values;
}

}  // namespace

TEST_CASE("complex numbers, bits, paths, dates, adaptors of containers come back as they were") {
  survives_in_batches(std::complex<double>(1.5, -2));
  survives_in_batches(std::complex<float>(0, 1));
  survives_in_batches(std::bitset<1>("1"));
  survives_in_batches(std::bitset<8>("10110001"));
  survives_in_batches(std::bitset<70>((std::uint64_t{1} << 63) | 5));
  CHECK(leat::decode<std::bitset<0>>(encoded(std::bitset<0>())) == std::bitset<0>());
  survives_in_batches(std::filesystem::path("/a/b.csv"));
  survives_in_batches(std::filesystem::path());
  survives_in_batches(year_month_day(year(-32767), month(2), day(31)));
  survives_in_batches(year_month_day(year(2024), month(2), day(29)));
  survives_in_batches(std::queue<std::string>({"a", "b", ""}));
  survives_in_batches(std::stack<int, std::vector<int>>({3, 1, 2}));
  survives_in_batches(
      std::map<int, std::queue<std::complex<double>>>{{1, {}}, {2, std::queue<std::complex<double>>({1, 2})}});
  survives_in_batches(measurement{{1, 2}, 5, "x", year(2024) / 2 / 29, std::queue<int>({1, 2})});
}

TEST_CASE("a priority queue comes back with its order, which nobody can spoil") {
  using smallest_first =
      std::priority_queue<std::pair<int, std::string>, std::vector<std::pair<int, std::string>>, std::greater<>>;
  smallest_first queue;
  for (int i = 0; i != 50; ++i) queue.emplace(i * 17 % 23, std::to_string(i));
  CHECK(drained(leat::decode<smallest_first>(encoded(queue))) == drained(queue));
  CHECK(leat::decode<std::priority_queue<int>>(encoded(std::priority_queue<int>())).empty());

  auto const spoilt = encoded(std::vector<int>{1, 2, 3});
  CHECK(checks::contains(checks::refusal<std::priority_queue<int>>(spoilt), "not in its order"));
  static_assert(!leat::has_codec<std::priority_queue<int, std::vector<int>, by_remainder>>);
  static_assert(!leat::has_codec<std::queue<int*>>);
  static_assert(!leat::has_codec<std::complex<long double>>);
}

TEST_CASE("bits that a bitset does not have are refused, claimed sizes are not believed") {
  CHECK(leat::decode<std::bitset<4>>(bytes_of({0x0f})) == std::bitset<4>("1111"));
  CHECK(checks::contains(checks::refusal<std::bitset<4>>(bytes_of({0x1f})), "more bits than its type"));
  CHECK(checks::contains(checks::refusal<std::queue<std::string>>(bytes_of({0xff, 0xff, 0xff, 0x7f})), "does not fit"));
}

TEST_CASE("what processes compare tells these types apart") {
  auto const text = [](auto* of) {
    return leat::detail::record_text::of(&leat::detail::describe_record<std::remove_pointer_t<decltype(of)>>);
  };
  CHECK(text(static_cast<std::complex<double>*>(nullptr)) == "Z(f8 f8)");
  CHECK(text(static_cast<std::bitset<12>*>(nullptr)) == "B12(A2(u1))");
  CHECK(text(static_cast<std::filesystem::path*>(nullptr)) == "P(S(c1))");
  CHECK(text(static_cast<year_month_day*>(nullptr)) == "C(i2 u1 u1)");
  CHECK(text(static_cast<std::queue<int>*>(nullptr)) == "Q(V(i4))");
}
