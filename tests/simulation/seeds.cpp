// SPDX-License-Identifier: BSL-1.0
#include "simulation/seed.hpp"

#include <doctest/doctest.h>

#include "sanitizers.hpp"

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ratio>
#include <string>

namespace {

std::uint64_t number_from(char const* variable) {
  char const* const text = std::getenv(variable);
  return text == nullptr ? 0 : std::strtoull(text, nullptr, 10);
}

std::uint64_t wanted_seeds() {
  if (std::getenv("LEAT_SIMULATION_SEEDS") != nullptr) return number_from("LEAT_SIMULATION_SEEDS");
  if (std::getenv("LEAT_TEST_LONG") != nullptr) return 800'000;
  return sanitizers::slow ? 600 : 40'000;
}

}  // namespace

TEST_CASE("random flows give what the reference says, whatever the shape, the schedule and the network") {
  std::uint64_t const only = number_from("LEAT_SIMULATION_SEED");
  std::uint64_t const first = only != 0 ? only : 1;
  std::uint64_t const last = only != 0 ? only : wanted_seeds();
  std::uint64_t failed = 0;
  std::uint64_t faults = 0;
  std::chrono::nanoseconds virtual_time{0};
  auto const begun = std::chrono::steady_clock::now();
  for (std::uint64_t seed = first; seed <= last && failed != 10; ++seed) {
    simulation::outcome const got = simulation::run_seed(seed);
    std::string wrong = got.wrong;
    faults += got.faults;
    virtual_time += got.virtual_time;
    if ((only != 0 || seed % 100 == 0) && simulation::run_seed(seed).trace != got.trace)
      wrong = "the second run of the seed took another course";
    if (only != 0) std::printf("%s", got.description.c_str());
    if (wrong.empty()) continue;
    ++failed;
    std::printf("LEAT_SIMULATION_SEED=%llu build/tests/test-simulation  # %s\n", static_cast<unsigned long long>(seed),
                wrong.c_str());
    std::fflush(stdout);
  }
  double const seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
  std::printf("%llu seeds, %.0f per second, %llu faults, %.1f hours of virtual time\n",
              static_cast<unsigned long long>(last - first + 1), static_cast<double>(last - first + 1) / seconds,
              static_cast<unsigned long long>(faults),
              std::chrono::duration<double, std::ratio<3600>>(virtual_time).count());
  CHECK(failed == 0);
}
