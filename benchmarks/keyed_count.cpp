// SPDX-License-Identifier: BSL-1.0
// Counting by key: against hand-written loops over the same table, by one worker, by two, and by two processes of one
// worker that exchange the records over TCP.
#include "measure.hpp"
#include "play.hpp"
#include "running_count.hpp"
#include "sources.hpp"
#include "two_processes.hpp"

#include <leat/flow.hpp>
#include <leat/op/running/slot_ownership.hpp>
#include <leat/run/run.hpp>
#include <leat/run/tcp.hpp>
#include <leat/state/count_final.hpp>
#include <leat/to/output.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <utility>
#include <vector>

namespace {

using benchmark_play::contender;
using benchmark_play::hex;
using benchmark_play::input;
using benchmark_play::outcome;
using key_and_count = std::pair<std::uint64_t, std::uint64_t>;
using table = leat::detail::keyed_state<std::uint64_t, std::uint64_t>;

/// Goes over the keys in batches and calls `visit(state of the key)` for each.
template <class Visit>
void by_hand(table& counts, std::vector<std::uint64_t> const& keys, int passes, Visit&& visit) {
  std::vector<std::uint64_t> hashes(2048);
  for (int pass = 0; pass != passes; ++pass)
    for (std::size_t i = 0; i < keys.size(); i += hashes.size()) {
      std::uint64_t const* const batch = keys.data() + i;
      std::size_t const size = std::min(hashes.size(), keys.size() - i);
      for (std::size_t k = 0; k != size; ++k) hashes[k] = leat::key_hash(batch[k]);
      counts.visit(
          hashes.data(), size, [batch](std::size_t k) -> std::uint64_t const& { return batch[k]; },
          [&](auto& entry, std::size_t) { visit(entry.state()); });
    }
}

// --- the number of each record, as it comes ------------------------------------------------------------------------

outcome running_count_by_hand(keys_in_memory const& keys, int passes) {
  std::uint64_t sum = 0;
  double const seconds = measure::seconds_of([&] {
    table counts(leat::slot_range{0, leat::slot_count});
    by_hand(counts, *keys, passes, [&](std::uint64_t& count) { sum += ++count; });
  });
  return {seconds, hex(sum)};
}

outcome running_count_of_two_processes(keys_in_memory const& keys, int passes) {
  struct result {
    std::array<std::atomic<double>, 2> seconds;
    std::atomic<std::uint64_t> sum{0};
  };
  two_processes::shared<result> got;
  auto const addresses = two_processes::addresses();
  two_processes::run([&](unsigned process) {
    leat::options options;
    options.addresses = addresses;
    options.process = process;
    got->seconds[process] = running_count(keys, passes, options, got->sum);
  });
  return {std::max(got->seconds[0].load(), got->seconds[1].load()), hex(got->sum)};
}

std::vector<contender> count_as_they_come(input const& of) {
  auto const keys = benchmark_play::numbers(of.data);
  auto const by_leat = [keys, passes = of.passes](unsigned workers) {
    std::atomic<std::uint64_t> sum{0};
    double const seconds = running_count(keys, passes, {.workers = workers}, sum);
    return outcome{seconds, hex(sum)};
  };
  return {{"hand", [=, passes = of.passes] { return running_count_by_hand(keys, passes); }},
          {"leat -w1", [=] { return by_leat(1); }},
          {"leat -w2", [=] { return by_leat(2); }},
          {"leat -p2", [=, passes = of.passes] { return running_count_of_two_processes(keys, passes); }}};
}

// --- how often each key came, at the end ---------------------------------------------------------------------------

/// Depends on each key and its count, and not on their order.
struct digest {
  void operator()(key_and_count const& counted) { sum += counted.first * counted.second * counted.second; }
  std::uint64_t sum = 0;
};

/// By the leading bits first, so that what is sorted lies in the cache.
void order(std::vector<key_and_count>& counted) {
  constexpr unsigned bits = 11;
  std::vector<std::size_t> ends((std::size_t{1} << bits) + 1);
  for (key_and_count const& entry : counted) ++ends[(entry.first >> (64 - bits)) + 1];
  for (std::size_t i = 1; i != ends.size(); ++i) ends[i] += ends[i - 1];
  std::vector<std::size_t> at(ends.begin(), ends.end() - 1);
  std::vector<key_and_count> sorted(counted.size());
  for (key_and_count const& entry : counted) sorted[at[entry.first >> (64 - bits)]++] = entry;
  for (std::size_t i = 0; i + 1 != ends.size(); ++i)
    std::sort(sorted.begin() + static_cast<std::ptrdiff_t>(ends[i]),
              sorted.begin() + static_cast<std::ptrdiff_t>(ends[i + 1]));
  counted.swap(sorted);
}

outcome count_to_the_end_by_hand(keys_in_memory const& keys, int passes, bool ordered) {
  digest all;
  double const seconds = measure::seconds_of([&] {
    table counts(leat::slot_range{0, leat::slot_count});
    by_hand(counts, *keys, passes, [](std::uint64_t& count) { ++count; });
    if (!ordered) return counts.for_each([&](std::uint64_t key, std::uint64_t count) { all({key, count}); });
    std::vector<key_and_count> counted;
    counted.reserve(counts.keys());
    counts.for_each([&](std::uint64_t key, std::uint64_t count) { counted.emplace_back(key, count); });
    order(counted);
    for (key_and_count const& entry : counted) all(entry);
  });
  return {seconds, hex(all.sum)};
}

/// Adds up the digests of the workers.
class digest_of_workers {
 public:
  explicit digest_of_workers(std::atomic<std::uint64_t>& to) : to_(&to) {}
  void operator()(key_and_count const& counted) { own_(counted); }
  void flush() { to_->fetch_add(std::exchange(own_.sum, 0), std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t>* to_;
  digest own_;
};

outcome count_to_the_end(keys_in_memory const& keys, int passes, unsigned workers) {
  std::atomic<std::uint64_t> sum{0};
  leat::flow flow("count");
  flow.input("in", benchmark_input::repeat<std::uint64_t>(keys, passes)) |
      leat::count_final("count", [](std::uint64_t x) { return x; }) |
      leat::output("out", leat::to::for_each(digest_of_workers(sum)));
  double const seconds = measure::seconds_of([&] { leat::run(flow, {.workers = workers}); });
  return {seconds, hex(sum)};
}

std::vector<contender> count_at_the_end(input const& of) {
  auto const keys = benchmark_play::numbers(of.data);
  return {{"hand", [=, passes = of.passes] { return count_to_the_end_by_hand(keys, passes, false); }},
          {"hand, ordered", [=, passes = of.passes] { return count_to_the_end_by_hand(keys, passes, true); }},
          {"leat -w1", [=, passes = of.passes] { return count_to_the_end(keys, passes, 1); }},
          {"leat -w2", [=, passes = of.passes] { return count_to_the_end(keys, passes, 2); }}};
}

}  // namespace

int main(int argc, char** argv) {
  return benchmark_play::play(argc, argv, {{"running_count", &count_as_they_come}, {"count_final", &count_at_the_end}});
}
