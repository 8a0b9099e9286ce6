// SPDX-License-Identifier: BSL-1.0
#include <leat/route/codec/boost_text.hpp>

#include <doctest/doctest.h>

#include <boost/serialization/nvp.hpp>
#include <boost/serialization/shared_ptr.hpp>

#include <array>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

namespace {

enum class side : std::uint8_t { buy, sell };

struct trade {
  std::string symbol;
  double price = 0;
  side direction = side::buy;
  bool operator==(trade const&) const = default;
  template <class A>
  void serialize(A& a, unsigned) {
    a& BOOST_SERIALIZATION_NVP(symbol) & BOOST_SERIALIZATION_NVP(price);
    a & direction;
  }
};

class book {
 public:
  book() = default;
  explicit book(std::vector<trade> trades) : trades_(std::move(trades)) {}
  bool operator==(book const&) const = default;

 private:
  friend class leat::access;
  template <class A>
  void save(A& a, unsigned) const {
    a & trades_;
  }
  template <class A>
  void load(A& a, unsigned) {
    a & trades_;
  }
  std::vector<trade> trades_;
};

struct price {
  double amount = 0;
  template <class A>
  void serialize(A& a, unsigned) {
    a& BOOST_SERIALIZATION_NVP(amount);
  }
};
struct shared {
  std::shared_ptr<price> first;
  std::shared_ptr<price> second;
  template <class A>
  void serialize(A& a, unsigned) {
    a& BOOST_SERIALIZATION_NVP(first) & BOOST_SERIALIZATION_NVP(second);
  }
};

}  // namespace
template <>
inline constexpr bool leat::by_boost<shared> = true;
namespace {

template <class T>
void comes_back(T const& value) {
  CHECK(leat::from_text_archive<T>(leat::to_text_archive(value)) == value);
  CHECK(leat::from_xml_archive<T>(leat::to_xml_archive(value)) == value);
}

TEST_CASE("text and XML: every kind of type comes back") {
  comes_back(17);
  comes_back(std::numeric_limits<std::uint64_t>::max());
  comes_back(std::numeric_limits<std::int64_t>::min());
  comes_back(std::tuple('c', std::int8_t{-1}, std::byte{200}, true, side::sell, u'x'));
  comes_back(std::tuple(0.1, -1e-300, std::numeric_limits<double>::infinity(), 1.5f));
  comes_back(std::string("a <tag> & \"more\"\nin two lines"));
  comes_back(std::string());
  comes_back(std::string("\0\x01\xff\r ", 5));
  comes_back(std::u16string(u"sixteen"));
  comes_back(std::u8string(u8"eight"));
  comes_back(std::vector<bool>{true, false});
  comes_back(std::vector<int>{});
  comes_back(std::map<std::string, std::set<int>>{{"a", {1, 2}}, {"b", {}}});
  comes_back(std::array<std::pair<int, std::string>, 2>{{{1, "one"}, {2, "two"}}});
  comes_back(std::pair(std::optional<int>(), std::optional<int>(3)));
  comes_back(std::vector<std::variant<std::monostate, int, trade>>{{}, 1, trade{"x", 2, side::sell}});
  comes_back(std::chrono::milliseconds(12));
  comes_back(std::chrono::sys_time<std::chrono::seconds>(std::chrono::seconds(1)));
  comes_back(book({{"ABC", 1.25, side::buy}, {"DEF", 2, side::sell}}));
  CHECK(std::isnan(leat::from_xml_archive<double>(leat::to_xml_archive(std::nan("")))));
}

TEST_CASE("text and XML: a person can read them") {
  trade const record{"ABC", 1.25, side::sell};
  CHECK(leat::to_text_archive(record).find("3 ABC 4 1.25 1") != std::string::npos);
  std::string const xml = leat::to_xml_archive(record);
  for (char const* part : {"<symbol>ABC</symbol>", "<price>1.25</price>", "<value>1</value>"})
    CHECK(xml.find(part) != std::string::npos);
}

TEST_CASE("text and XML: what Boost writes itself stays Boost's") {
  auto const same = std::make_shared<price>(price{3});
  for (shared const& read : {leat::from_text_archive<shared>(leat::to_text_archive(shared{same, same})),
                             leat::from_xml_archive<shared>(leat::to_xml_archive(shared{same, same}))}) {
    CHECK(read.first->amount == 3);
    CHECK(read.first == read.second);
  }
}

TEST_CASE("text and XML: what is none is refused") {
  CHECK_THROWS_AS(leat::from_text_archive<int>("nonsense"), leat::codec_error);
  CHECK_THROWS_AS(leat::from_xml_archive<int>("nonsense"), leat::codec_error);
  std::string const text = leat::to_text_archive(std::vector<std::int64_t>{1, 2, 3});
  for (std::size_t i = 0; i + 1 < text.size(); ++i)
    CHECK_THROWS_AS(leat::from_text_archive<std::vector<std::int64_t>>(text.substr(0, i)), leat::codec_error);
  std::string const xml = leat::to_xml_archive(trade{"ABC", 1.25, side::sell});
  std::string wrong = xml;
  wrong.replace(wrong.find("1.25"), 4, "much");
  CHECK_THROWS_WITH_AS(leat::from_xml_archive<trade>(wrong), doctest::Contains("\"much\" is no number"),
                       leat::codec_error);
  CHECK_THROWS_WITH_AS(leat::from_text_archive<std::int8_t>(leat::to_text_archive(1000)),
                       doctest::Contains("the number 1000 is too large"), leat::codec_error);
  CHECK_THROWS_AS(leat::from_text_archive<std::vector<int>>(leat::to_text_archive(std::size_t{1} << 60)),
                  leat::codec_error);
}

}  // namespace
