// SPDX-License-Identifier: BSL-1.0
// Counting by key, a million Zipf-distributed keys: against a hand-written loop over the same table, one worker and
// two, and two processes of one worker that exchange the records over TCP.
#include "measure.hpp"
#include "running_count.hpp"
#include "sources.hpp"
#include "two_processes.hpp"

#include <leat/flow.hpp>
#include <leat/op/key_on.hpp>
#include <leat/op/map.hpp>
#include <leat/op/running/slot_ownership.hpp>
#include <leat/run/run.hpp>
#include <leat/run/tcp.hpp>
#include <leat/state/count_final.hpp>
#include <leat/to/output.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <mutex>
#include <string>
#include <vector>

namespace {

constexpr std::size_t records = 8u << 20;
constexpr int passes = 2;

/// Sums what the counts add up to, over all workers.
class total {
 public:
  total(std::uint64_t& to, std::mutex& guard) : to_(&to), guard_(&guard) {}
  template <class K>
  void operator()(std::pair<K, std::uint64_t> const& counted) {
    sum_ += counted.second;
  }
  void flush() {
    std::lock_guard const lock(*guard_);
    *to_ += sum_;
    sum_ = 0;
  }

 private:
  std::uint64_t* to_;
  std::mutex* guard_;
  std::uint64_t sum_ = 0;
};

}  // namespace

int main() {
  auto const keys = benchmark_input::zipf_keys(records, 1 << 20);
  double const counted = static_cast<double>(records) * passes;

  auto hand = [&] {
    using table = leat::detail::keyed_state<std::uint64_t, std::uint64_t>;
    return measure::seconds_of([&] {
      table counts(leat::slot_range{0, leat::slot_count});
      std::vector<std::uint64_t> hashes(2048);
      for (int pass = 0; pass != passes; ++pass)
        for (std::size_t i = 0; i < records; i += hashes.size()) {
          std::uint64_t const* const batch = keys->data() + i;
          for (std::size_t k = 0; k != hashes.size(); ++k) hashes[k] = leat::key_hash(batch[k]);
          counts.visit(
              hashes.data(), hashes.size(), [batch](std::size_t k) -> std::uint64_t const& { return batch[k]; },
              [](auto& entry, std::size_t) { ++entry.state(); });
        }
      measure::keep(counts.keys());
    });
  };

  std::uint64_t sum = 0;
  std::mutex guard;
  auto final_count = [&](unsigned workers) {
    sum = 0;
    leat::flow flow("count");
    flow.input("in", benchmark_input::repeat<std::uint64_t>(keys, passes)) |
        leat::count_final("count", [](std::uint64_t x) { return x; }) |
        leat::output("out", leat::to::for_each(total(sum, guard)));
    double const taken = measure::seconds_of([&] { leat::run(flow, {.workers = workers}); });
    if (sum != records * passes) std::printf("  WRONG: %llu\n", static_cast<unsigned long long>(sum));
    return taken;
  };
  auto counted_as_they_come = [&](leat::options const& options) { return running_count(keys, passes, options); };
  auto running_count_of_two = [&] {
    two_processes::shared<std::array<std::atomic<double>, 2>> seconds;
    auto const addresses = two_processes::addresses();
    two_processes::run([&](unsigned process) {
      leat::options options;
      options.addresses = addresses;
      options.process = process;
      (*seconds)[process] = counted_as_they_come(options);
    });
    return std::max((*seconds)[0].load(), (*seconds)[1].load());
  };

  measure::compare("keyed count to the end (count_final), -w1", counted,
                   {{"hand loop, same table", hand}, {"leat -w1", [&] { return final_count(1); }}}, 1.25);
  measure::compare("keyed running count (stateful_map), -w1", counted,
                   {{"hand loop, same table", hand}, {"leat -w1", [&] { return counted_as_they_come({}); }}}, 1.25);
  measure::compare("keyed count to the end, -w2 against -w1", counted,
                   {{"leat -w1", [&] { return final_count(1); }}, {"leat -w2", [&] { return final_count(2); }}},
                   1 / 1.4);
  measure::compare("keyed running count, -w2 against -w1", counted,
                   {{"leat -w1", [&] { return counted_as_they_come({}); }},
                    {"leat -w2", [&] { return counted_as_they_come({.workers = 2}); }}},
                   1 / 1.4);
  measure::compare("keyed running count, two processes against one", counted,
                   {{"leat -p1", [&] { return counted_as_they_come({}); }}, {"leat -p2", running_count_of_two}}, 1);
}
