// SPDX-License-Identifier: BSL-1.0
#include <doctest/doctest.h>

#include <leat/op/map.hpp>

#include "op/flows.hpp"

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace {

/// Counts what is done with it.
struct watched {
  explicit watched(int v) : value(v) {}
  watched(watched const& other) : value(other.value), copies(other.copies + 1) {}
  watched(watched&& other) noexcept : value(other.value), copies(other.copies) {}

  int value;
  int copies = 0;
};

using reader = decltype([](std::string const& s) { return s.size(); });
using owner = decltype([](std::string&& s) -> std::string&& { return std::move(s); });
using size_of_any = decltype([](auto const& s) { return s.size(); });

static_assert(!leat::detail::takes<reader, int>);
static_assert(!leat::detail::takes_as_it_comes<owner, std::string, std::string const&>());
static_assert(!leat::detail::takes_as_it_comes<reader, std::string, std::string_view>());
static_assert(!leat::detail::takes_as_it_comes<size_of_any, std::string, std::string_view>());
static_assert(leat::detail::takes_as_it_comes<reader, std::string, std::string const&>());
static_assert(std::is_same_v<leat::detail::record_made_of<std::string_view>, std::string>);

}  // namespace

TEST_CASE("map: one record in, one out, in order (C1)") {
  flows::however_run<int, int>(
      {0, 1, 2, 7, 8, 9, 10}, [](auto& s) { return s | leat::map([](int x) { return x + 1; }); },
      [](std::vector<int> const& got, bool) { CHECK(got == std::vector<int>{1, 2, 3, 8, 9, 10, 11}); });
}

TEST_CASE("map: a run of several steps changes type on the way") {
  flows::however_run<std::string, int>(
      {1, 22, 333},
      [](auto& s) {
        return s | leat::map("text", [](int x) { return std::to_string(x); }) |
               leat::map("size", [](std::string const& x) { return x.size(); }) |
               leat::map("stars", [](std::size_t n) { return std::string(n, '*'); });
      },
      [](std::vector<std::string> const& got, bool) { CHECK(got == std::vector<std::string>{"*", "**", "***"}); });
}

TEST_CASE("map: in place, and a generic lambda that writes gets records of its own") {
  auto check = [](std::vector<std::string> const& got, bool) { CHECK(got == std::vector<std::string>{"a!", "b!"}); };
  flows::however_run<std::string, std::string>(
      {"a", "b"},
      [](auto& s) {
        return s | leat::map([](std::string&& x) -> std::string&& {
                 x += '!';
                 return std::move(x);
               });
      },
      check);
  flows::however_run<std::string, std::string>(
      {"a", "b"},
      [](auto& s) {
        return s | leat::map([](auto&& x) {
                 x += '!';
                 return std::move(x);
               });
      },
      check);
}

TEST_CASE("map: a view that f returns becomes a string that owns its text") {
  auto const got = flows::through<std::string, std::string>({std::string(100, 'x') + "tail"}, [](auto s) {
    return s | leat::map([](std::string_view x) { return x.substr(0, 100); });
  });
  CHECK(got == std::vector<std::string>{std::string(100, 'x')});
}

TEST_CASE("map: records are not copied; where a stream is shared, for all but the last that owns them") {
  auto make_watched = [](int x) { return watched(x); };
  auto copies_of = [](watched const& w) { return w.copies; };
  auto copies_of_own = [](watched w) { return w.copies; };

  CHECK(flows::through<int, int>({1, 2}, [&](auto s) {
          return s | leat::map(make_watched) | leat::map([](watched&& w) { return std::move(w); }) |
                 leat::map([](watched w) { return w; }) | leat::map(copies_of);
        }) == std::vector<int>{0, 0});

  std::vector<int> reader;
  std::vector<int> first;
  std::vector<int> last;
  leat::flow flow{"test"};
  auto shared = flow.input("in", flows::dealt<int>({1})) | leat::map(make_watched);
  shared | leat::map(copies_of) | leat::output("reader", leat::to::collect(reader));
  shared | leat::map(copies_of_own) | leat::output("first", leat::to::collect(first));
  shared | leat::map(copies_of_own) | leat::output("last", leat::to::collect(last));
  leat::run(flow);
  CHECK(reader == std::vector<int>{0});
  CHECK(first == std::vector<int>{1});
  CHECK(last == std::vector<int>{0});
}

TEST_CASE("map: records that can only be moved") {
  auto const got = flows::through<int, int>({1, 2}, [](auto s) {
    return s | leat::map([](int x) { return std::make_unique<int>(x); }) |
           leat::map([](std::unique_ptr<int> p) { return p; }) |
           leat::map([](std::unique_ptr<int> const& p) { return *p; });
  });
  CHECK(got == std::vector<int>{1, 2});
}

TEST_CASE("map: each worker has its own copy of f") {
  flows::however_run<int, int>(
      {0, 0, 0, 0}, [](auto& s) { return s | leat::map([n = 0](int) mutable { return ++n; }); },
      [](std::vector<int> const& got, bool several) {
        CHECK(got == (several ? std::vector<int>{1, 1, 1, 1} : std::vector<int>{1, 2, 3, 4}));
      });
}

TEST_CASE("map: an exception ends the run and names the step") {
  leat::flow flow{"orders"};
  std::vector<int> got;
  flow.input("in", flows::dealt<int>({1, 2, 3})) | leat::map("check", [](int x) {
    if (x == 2) throw std::invalid_argument("two");
    return x;
  }) | leat::output("out", leat::to::collect(got));
  try {
    leat::run(flow);
    FAIL("it should have thrown");
  } catch (leat::run_error const& e) {
    CHECK(e.step == "orders.check");
    CHECK(std::string(e.what()).find("two") != std::string::npos);
    CHECK_THROWS_AS(std::rethrow_if_nested(e), std::invalid_argument);
  }
}

TEST_CASE("map: a step without a name is named by its position") {
  leat::flow flow{"orders"};
  std::vector<int> got;
  flow.input("in", flows::dealt<int>({1})) | leat::map([](int x) { return x; }) |
      leat::map([](int x) -> int { throw std::invalid_argument(std::to_string(x)); }) |
      leat::output("out", leat::to::collect(got));
  try {
    leat::run(flow);
    FAIL("it should have thrown");
  } catch (leat::run_error const& e) {
    CHECK(e.step == "orders.map_2");
    CHECK(std::string(e.location.file_name()).find("map.cpp") != std::string::npos);
  }
}
