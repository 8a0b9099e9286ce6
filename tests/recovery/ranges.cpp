// SPDX-License-Identifier: BSL-1.0
#include <leat/flow.hpp>
#include <leat/from/lines.hpp>
#include <leat/recovery/sqlite_store.hpp>
#include <leat/route/exchange/to_partitions.hpp>
#include <leat/run/recovery.hpp>
#include <leat/run/run.hpp>
#include <leat/to/lines.hpp>
#include <leat/to/output.hpp>

#include "fixture/scratch.hpp"
#include "fixture/stored_runs.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

/// Runs that go on with a file in ranges.
namespace {

using leat::test::error_of;
using leat::test::has;
using leat::test::on;

template <class Source>
leat::flow copying(scratch const& folder, Source const& source) {
  leat::flow flow("copying");
  flow.input("in", source) | leat::output("out", leat::to::lines(folder.path("out")));
  return flow;
}

std::string sorted(std::string const& text) {
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin < text.size();) {
    std::size_t const end = text.find('\n', begin) + 1;
    lines.push_back(text.substr(begin, end - begin));
    begin = end;
  }
  std::sort(lines.begin(), lines.end());
  std::string all;
  for (std::string const& each : lines) all += each;
  return all;
}

}  // namespace

TEST_CASE("recovery: a file in ranges may grow between runs, and be read by other workers") {
  scratch const folder;
  leat::make_recovery_store(folder.path("store"), 2);
  std::string input;
  unsigned number = 0;
  for (unsigned const workers : {1u, 3u, 2u, 5u}) {
    for (int i = 0; i != 50; ++i) input += std::to_string(number++) + "\n";
    folder.write("in", input);
    leat::run(copying(folder, leat::from::lines(folder.path("in")).in_ranges(4, 10)), on(folder, workers));
    CHECK(sorted(folder.read("out")) == sorted(input));
  }
}

TEST_CASE("recovery: more ranges than are open at a time are gone on with") {
  scratch const folder;
  leat::make_recovery_store(folder.path("store"));
  std::string input;
  for (int i = 0; i != 3000; ++i) input += std::to_string(i) + "\n";
  folder.write("in", input);
  leat::run(copying(folder, leat::from::lines(folder.path("in")).in_ranges(300, 7)), on(folder, 2));
  for (int i = 0; i != 3000; ++i) input += std::to_string(i) + "x\n";
  folder.write("in", input);
  leat::run(copying(folder, leat::from::lines(folder.path("in")).in_ranges(300, 7)), on(folder, 3));
  CHECK(sorted(folder.read("out")) == sorted(input));
}

TEST_CASE("recovery: a file is not gone on with in other ranges than it was read in") {
  std::string const input = "a\nbb\nccc\n";
  for (bool const in_directory : {false, true})
    for (std::uint64_t const before : {1u, 2u, 3u})
      for (auto const& [after, block] : std::vector<std::pair<std::uint64_t, std::uint64_t>>{{1, 3}, {2, 3}, {2, 4}}) {
        CAPTURE(before);
        CAPTURE(after);
        scratch const folder;
        folder.write("in", input);
        leat::make_recovery_store(folder.path("store"));
        auto const flow_of = [&](std::uint64_t count, std::uint64_t bytes) {
          return in_directory ? copying(folder, leat::from::files(folder.path("."), "in").in_ranges(count, bytes))
                              : copying(folder, leat::from::lines(folder.path("in")).in_ranges(count, bytes));
        };
        leat::run(flow_of(before, 3), on(folder));
        if (before == after && (block == 3 || before == 1)) {
          leat::run(flow_of(after, block), on(folder));
        } else {
          std::string const error = error_of(flow_of(after, block), on(folder, 2));
          CHECK(has(error, "step \"copying.in\" ("));
          CHECK(has(error, in_directory ? "the file \"in" : "the file \"" + folder.path("in")));
          CHECK(has(error, "in earlier runs: a file is known by its path and its ranges, so give it in that way"));
        }
        CHECK(sorted(folder.read("out")) == input);
      }
}

TEST_CASE("recovery: a file in ranges that is given by another path is not read again") {
  scratch const folder;
  folder.write("in", "a\nb\n");
  leat::make_recovery_store(folder.path("store"));
  leat::run(copying(folder, leat::from::lines(folder.path("in")).in_ranges(2, 2)), on(folder));
  CHECK(has(error_of(copying(folder, leat::from::lines(folder.path("./in")).in_ranges(2, 2)), on(folder)),
            "\" was given as \"" + folder.path("in") + "[1/2x2]\" in earlier runs"));
}
