// SPDX-License-Identifier: BSL-1.0
#include <doctest/doctest.h>

#include <leat/from/iterable.hpp>
#include <leat/op/inspect.hpp>
#include <leat/op/map.hpp>

#include "op/flows.hpp"
#include "op/printed.hpp"

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace {

struct without_text {};
static_assert(!leat::printable<without_text>);

}  // namespace

TEST_CASE("inspect: prints the step's full name and the record") {
  leat::flow flow{"test_df"};
  flow.input("in", flows::dealt<std::string>({"a", "b"})) | leat::inspect("insp");
  CHECK(flows::printed([&] { leat::run(flow); }) == "test_df.insp: a\ntest_df.insp: b\n");
}

TEST_CASE("inspect: passes every record on, and f may ask for the step") {
  static std::mutex mutex;
  static std::vector<std::string> seen;
  flows::however_run<std::string, std::string>(
      {"x", "y"},
      [](auto& s) {
        seen.clear();
        return s | leat::inspect("look", [](std::string_view step, std::string const& record) {
                 std::lock_guard const lock(mutex);
                 seen.push_back(std::string(step) + "=" + record);
               });
      },
      [](std::vector<std::string> const& got, bool) {
        CHECK(got == std::vector<std::string>{"x", "y"});
        CHECK(flows::sorted(seen) == std::vector<std::string>{"test.look=x", "test.look=y"});
      });
}

TEST_CASE("inspect: runs although nothing follows it, named or not, on a stream that goes on elsewhere") {
  int looked = 0;
  std::vector<int> got;
  leat::flow flow{"test"};
  auto doubled = flow.input("in", flows::dealt<int>({1, 2})) | leat::map([](int x) { return x * 2; });
  auto const unused = doubled | leat::inspect([&looked](int) { ++looked; });
  doubled | leat::map([](int x) { return x; }) | leat::inspect("end", [&looked](int) { looked += 10; });
  doubled | leat::output("out", leat::to::collect(got));
  leat::run(flow);
  CHECK(looked == 22);
  CHECK(got == std::vector<int>{2, 4});
  CHECK(sizeof(unused) != 0);
}

TEST_CASE("inspect: records that can only be moved") {
  int sum = 0;
  auto const got = flows::through<int, int>({1, 2}, [&sum](auto s) {
    return s | leat::map([](int x) { return std::make_unique<int>(x); }) |
           leat::inspect([&sum](std::unique_ptr<int> const& p) { sum += *p; }) |
           leat::map([](std::unique_ptr<int> p) { return *p; });
  });
  CHECK(got == std::vector<int>{1, 2});
  CHECK(sum == 3);
}

TEST_CASE("inspect: an exception names the step") {
  leat::flow flow{"test"};
  flow.input("in", flows::dealt<int>({1})) | leat::inspect("check", [](int) { throw std::runtime_error("seen"); });
  CHECK_THROWS_WITH_AS(leat::run(flow), doctest::Contains("test.check"), leat::run_error);
}
