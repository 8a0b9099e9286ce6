// SPDX-License-Identifier: BSL-1.0
#include <leat/route/codec/flat.hpp>

#include "checks.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace {

using leat::flat;

struct two {
  std::uint64_t a = 0;
  std::uint64_t b = 0;
  template <class A>
  void serialize(A& archive, unsigned) {
    archive & a & b;
  }
  bool operator==(two const&) const = default;
};
struct mixed {
  double price = 0;
  std::int32_t size = 0;
  float part = 0;
  template <class A>
  void serialize(A& archive, unsigned) {
    archive & price & size & part;
  }
  bool operator==(mixed const&) const = default;
};
struct nested {
  two inner;
  std::array<std::uint16_t, 4> list{};
  std::chrono::sys_time<std::chrono::nanoseconds> time{};
  std::pair<std::uint32_t, float> pair{};
  char name[8] = {};
  template <class A>
  void serialize(A& archive, unsigned) {
    archive & inner & list & time & pair & name;
  }
  bool operator==(nested const&) const = default;
};
struct padded {
  std::uint64_t a = 0;
  std::uint32_t b = 0;
  template <class A>
  void serialize(A& archive, unsigned) {
    archive & a & b;
  }
  bool operator==(padded const&) const = default;
};
struct gap {
  std::uint32_t a;
  std::uint64_t b;
};
struct with_pointer {
  std::uint64_t a;
  char const* b;
};
struct pointer_first {
  char const* b;
  std::uint64_t a;
};
struct with_bool {
  bool a;
  std::uint8_t b;
};
struct with_padded {
  padded inner;
};
union either {
  std::uint64_t number;
  char const* text;
};
struct with_union {
  either held;
};
struct no_fields {};
class closed {
 public:
  bool operator==(closed const&) const = default;

 private:
  friend class leat::access;
  template <class A>
  void serialize(A& archive, unsigned) {
    archive & number_;
  }
  std::uint64_t number_ = 5;
};
class promised : public closed {};
/// All its fields travel in a batch; what stands in its serialize does for a value alone.
struct leaves_one_out {
  std::uint32_t kept = 0;
  std::uint32_t cached = 0;
  template <class A>
  void serialize(A& archive, unsigned) {
    archive & kept;
  }
  bool operator==(leaves_one_out const&) const = default;
};
struct exactly_32 {
  std::uint8_t content[32];
};
struct with_33 {
  std::uint8_t content[33];
};

}  // namespace

template <>
inline constexpr bool leat::flat<promised> = true;

namespace {

static_assert(flat<int> && flat<int const> && flat<char> && flat<std::byte> && flat<double> && flat<float>);
static_assert(flat<std::chrono::seconds> && flat<std::chrono::steady_clock::time_point>);
static_assert(flat<std::pair<std::uint64_t, double>> && flat<std::pair<two, mixed>>);
static_assert(flat<std::array<two, 3>> && flat<int[3]> && flat<std::array<std::pair<int, int>, 2>>);
static_assert(flat<two> && flat<mixed> && flat<nested> && flat<exactly_32> && flat<leaves_one_out>);
static_assert(flat<promised>);

static_assert(!flat<bool> && !flat<std::pair<bool, char>> && !flat<with_bool> && !flat<bool const>);
static_assert(!flat<long double> && !flat<int*> && !flat<std::nullptr_t>);
static_assert(!flat<padded> && !flat<gap> && !flat<with_padded> && !flat<std::array<padded, 2>>);
static_assert(!flat<std::pair<std::uint64_t, std::uint32_t>> && !flat<std::pair<std::uint8_t, std::uint16_t>>);
static_assert(!flat<with_pointer> && !flat<pointer_first> && !flat<either> && !flat<with_union>);
static_assert(!flat<std::tuple<int, int>> && !flat<std::optional<int>> && !flat<std::string> &&
              !flat<std::vector<int>>);
static_assert(!flat<std::pair<int, std::string>> && !flat<std::array<int, 0>>);
static_assert(!flat<no_fields> && !flat<closed> && !flat<with_33>);

static_assert(leat::detail::encoded_as_is<std::pair<std::uint32_t, std::uint32_t>>);
static_assert(!leat::detail::encoded_as_is<two> && !leat::detail::encoded_as_is<std::pair<two, two>>);

template <class T>
std::size_t bytes_in_batch(std::vector<T> const& records) {
  leat::byte_buffer bytes;
  leat::encode_batch(records.data(), records.size(), bytes);
  return bytes.size();
}

TEST_CASE("flat: batches of flat records are their memory, and come back") {
  checks::survives_in_batches(two{1, 2});
  checks::survives_in_batches(mixed{1.5, -2, 2.5f});
  checks::survives_in_batches(nested{{1, 2}, {3, 4, 5, 6}, {}, {7, 8.f}, "name"});
  checks::survives_in_batches(std::pair<std::uint64_t, double>{1, 2.5});
  checks::survives_in_batches(std::array<two, 2>{two{1, 2}, two{3, 4}});
  CHECK(bytes_in_batch(std::vector<nested>(3)) == 3 * sizeof(nested));
  CHECK(bytes_in_batch(std::vector<leaves_one_out>(3)) == 3 * 8);
  CHECK(checks::encoded(leaves_one_out{1, 2}) == checks::bytes_of({1, 0, 0, 0}));
}

TEST_CASE("flat: records with padding are written field by field") {
  checks::survives_in_batches(padded{1, 2});
  checks::survives_in_batches(closed{});
  CHECK(bytes_in_batch(std::vector<padded>(3)) == 3 * 12);
}

}  // namespace
