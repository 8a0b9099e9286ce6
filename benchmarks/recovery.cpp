// SPDX-License-Identifier: BSL-1.0
// What recovery costs: a running count by key with a snapshot every second against one without, how long a worker stands
// still for snapshots, how long an epoch waits until it is decided, and how long a run takes to go on from what was kept.
// `--bytewax COMMAND` runs Bytewax's running count with and without its recovery too: COMMAND is a Python that has
// bytewax, and benchmarks/bytewax/running_count.py.
#include "measure.hpp"
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
  double taken = 0;        ///< seconds of the part that is timed
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

using keys_in_memory = benchmark_input::shared_records<std::uint64_t>;

template <class Source>
void count_observed(Source source, leat::options const& options, observed& seen) {
  leat::flow flow("count");
  flow.input("in", source) | leat::key_on([](std::uint64_t x) {
    return x;
  }) | leat::stateful_map("count", [](std::optional<std::uint64_t>& count, std::uint64_t) {
    count = count.value_or(0) + 1;
    return *count;
  }) | leat::output("out", to_clock(seen));
  leat::run(flow, options);
}

std::shared_ptr<std::vector<std::uint64_t>> distinct_keys(std::size_t count) {
  auto keys = std::make_shared<std::vector<std::uint64_t>>(count);
  for (std::size_t i = 0; i != count; ++i) (*keys)[i] = i * 0x9e3779b97f4a7c15u;
  return keys;
}

/// All of `first` once, then `again` so often as `passes` says, with two passes before that are not timed.
class after_first {
 public:
  using record = std::uint64_t;
  after_first(keys_in_memory first, keys_in_memory again, int passes, observed& into)
      : first_(std::move(first)), again_(std::move(again)), passes_(passes), into_(&into) {}

  class part {
   public:
    part(keys_in_memory first, keys_in_memory again, int passes, observed& into)
        : records_(std::move(first)), again_(std::move(again)), passes_(passes), into_(&into) {}
    bool next_batch(leat::emitter<std::uint64_t>& out) {
      std::size_t const count = std::min<std::size_t>(4096, records_->size() - at_);
      out.batch(records_->data() + at_, count);
      at_ += count;
      if (at_ != records_->size()) return true;
      at_ = 0;
      records_ = again_;
      if (++pass_ == untimed) {
        begin_ = steady::now();
        into_->longest_gap = 0;
      }
      if (pass_ != untimed + passes_) return true;
      into_->taken = std::chrono::duration<double>(steady::now() - begin_).count();
      return false;
    }

   private:
    static constexpr int untimed = 3;

    keys_in_memory records_;
    keys_in_memory again_;
    int passes_;
    observed* into_;
    std::size_t at_ = 0;
    int pass_ = 0;
    steady::time_point begin_{};
  };
  part build(leat::step_services const&) const { return part(first_, again_, passes_, *into_); }

 private:
  keys_in_memory first_;
  keys_in_memory again_;
  int passes_;
  observed* into_;
};

struct workload {
  char const* name;
  keys_in_memory first;
  keys_in_memory again;
  int passes;
};

constexpr std::size_t changes_per_pass = std::size_t{8} << 20;

workload all_of_a_million() {
  constexpr std::size_t keys = 1 << 20;
  return {"keyed running count, a million keys, a snapshot every second against none", distinct_keys(keys),
          benchmark_input::zipf_keys(changes_per_pass, keys), 40};
}

workload two_of_ten_million() {
  constexpr std::size_t all = 10'000'000;
  constexpr std::size_t changing = 2'000'000;
  auto first = distinct_keys(all);
  auto again = std::make_shared<std::vector<std::uint64_t>>(changes_per_pass);
  benchmark_input::chance draw;
  for (std::uint64_t& key : *again) key = (*first)[draw() % changing * (all / changing)];
  return {"keyed running count, ten million keys of which two million change, a snapshot every second", first, again,
          12};
}

void compare_counts(workload const& of, int rounds) {
  leat::options const every_second{.snapshot_interval = std::chrono::seconds(1)};
  double longest_gaps[2] = {};
  auto const count = [&](leat::options const& options, double& longest_gap) {
    observed seen;
    count_observed(after_first(of.first, of.again, of.passes, seen), options, seen);
    longest_gap = std::max(longest_gap, seen.longest_gap);
    return seen.taken;
  };
  measure::compare(of.name, static_cast<double>(of.again->size()) * of.passes,
                   {{"without", [&] { return count(every_second, longest_gaps[0]); }},
                    {"with",
                     [&] {
                       scratch_store const store;
                       leat::options options = every_second;
                       options.recovery.directory = store.path();
                       return count(options, longest_gaps[1]);
                     }}},
                   1 / 0.95, rounds);
  std::printf("  longest time between two batches: %.1f ms without, %.1f ms with\n", longest_gaps[0] * 1e3,
              longest_gaps[1] * 1e3);
}

/// What Bytewax's running count says it took.
double by_bytewax(std::string const& command, std::size_t records, std::size_t keys, std::string const& store) {
  std::string const line = command + " " + std::to_string(records) + " " + std::to_string(keys) + " " + store;
  std::FILE* const told = ::popen(line.c_str(), "r");
  double taken = 0;
  bool const understood = told != nullptr && std::fscanf(told, "%lf", &taken) == 1;
  if (told == nullptr || ::pclose(told) != 0 || !understood) throw std::runtime_error("this did not run: " + line);
  return taken;
}

void count_by_bytewax(std::string const& command) {
  constexpr std::size_t records = 500'000;
  constexpr std::size_t keys = 100'000;
  measure::compare("Bytewax: keyed running count, a hundred thousand keys, a snapshot every second against none",
                   records,
                   {{"without", [&] { return by_bytewax(command, records, keys, ""); }},
                    {"with",
                     [&] {
                       std::string store = (std::filesystem::temp_directory_path() / "leat-bench-XXXXXX").string();
                       if (::mkdtemp(store.data()) == nullptr) throw std::runtime_error("no directory");
                       double const taken = by_bytewax(command, records, keys, store);
                       std::filesystem::remove_all(store);
                       return taken;
                     }}},
                   0, 3);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 3 && std::string(argv[1]) == "--bytewax") count_by_bytewax(argv[2]);
  compare_counts(all_of_a_million(), 5);
  compare_counts(two_of_ten_million(), 5);

  {
    scratch_store const store;
    observed seen;
    count_observed(slowly(10'000),
                   {.snapshot_interval = std::chrono::milliseconds(20), .recovery = {.directory = store.path()}}, seen);
    std::sort(seen.to_decision.begin(), seen.to_decision.end());
    std::printf("a hundred changed keys, from barrier to decision, %zu epochs: median %.1f ms, p99 %.1f ms\n",
                seen.to_decision.size(), seen.to_decision[seen.to_decision.size() / 2] * 1e3,
                seen.to_decision[seen.to_decision.size() * 99 / 100] * 1e3);
  }

  for (std::size_t const count : {std::size_t{100'000}, std::size_t{10'000'000}}) {
    scratch_store const store;
    leat::options const options{.recovery = {.directory = store.path()}};
    observed filled;
    count_observed(benchmark_input::repeat<std::uint64_t>(distinct_keys(count), 1), options, filled);
    std::vector<double> seconds;
    for (int round = 0; round != 5; ++round) {
      auto const begin = steady::now();
      observed seen;
      count_observed(benchmark_input::repeat<std::uint64_t>(distinct_keys(1), 1), options, seen);
      seconds.push_back(std::chrono::duration<double>(seen.first_record - begin).count());
    }
    std::printf("going on with %zu keys, from the start to the first record: %.3f s\n", count,
                measure::median(seconds));
  }
}
