// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <string>
#include <utility>
#include <vector>

/// Measuring side by side: every variant of a workload runs in turn, round after round, in one process; what is
/// reported is the median time of each and the median of the ratios to the first, taken round by round.
namespace measure {

/// Keeps the compiler from leaving out work whose result nobody looks at.
template <class T>
inline void keep(T const& value) {
  asm volatile("" : : "r,m"(value) : "memory");
}

struct variant {
  variant(std::string of, std::function<double()> seconds) : name(std::move(of)), run(std::move(seconds)) {}
  std::string name;
  std::function<double()> run;  ///< one round; returns the seconds that count
};

inline double seconds_of(std::function<void()> const& body) {
  auto const begin = std::chrono::steady_clock::now();
  body();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

inline double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

/// `goal` is the ratio to the first variant that the project aims at; zero: none.
inline void compare(std::string const& workload, double records, std::vector<variant> const& variants, double goal,
                    int rounds = 9) {
  std::vector<std::vector<double>> times(variants.size());
  for (int round = -1; round != rounds; ++round)
    for (std::size_t v = 0; v != variants.size(); ++v) {
      double const taken = variants[v].run();
      if (round >= 0) times[v].push_back(taken);
    }
  std::printf("%s\n", workload.c_str());
  for (std::size_t v = 0; v != variants.size(); ++v) {
    std::vector<double> ratios;
    for (std::size_t i = 0; i != times[v].size(); ++i) ratios.push_back(times[v][i] / times[0][i]);
    double const ratio = median(ratios);
    std::printf("  %-44s %9.3f ns/record   ratio %5.3f [%.3f %.3f]", variants[v].name.c_str(),
                median(times[v]) * 1e9 / records, ratio, *std::min_element(ratios.begin(), ratios.end()),
                *std::max_element(ratios.begin(), ratios.end()));
    if (v + 1 == variants.size() && goal > 0) std::printf("   goal %.2f: %s", goal, ratio <= goal ? "met" : "MISSED");
    std::printf("\n");
  }
  std::fflush(stdout);
}

}  // namespace measure
