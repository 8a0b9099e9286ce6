// SPDX-License-Identifier: BSL-1.0
#include <doctest/doctest.h>

#include <leat/op/compose.hpp>
#include <leat/op/inspect_debug.hpp>

#include "op/flows.hpp"
#include "op/printed.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

TEST_CASE("inspect_debug: prints the step, the worker, the epoch and the record") {
  leat::flow flow{"anomaly_detector"};
  flow.input("in", flows::dealt<std::pair<std::string, double>>({{"v_metric", 4.2}})) | leat::inspect_debug("dist");
  CHECK(flows::printed([&] { leat::run(flow); }) == "anomaly_detector.dist W0 @1: (v_metric, 4.2)\n");

  leat::flow nested{"outer"};
  nested.input("in", flows::dealt<int>({7})) |
      leat::compose("inner", [](auto s) { return std::move(s) | leat::inspect_debug("look"); });
  CHECK(flows::printed([&] { leat::run(nested); }) == "outer.inner.look W0 @1: 7\n");
}

TEST_CASE("inspect_debug: each worker's lines are whole") {
  std::vector<int> numbers;
  for (int i = 0; i != 400; ++i) numbers.push_back(i);
  leat::flow flow{"f"};
  flow.input("in", flows::dealt<int>(numbers)) | leat::inspect_debug("d");
  std::string const text = flows::printed([&] { leat::run(flow, {.workers = 4}); });
  std::vector<std::string> lines;
  for (std::size_t from = 0; from < text.size();) {
    std::size_t const end = text.find('\n', from);
    REQUIRE(end != text.npos);
    lines.push_back(text.substr(from, end - from));
    from = end + 1;
  }
  std::vector<std::string> wanted;
  for (int i : numbers) wanted.push_back("f.d W" + std::to_string(i % 4) + " @1: " + std::to_string(i));
  CHECK(flows::sorted(lines) == flows::sorted(wanted));
}

TEST_CASE("inspect_debug: a function of one's own gets (step, record, epoch, worker)") {
  std::vector<std::tuple<std::string, int, std::uint64_t, unsigned>> seen;
  auto const got = flows::through<int, int>({5}, [&seen](auto s) {
    return s |
           leat::inspect_debug("look", [&seen](std::string_view step, int record, std::uint64_t epoch,
                                               unsigned worker) { seen.emplace_back(step, record, epoch, worker); });
  });
  CHECK(got == std::vector<int>{5});
  REQUIRE(seen.size() == 1);
  CHECK(seen.front() == std::tuple<std::string, int, std::uint64_t, unsigned>{"test.look", 5, 1, 0});
}
