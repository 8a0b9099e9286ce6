// SPDX-License-Identifier: BSL-1.0
#include <doctest/doctest.h>

#include <leat/op/branch.hpp>
#include <leat/op/filter.hpp>
#include <leat/op/flat_map.hpp>
#include <leat/op/map.hpp>

#include "op/flows.hpp"

#include <array>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace {

std::vector<std::string_view> views_of_words(std::string_view line) {
  std::vector<std::string_view> words;
  while (!line.empty()) {
    std::size_t const end = std::min(line.find(' '), line.size());
    words.push_back(line.substr(0, end));
    line.remove_prefix(std::min(end + 1, line.size()));
  }
  return words;
}

std::vector<std::string> words_of(std::string const& line) {
  std::vector<std::string> words;
  for (std::string_view word : views_of_words(line)) words.emplace_back(word);
  return words;
}

std::string const long_word(50, 'w');
std::vector<std::string> const lines{"split this", "and this", "", long_word + " " + long_word};
std::vector<std::string> const words{"split", "this", "and", "this", long_word, long_word};

auto const check_words = [](std::vector<std::string> const& got, bool several) {
  CHECK(got == (several ? flows::sorted(words) : words));
};

static_assert(!leat::detail::range_of_elements<int>);
static_assert(!leat::detail::range_of_elements<std::unique_ptr<int>>);
static_assert(leat::detail::range_of_elements<std::array<int, 2>>);
static_assert(!leat::detail::gives_its_elements<std::span<std::string>>);
static_assert(!leat::detail::gives_its_elements<std::vector<std::string>&>);
static_assert(!leat::detail::gives_its_elements<std::vector<std::string> const>);
static_assert(leat::detail::gives_its_elements<std::vector<std::string>>);
static_assert(std::is_same_v<leat::detail::element_of_range<std::vector<bool>>, bool>);

}  // namespace

TEST_CASE("flat_map: a range of new records") {
  flows::however_run<std::string, std::string>(
      lines, [](auto& s) { return s | leat::flat_map(words_of); }, check_words);
}

TEST_CASE("flat_map: a range of views gives strings") {
  flows::however_run<std::string, std::string>(
      lines, [](auto& s) { return s | leat::flat_map("split", views_of_words); }, check_words);
}

TEST_CASE("flat_map: f emits") {
  flows::however_run<std::string, std::string>(
      lines,
      [](auto& s) {
        return s | leat::flat_map<std::string>([](std::string_view line, auto emit) {
                 for (std::string_view word : views_of_words(line)) emit(word);
               });
      },
      check_words);
  flows::however_run<std::string, std::string>(
      lines,
      [](auto& s) {
        return s | leat::flat_map<std::string>("owned", [](std::string const& line, auto& emit) {
                 for (std::string& word : words_of(line)) emit(std::move(word));
               });
      },
      check_words);
}

TEST_CASE("flat_map: a step that takes a view gets it as it is, one that wants a string gets a string") {
  auto pipe = [](auto& s) {
    return s | leat::flat_map(views_of_words) | leat::filter([](std::string_view word) { return word != "and"; }) |
           leat::map([](std::string const& word) { return word + "?"; }) |
           leat::map([](auto word) { return word.c_str() + std::string("!"); });
  };
  flows::however_run<std::string, std::string>(lines, pipe, [](std::vector<std::string> const& got, bool several) {
    std::vector<std::string> const wanted{"split?!", "this?!", "this?!", long_word + "?!", long_word + "?!"};
    CHECK(got == (several ? flows::sorted(wanted) : wanted));
  });
}

TEST_CASE("flat_map: what is emitted becomes the record that was asked for") {
  auto const got = flows::through<long, int>({3}, [](auto s) {
    return s | leat::flat_map<long>([](int n, auto emit) {
             for (int i = 0; i != n; ++i) emit(i);
             long const kept = 10;
             emit(kept);
           });
  });
  CHECK(got == std::vector<long>{0, 1, 2, 10});
  auto const texts = flows::through<std::string, int>({3}, [](auto s) {
    return s | leat::flat_map<std::string>([](int, auto emit) {
             emit("literal");
             std::string text = "text";
             emit(text);
             emit(text);
           });
  });
  CHECK(texts == std::vector<std::string>{"literal", "text", "text"});
}

TEST_CASE("flat_map: elements are moved out of a container that is given away, not out of a span") {
  static std::vector<std::string> table{"a long enough text not to be kept in the string itself"};
  for (int round = 0; round != 2; ++round) {
    auto const got = flows::through<std::string, int>(
        {1, 2}, [](auto s) { return s | leat::flat_map([](int) { return std::span<std::string>(table); }); });
    CHECK(got == std::vector<std::string>{table[0], table[0]});
    CHECK(!table[0].empty());
  }
  auto const moved = flows::through<int, int>({7}, [](auto s) {
    return s | leat::flat_map([](int x) {
             std::vector<std::unique_ptr<int>> pointers;
             pointers.push_back(std::make_unique<int>(x));
             return pointers;
           }) |
           leat::map([](std::unique_ptr<int> p) { return *p; });
  });
  CHECK(moved == std::vector<int>{7});
}

TEST_CASE("flat_map: the range may show what is in the record") {
  using row = std::vector<int>;
  flows::however_run<int, row>(
      {row{1, 2}, row{}, row{3}},
      [](auto& s) { return s | leat::flat_map([](row const& r) -> row const& { return r; }); },
      [](std::vector<int> const& got, bool) { CHECK(got == std::vector<int>{1, 2, 3}); });
  auto const flags = flows::through<bool, int>(
      {1}, [](auto s) { return s | leat::flat_map([](int) { return std::vector<bool>{true, false}; }); });
  CHECK(flags == std::vector<bool>{true, false});
}

TEST_CASE("flat_map: more records than a batch holds, in a run with others") {
  auto const got = flows::through<int, int>({10000}, [](auto s) {
    return s | leat::flat_map<int>([](int n, auto emit) {
             for (int i = 0; i != n; ++i) emit(i);
           }) |
           leat::filter([](int x) { return x % 3 == 0; }) | leat::map([](int x) { return x / 3; });
  });
  REQUIRE(got.size() == 3334);
  for (int i = 0; i != 3334; ++i) REQUIRE(got[static_cast<std::size_t>(i)] == i);
}

TEST_CASE("flat_map: an error of a later step is that step's") {
  leat::flow flow{"test"};
  std::vector<int> got;
  flow.input("in", flows::dealt<int>({1})) | leat::flat_map("many", [](int x) { return std::vector<int>{x, x}; }) |
      leat::map("later", [](int) -> int { throw std::runtime_error("no"); }) |
      leat::output("out", leat::to::collect(got));
  try {
    leat::run(flow);
    FAIL("it should have thrown");
  } catch (leat::run_error const& e) {
    CHECK(e.step == "test.later");
  }
}

TEST_CASE("flat_map: nothing goes on after a batch that a later step failed of, though the function catches that") {
  leat::options options;
  options.batch_size = 1;
  for (bool const branches : {false, true}) {
    CAPTURE(branches);
    leat::flow flow{"test"};
    std::vector<int> got;
    auto emitted = flow.input("in", flows::dealt<int>({5})) | leat::flat_map<int>("careless", [](int count, auto& out) {
                     for (int i = 1; i <= count; ++i) try {
                         out(i);
                       } catch (...) {
                       }
                   });
    leat::stream s = branches ? (std::move(emitted) | leat::branch([](int) { return true; })).trues
                              : leat::stream(std::move(emitted));
    s | leat::map("later", [](int x) { return x == 2 ? throw std::runtime_error("two") : x; }) |
        leat::output("out", leat::to::collect(got));
    CHECK_THROWS_WITH_AS(leat::run(flow, options), doctest::Contains("two"), leat::run_error);
    CHECK(got == std::vector{1});
  }
}
