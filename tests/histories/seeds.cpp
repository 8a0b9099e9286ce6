// SPDX-License-Identifier: BSL-1.0
#include "histories/history.hpp"

#include "sanitizers.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <numeric>
#include <ratio>
#include <string>

namespace {

std::uint64_t number_from(char const* variable, std::uint64_t otherwise) {
  char const* const text = std::getenv(variable);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

std::uint64_t wanted_seeds() {
  std::uint64_t const usual = std::getenv("LEAT_TEST_LONG") != nullptr ? 200'000 : sanitizers::slow ? 400 : 10'000;
  return number_from("LEAT_RECOVERY_SEEDS", usual);
}

}  // namespace

/// LEAT_RECOVERY_SEEDS says how many, LEAT_RECOVERY_SEED which one.
TEST_CASE("whatever ends a run, and however it is gone on with, all runs together give what one run gives") {
  std::uint64_t const only = number_from("LEAT_RECOVERY_SEED", 0);
  std::uint64_t const first = only != 0 ? only : 1;
  std::uint64_t const last = only != 0 ? only : wanted_seeds();
  histories::outcome all;
  std::uint64_t failed = 0;
  auto const begun = std::chrono::steady_clock::now();
  for (std::uint64_t seed = first; seed <= last && failed != 10; ++seed) {
    histories::outcome const got = histories::run_seed(seed);
    for (std::size_t i = 0; i != got.faults.size(); ++i) all.faults[i] += got.faults[i];
    all.runs += got.runs;
    all.virtual_time += got.virtual_time;
    std::string wrong = got.wrong;
    if ((only != 0 || seed % 100 == 0) && histories::run_seed(seed).trace != got.trace)
      wrong = "the second time the seed took another course";
    if (wrong.empty()) continue;
    ++failed;
    std::printf("LEAT_RECOVERY_SEED=%llu build/tests/test-histories  # %s\n", static_cast<unsigned long long>(seed),
                wrong.c_str());
    std::fflush(stdout);
  }
  double const seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
  std::printf("%llu histories of %llu runs, %.0f per second, %llu faults, %.1f hours of virtual time\n",
              static_cast<unsigned long long>(last - first + 1), static_cast<unsigned long long>(all.runs),
              static_cast<double>(last - first + 1) / seconds,
              static_cast<unsigned long long>(std::accumulate(all.faults.begin(), all.faults.end(), std::uint64_t{0})),
              std::chrono::duration<double, std::ratio<3600>>(all.virtual_time).count());
  for (std::size_t i = 0; i != all.faults.size(); ++i)
    std::printf("%s%s %llu", i == 0 ? "" : ", ", histories::name_of(static_cast<histories::fault>(i)),
                static_cast<unsigned long long>(all.faults[i]));
  std::printf("\n");
  CHECK(failed == 0);
  if (last - first + 1 < 1'000) return;
  for (std::size_t i = 0; i != all.faults.size(); ++i) {
    CAPTURE(histories::name_of(static_cast<histories::fault>(i)));
    CHECK(all.faults[i] > 0);
  }
}
