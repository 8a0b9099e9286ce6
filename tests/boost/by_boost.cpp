// SPDX-License-Identifier: BSL-1.0
#include <leat/route/codec/boost.hpp>

#include <doctest/doctest.h>

#include <leat/route/codec/codec.hpp>
#include <leat/route/codec/record_text.hpp>

#include <boost/serialization/base_object.hpp>
#include <boost/serialization/export.hpp>
#include <boost/serialization/shared_ptr.hpp>
#include <boost/serialization/string.hpp>
#include <boost/serialization/vector.hpp>
#include <boost/version.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace figures {

struct figure {
  virtual ~figure() = default;
  virtual double area() const = 0;
  template <class A>
  void serialize(A&, unsigned) {}
};
struct square : figure {
  double side = 0;
  square() = default;
  explicit square(double length) : side(length) {}
  double area() const override { return side * side; }
  template <class A>
  void serialize(A& a, unsigned) {
    a& boost::serialization::base_object<figure>(*this);
    a & side;
  }
};
struct strip : figure {
  double length = 0;
  std::string label;
  strip() = default;
  strip(double of, std::string text) : length(of), label(std::move(text)) {}
  double area() const override { return length; }
  template <class A>
  void serialize(A& a, unsigned) {
    a& boost::serialization::base_object<figure>(*this);
    a & length & label;
  }
};

/// Pointers to a base class, some of them to the same figure.
struct drawing {
  std::vector<std::shared_ptr<figure>> figures;
  template <class A>
  void serialize(A& a, unsigned) {
    a & figures;
  }
};

}  // namespace figures

BOOST_CLASS_EXPORT(figures::square)
BOOST_CLASS_EXPORT(figures::strip)
template <>
inline constexpr bool leat::by_boost<figures::drawing> = true;

/// Boost forgets what it had allocated for a pointer when it refuses the rest: the leak sanitizer is told so.
extern "C" char const* __lsan_default_suppressions() { return "leak:boost::archive::detail::heap_allocation"; }

namespace {

using figures::drawing;

static_assert(leat::has_codec<drawing> && leat::has_codec<std::map<int, drawing>> && !leat::flat<drawing>);

drawing some_drawing() {
  auto const twice = std::make_shared<figures::square>(3);
  return {{twice, std::make_shared<figures::strip>(5, "five"), twice}};
}

leat::byte_buffer encoded(drawing const& value) {
  leat::byte_buffer bytes;
  leat::encode(value, bytes);
  return bytes;
}

TEST_CASE("by_boost: polymorphic and shared pointers arrive as what they were") {
  leat::byte_buffer const bytes = encoded(some_drawing());
  drawing const read = leat::decode<drawing>(bytes);
  REQUIRE(read.figures.size() == 3);
  CHECK(read.figures[0]->area() == 9);
  CHECK(read.figures[0] == read.figures[2]);
  CHECK(dynamic_cast<figures::strip const&>(*read.figures[1]).label == "five");
}

TEST_CASE("by_boost: such a value lies among others, and in batches") {
  std::vector<std::pair<std::string, drawing>> const records{{"a", some_drawing()}, {"b", {}}, {"c", some_drawing()}};
  leat::byte_buffer bytes;
  leat::encode_batch(records.data(), records.size(), bytes);
  std::vector<std::string> read;
  leat::decode_batch<std::pair<std::string, drawing>>(bytes, [&](std::pair<std::string, drawing>&& record) {
    read.push_back(record.first + std::to_string(record.second.figures.size()));
  });
  CHECK(read == std::vector<std::string>{"a3", "b0", "c3"});
}

TEST_CASE("by_boost: bytes that are cut short are refused, wherever it was") {
  leat::byte_buffer const bytes = encoded(some_drawing());
  for (std::size_t count = 0; count != bytes.size(); ++count)
    CHECK_THROWS_AS(leat::decode<drawing>(bytes.bytes().first(count)), leat::codec_error);

  // The count agrees with the bytes, but Boost finds too few of them, or too many.
  for (std::size_t count = 0; count < bytes.size() - 4 + 3; ++count) {
    if (count == bytes.size() - 4) continue;
    leat::byte_buffer changed;
    auto const claimed = static_cast<std::uint32_t>(count);
    changed.append(&claimed, sizeof claimed);
    changed.append(bytes.data() + 4, std::min(count, bytes.size() - 4));
    while (changed.size() < count + 4) changed.append("", 1);
    CHECK_THROWS_AS(leat::decode<drawing>(changed), leat::codec_error);
  }
}

TEST_CASE("by_boost: what Boost refuses is told in the codec's words") {
  leat::byte_buffer bytes;
  std::uint32_t const zero = 0;
  bytes.append(&zero, sizeof zero);
  try {
    leat::decode<drawing>(bytes);
    FAIL("it was taken");
  } catch (leat::codec_error const& error) {
    CHECK(
        std::string(error.what()) ==
        "leat: cannot decode: Boost.Serialization says: input stream error. The bytes are damaged, or were written by "
        "another program or for another type");
  }
}

TEST_CASE("by_boost: processes compare that it is Boost, and which") {
  using record = std::pair<int, drawing>;
  CHECK(leat::detail::record_text::of(&leat::detail::describe_record<record>) ==
        "T(i4 B" + std::to_string(BOOST_VERSION) + "())");
}

}  // namespace
