// SPDX-License-Identifier: BSL-1.0
#include <doctest/doctest.h>

#include <leat/op/inspect_debug.hpp>
#include <leat/op/map.hpp>
#include <leat/route/redistribute.hpp>

#include "op/flows.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace {

struct without_codec {
  int* pointer = nullptr;
};
static_assert(!leat::has_codec<without_codec>);

std::vector<int> numbers(int count) {
  std::vector<int> numbers;
  for (int i = 0; i != count; ++i) numbers.push_back(i);
  return numbers;
}

std::array<std::atomic<int>, 4> per_worker;

}  // namespace

TEST_CASE("redistribute: all records arrive, once") {
  flows::however_run<int, int>(
      numbers(3000), [](auto& s) { return s | leat::redistribute("spread"); },
      [](std::vector<int> const& got, bool) { CHECK(flows::sorted(got) == numbers(3000)); });
  std::vector<std::string> texts;
  for (int i = 0; i != 300; ++i) texts.push_back("a text that is long enough to be on the heap " + std::to_string(i));
  flows::however_run<std::string, std::string>(
      texts, [](auto& s) { return s | leat::map([](std::string t) { return t; }) | leat::redistribute(); },
      [&](std::vector<std::string> const& got, bool) { CHECK(flows::sorted(got) == flows::sorted(texts)); });
}

TEST_CASE("redistribute: every worker gets its share") {
  for (auto& n : per_worker) n = 0;
  std::vector<int> got;
  leat::flow flow{"test"};
  flow.input("in", flows::dealt<int>(numbers(8000))) | leat::redistribute("spread") |
      leat::inspect_debug([](std::string_view, int, std::uint64_t, unsigned worker) { ++per_worker[worker]; }) |
      leat::output("out", leat::to::collect(got));
  leat::run(flow, {.workers = 4});
  CHECK(got.size() == 8000);
  for (auto const& n : per_worker) {
    CHECK(n > 1600);
    CHECK(n < 2400);
  }
}

TEST_CASE("redistribute(by(f)): to the owner of f's result, wherever the record was") {
  static std::atomic<int> strangers;
  strangers = 0;
  for (unsigned workers : {1u, 2u, 4u}) {
    std::vector<std::string> names;
    for (int i = 0; i != 500; ++i) names.push_back("name" + std::to_string(i % 50) + ":" + std::to_string(i));
    std::vector<std::string> got;
    leat::flow flow{"test"};
    flow.input("in", flows::dealt<std::string>(names)) |
        leat::redistribute("by name", leat::by([](std::string_view s) { return s.substr(0, s.find(':')); })) |
        leat::inspect_debug([workers](std::string_view, std::string const& s, std::uint64_t, unsigned worker) {
          unsigned const owner =
              leat::slot_ownership(workers).owner(leat::slot_of(leat::key_hash(s.substr(0, s.find(':')))));
          if (worker != owner) ++strangers;
        }) |
        leat::output("out", leat::to::collect(got));
    leat::run(flow, {.workers = workers});
    CHECK(flows::sorted(got) == flows::sorted(names));
    CHECK(strangers == 0);
  }
}

TEST_CASE("redistribute(by(f)): an exception of f names the step") {
  std::vector<int> got;
  leat::flow flow{"test"};
  flow.input("in", flows::dealt<int>({1})) |
      leat::redistribute("spread", leat::by([](int) -> int { throw std::runtime_error("no owner"); })) |
      leat::output("out", leat::to::collect(got));
  try {
    leat::run(flow, {.workers = 4});
    FAIL("it should have thrown");
  } catch (leat::run_error const& e) {
    CHECK(e.step == "test.spread");
    CHECK_THROWS_WITH(std::rethrow_if_nested(e), "no owner");
  }
}
