// SPDX-License-Identifier: BSL-1.0
// What recovery costs: a running count by key with a snapshot every second against one without, how long a worker stands
// still for snapshots, how long an epoch waits until it is decided, and how long a run takes to go on from what was kept.
#include "measure.hpp"
#include "running_count.hpp"
#include "sources.hpp"

#include <leat/flow.hpp>
#include <leat/op/key_on.hpp>
#include <leat/run/recovery.hpp>
#include <leat/run/run.hpp>
#include <leat/state/stateful_map.hpp>
#include <leat/to/output.hpp>
#include <leat/to/sink.hpp>

#include <stdlib.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <deque>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
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

using steady = std::chrono::steady_clock;

/// What one worker's sink has seen of a run.
struct observed {
  double longest_gap = 0;  ///< seconds between two batches
  steady::time_point first_record{};
  std::vector<double> to_decision;  ///< seconds from each barrier
};

/// Looks at the clock, and does nothing with the records.
class to_clock {
 public:
  using position = leat::no_position;
  explicit to_clock(observed& into) : into_(&into) {}

  class part {
   public:
    explicit part(observed& into) : into_(&into) {}
    template <class T>
    void write_batch(std::span<T>) {
      auto const now = steady::now();
      if (into_->first_record == steady::time_point()) into_->first_record = now;
      if (last_ != steady::time_point()) into_->longest_gap = std::max(into_->longest_gap, seconds(now - last_));
      last_ = now;
    }
    void prepare(std::uint64_t epoch) { barriers_.emplace_back(epoch, steady::now()); }
    void committed(std::uint64_t epoch) {
      for (; !barriers_.empty() && barriers_.front().first <= epoch; barriers_.pop_front())
        into_->to_decision.push_back(seconds(steady::now() - barriers_.front().second));
    }

   private:
    static double seconds(steady::duration of) { return std::chrono::duration<double>(of).count(); }

    observed* into_;
    steady::time_point last_{};
    std::deque<std::pair<std::uint64_t, steady::time_point>> barriers_;
  };
  part build(leat::step_services const&) const { return part(*into_); }

 private:
  observed* into_;
};

/// The first keys after one another, a hundred each millisecond.
class slowly {
 public:
  using record = std::uint64_t;
  explicit slowly(int milliseconds) : left_(milliseconds) {}

  class part {
   public:
    explicit part(int left) : left_(left) {}
    bool next_batch(leat::emitter<std::uint64_t>& out) {
      for (std::uint64_t key = 0; key != 100; ++key) out(key);
      due_ = steady::now() + std::chrono::milliseconds(1);
      return --left_ != 0;
    }
    std::optional<leat::steady_time> next_awake() const { return due_; }

   private:
    int left_;
    leat::steady_time due_{};
  };
  part build(leat::step_services const&) const { return part(left_); }

 private:
  int left_;
};

template <class Source>
observed count_observed(Source source, leat::options const& options) {
  observed seen;
  leat::flow flow("count");
  flow.input("in", source) | leat::key_on([](std::uint64_t x) {
    return x;
  }) | leat::stateful_map("count", [](std::optional<std::uint64_t>& count, std::uint64_t) {
    count = count.value_or(0) + 1;
    return *count;
  }) | leat::output("out", to_clock(seen));
  leat::run(flow, options);
  return seen;
}

std::shared_ptr<std::vector<std::uint64_t>> distinct_keys(std::size_t count) {
  auto keys = std::make_shared<std::vector<std::uint64_t>>(count);
  for (std::size_t i = 0; i != count; ++i) (*keys)[i] = i * 0x9e3779b97f4a7c15u;
  return keys;
}

/// All of ten million keys once, then two million of them again and again.
keys_in_memory mostly_unchanged_keys() {
  constexpr std::size_t all = 10'000'000;
  constexpr std::size_t changing = 2'000'000;
  auto keys = distinct_keys(all);
  keys->reserve(all + 80'000'000);
  benchmark_input::chance draw;
  while (keys->size() != all + 80'000'000) keys->push_back((*keys)[draw() % changing * (all / changing)]);
  return keys;
}

void compare_counts(char const* workload, keys_in_memory const& keys, int passes, int rounds) {
  leat::options const every_second{.snapshot_interval = std::chrono::seconds(1)};
  measure::compare(workload, static_cast<double>(keys->size()) * passes,
                   {{"without", [&] { return running_count(keys, passes, every_second); }},
                    {"with",
                     [&] {
                       scratch_store const store;
                       leat::options options = every_second;
                       options.recovery.directory = store.path();
                       return running_count(keys, passes, options);
                     }}},
                   1 / 0.95, rounds);
  scratch_store const store;
  leat::options options = every_second;
  for (char const* const how : {"without", "with"}) {
    observed const seen = count_observed(benchmark_input::repeat<std::uint64_t>(keys, passes), options);
    std::printf("  longest time between two batches, %s: %.1f ms\n", how, seen.longest_gap * 1e3);
    options.recovery.directory = store.path();
  }
}

}  // namespace

int main() {
  compare_counts("keyed running count, a million keys, a snapshot every second against none",
                 benchmark_input::zipf_keys(std::size_t{8} << 20, 1 << 20), 40, 5);
  compare_counts("keyed running count, ten million keys of which two million change, a snapshot every second",
                 mostly_unchanged_keys(), 1, 5);

  {
    scratch_store const store;
    observed seen = count_observed(
        slowly(10'000), {.snapshot_interval = std::chrono::milliseconds(20), .recovery = {.directory = store.path()}});
    std::sort(seen.to_decision.begin(), seen.to_decision.end());
    std::printf("a hundred changed keys, from barrier to decision, %zu epochs: median %.1f ms, p99 %.1f ms\n",
                seen.to_decision.size(), seen.to_decision[seen.to_decision.size() / 2] * 1e3,
                seen.to_decision[seen.to_decision.size() * 99 / 100] * 1e3);
  }

  for (std::size_t const count : {std::size_t{100'000}, std::size_t{10'000'000}}) {
    scratch_store const store;
    leat::options const options{.recovery = {.directory = store.path()}};
    count_observed(benchmark_input::repeat<std::uint64_t>(distinct_keys(count), 1), options);
    std::vector<double> seconds;
    for (int round = 0; round != 5; ++round) {
      auto const begin = steady::now();
      observed const seen = count_observed(benchmark_input::repeat<std::uint64_t>(distinct_keys(1), 1), options);
      seconds.push_back(std::chrono::duration<double>(seen.first_record - begin).count());
    }
    std::printf("going on with %zu keys, from the start to the first record: %.3f s\n", count,
                measure::median(seconds));
  }
}
