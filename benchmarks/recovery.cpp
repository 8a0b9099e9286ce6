// SPDX-License-Identifier: BSL-1.0
// What recovery costs: a running count by key with a snapshot every second against one without, and how long a run
// takes to go on from what was kept of many keys.
#include "measure.hpp"
#include "running_count.hpp"
#include "sources.hpp"

#include <leat/run/recovery.hpp>
#include <leat/run/run.hpp>

#include <stdlib.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

/// A store that is gone afterwards.
class scratch_store {
 public:
  scratch_store() {
    std::string pattern = (std::filesystem::temp_directory_path() / "leat-bench-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no directory for temporary files");
    path_ = pattern;
    leat::make_recovery_store(path_, 2);
  }
  scratch_store(scratch_store const&) = delete;
  scratch_store& operator=(scratch_store const&) = delete;
  ~scratch_store() { std::filesystem::remove_all(path_); }
  std::string const& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace

int main() {
  constexpr std::size_t records = 8u << 20;
  constexpr int passes = 12;
  keys_in_memory const keys = benchmark_input::zipf_keys(records, 1 << 20);
  double const counted = static_cast<double>(records) * passes;
  measure::compare(
      "keyed running count, a snapshot every second against none", counted,
      {{"without", [&] { return running_count(keys, passes, {.snapshot_interval = std::chrono::seconds(1)}); }},
       {"with",
        [&] {
          scratch_store const store;
          return running_count(keys, passes,
                               {.snapshot_interval = std::chrono::seconds(1), .recovery = {.directory = store.path()}});
        }}},
      1 / 0.95, 5);

  for (std::size_t const count : {std::size_t{100'000}, std::size_t{10'000'000}}) {
    auto many = std::make_shared<std::vector<std::uint64_t>>(count);
    for (std::size_t i = 0; i != count; ++i) (*many)[i] = i * 0x9e3779b97f4a7c15u;
    scratch_store const store;
    leat::options const options{.recovery = {.directory = store.path()}};
    running_count(many, 1, options);
    auto const nothing = std::make_shared<std::vector<std::uint64_t>>();
    std::vector<double> seconds;
    for (int round = 0; round != 5; ++round) seconds.push_back(running_count(nothing, 0, options));
    std::printf("going on with %zu keys, a whole run without a record: %.3f s\n", count, measure::median(seconds));
  }
}
