// SPDX-License-Identifier: BSL-1.0
#include <leat/route/codec/record_text.hpp>

#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

namespace {

template <class T>
std::string described() {
  return leat::detail::record_text::of(&leat::detail::describe_record<T>);
}

enum class colour : std::int16_t { red = 1 };

struct named {
  std::string name;
  std::int32_t count = 0;
  template <class A>
  void serialize(A& a, unsigned) {
    a & name & count;
  }
};

struct tree {
  int value = 0;
  std::vector<tree> children;
  template <class A>
  void serialize(A& a, unsigned) {
    a & value & children;
  }
};

struct linked {
  struct inner {
    std::unique_ptr<linked> next;
    template <class A>
    void serialize(A& a, unsigned) {
      bool more = next != nullptr;
      a & more;
      if (!more) return;
      if (!next) next = std::make_unique<linked>();
      a&* next;
    }
  };
  inner rest;
  template <class A>
  void serialize(A& a, unsigned) {
    a & rest;
  }
};

struct by_hand {
  std::vector<named> elements;
  template <class A>
  void serialize(A& a, unsigned) {
    std::uint32_t count = static_cast<std::uint32_t>(elements.size());
    a & count;
    elements.resize(count);
    for (named& element : elements) a & element;
  }
};

struct until_it_is_told {
  template <class A>
  void serialize(A& a, unsigned) {
    for (bool more = true; more;) a & more;
  }
};

struct particular {
  int x = 0;
  template <class A>
  void serialize(A& a, unsigned) {
    a & x;
    if (x == 1) throw std::runtime_error("not with me");
  }
};

/// In memory another order than in `serialize`, which leaves out a field.
struct crosswise {
  std::uint64_t first = 0;
  double second = 0;
  float third[2] = {};
  template <class A>
  void serialize(A& a, unsigned) {
    a & second & first;
  }
};

struct without_default {
  explicit without_default(int from) : x(from) {}
  int x;
  template <class A>
  void serialize(A& a, unsigned) {
    a & x;
  }
};

}  // namespace
template <>
inline constexpr bool leat::flat<without_default> = true;
namespace {

TEST_CASE("describing: numbers, by kind and bytes") {
  CHECK(described<std::int8_t>() == "i1");
  CHECK(described<std::tuple<bool, char, std::byte, colour, std::uint64_t, float, double>>() ==
        "T(z1 c1 u1 i2 u8 f4 f8)");
}

TEST_CASE("describing: the types of the standard library, through all their parts") {
  CHECK(described<std::string>() == "S(c1)");
  CHECK(described<std::vector<bool>>() == "V(z1)");
  CHECK(described<std::deque<std::u16string>>() == "V(S(u2))");
  CHECK(described<std::set<std::string>>() == "K(S(c1))");
  CHECK(described<std::map<std::string, std::vector<double>>>() == "M(T(S(c1) V(f8)))");
  CHECK(described<std::unordered_multimap<int, bool>>() == "M(T(i4 z1))");
  CHECK(described<std::array<std::string, 12>>() == "A12(S(c1))");
  CHECK(described<std::pair<int, std::optional<std::string>>>() == "T(i4 O(S(c1)))");
  CHECK(described<std::variant<std::monostate, int, named>>() == "X(N() i4 {S(c1) i4})");
  using std::chrono::milliseconds;
  using std::chrono::seconds;
  CHECK(described<std::vector<seconds>>() == "V(D1/1(i8))");
  CHECK(described<std::vector<std::chrono::sys_time<milliseconds>>>() == "V(I(D1/1000(i8)))");
}

TEST_CASE("describing: a type of the user's, by what its serialize does") {
  CHECK(described<named>() == "{S(c1) i4}");
  CHECK(described<std::map<int, named>>() == "M(T(i4 {S(c1) i4}))");
  CHECK(described<by_hand>() == "{u4 {S(c1) i4}}");
}

TEST_CASE("describing: a type inside itself") {
  CHECK(described<tree>() == "{i4 V(^1)}");
  CHECK(described<linked>() == "{{z1 ^2}}");
}

TEST_CASE("describing: flat records also as they lie in memory, for so they travel in batches") {
  CHECK(described<std::pair<int, float>>() == "T(i4 f4)");
  CHECK(described<crosswise>() == "{f8 u8} in memory {u8 f8 f4 f4}");
  CHECK(described<std::array<crosswise, 2>>() == "A2({f8 u8}) in memory A2({u8 f8 f4 f4})");
  CHECK(described<std::pair<std::string, crosswise>>() == "T(S(c1) {f8 u8})");
  CHECK(described<without_default>() == "?4 in memory ?4");
}

TEST_CASE("describing: what does not get on with made-up values ends the text") {
  CHECK(described<std::pair<int, particular>>() == "T(i4 {i4 ...");
  std::string const endless = described<until_it_is_told>();
  CHECK(endless.size() < 5000);
  CHECK(endless.substr(endless.size() - 7) == " z1 ...");
}

}  // namespace
