// SPDX-License-Identifier: BSL-1.0
#include <doctest/doctest.h>

#include <leat/from/range.hpp>
#include <leat/route/redistribute.hpp>
#include <leat/run/run.hpp>
#include <leat/state/count_final.hpp>
#include <leat/to/for_each.hpp>
#include <leat/to/output.hpp>

#include "run/child.hpp"
#include "sanitizers.hpp"

#include <sys/resource.h>

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace {

constexpr std::size_t MiB = 1024 * 1024;
/// Barriers then wait for workers that have not read the last one.
constexpr std::chrono::milliseconds short_epoch(1);

std::size_t peak_of_this_process() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  return static_cast<std::size_t>(used.ru_maxrss) * 1024;
}

/// What a run adds to the peak of a process.
template <class Describe>
std::size_t peak_of(unsigned workers, Describe describe,
                    std::chrono::nanoseconds epoch = std::chrono::nanoseconds::max()) {
  child process([&] {
    std::size_t const before = peak_of_this_process();
    leat::flow flow("many");
    describe(flow);
    leat::options options;
    options.workers = workers;
    options.snapshot_interval = epoch;
    leat::run(flow, options);
    std::printf("%zu", peak_of_this_process() - before);
    return 0;
  });
  REQUIRE(process.ends() == 0);
  REQUIRE(process.err == "");
  return static_cast<std::size_t>(std::stoull(process.out));
}

void exchange(leat::flow& flow) {
  flow.input("in", leat::from::range(100'000)) | leat::redistribute("spread") |
      leat::output("out", leat::to::for_each([](int) {}));
}
void keyed_by_text(leat::flow& flow) {
  flow.input("in", leat::from::range(100'000)) |
      leat::count_final("count", [](int x) { return "key " + std::to_string(x % 1000); }) |
      leat::output("out", leat::to::for_each([](auto const&) {}));
}

}  // namespace

TEST_CASE("many workers in one process take little memory") {
  if (sanitizers::address || sanitizers::thread) return;
  CHECK(peak_of(256, exchange) < 32 * MiB);
  CHECK(peak_of(256, keyed_by_text) < 32 * MiB);
  CHECK(peak_of(256, exchange, short_epoch) < 32 * MiB);
  if (std::getenv("LEAT_TEST_LONG") == nullptr) return;
  CHECK(peak_of(1024, exchange) < 200 * MiB);
  CHECK(peak_of(1024, keyed_by_text) < 200 * MiB);
}
