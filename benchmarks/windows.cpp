// SPDX-License-Identifier: BSL-1.0
// Counting by key and window, a million Zipf-distributed keys: against a hand-written loop with a presized table for
// each window, by the clock of the stream and by a clock for each key; windows that tumble, that slide, and sessions.
#include "measure.hpp"
#include "sources.hpp"

#include <leat/flow.hpp>
#include <leat/op/key_on.hpp>
#include <leat/op/map.hpp>
#include <leat/op/running/slot_ownership.hpp>
#include <leat/run/run.hpp>
#include <leat/state/stateful_map.hpp>
#include <leat/time.hpp>
#include <leat/to/for_each.hpp>
#include <leat/to/output.hpp>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;

constexpr std::size_t records = 4u << 20;
constexpr std::size_t windows = 4;
constexpr std::chrono::seconds length = 60s;

/// A record of 16 bytes: whose it is, and when it was, in ascending order.
struct hit {
  std::uint64_t key;
  std::int64_t at;  ///< ns

  std::chrono::nanoseconds time() const { return std::chrono::nanoseconds(at); }
  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive & key & at;
  }
};

benchmark_input::shared_records<hit> hits_of(std::size_t keys) {
  auto const drawn = benchmark_input::zipf_keys(records, keys);
  auto hits = std::make_shared<std::vector<hit>>(records);
  std::int64_t const step = std::chrono::nanoseconds(length).count() * std::int64_t{windows} / std::int64_t{records};
  for (std::size_t i = 0; i != records; ++i) (*hits)[i] = {(*drawn)[i], static_cast<std::int64_t>(i) * step};
  return hits;
}

/// A flat table of keys and counts that is as large as it has to be, and is emptied at the end of a window. Probes go
/// from the hash on; the slots of a batch are fetched before they are looked at.
class flat_counts {
 public:
  explicit flat_counts(std::size_t keys) {
    std::size_t size = 1;
    while (size < keys * 2) size *= 2;
    slots_.resize(size);
  }
  void count(hit const* from, std::size_t count) {
    constexpr std::size_t ahead = 16;
    std::size_t const mask = slots_.size() - 1;
    for (std::size_t i = 0; i != count; ++i) {
      if (i + ahead < count) __builtin_prefetch(&slots_[leat::key_hash(from[i + ahead].key) & mask]);
      std::uint64_t const key = from[i].key + 1;  // 0: the slot is free
      std::size_t at = leat::key_hash(from[i].key) & mask;
      while (slots_[at].key != 0 && slots_[at].key != key) at = (at + 1) & mask;
      slots_[at].key = key;
      ++slots_[at].count;
    }
  }
  /// The sum of the counts, as a reader of the results would make it.
  std::uint64_t close() {
    std::uint64_t sum = 0;
    for (slot& each : slots_) {
      sum += each.count;
      each = {};
    }
    return sum;
  }

 private:
  struct slot {
    std::uint64_t key = 0;
    std::uint64_t count = 0;
  };
  std::vector<slot> slots_;
};

/// Adds up what windows give, over all workers.
class total {
 public:
  total(std::uint64_t& to, std::mutex& guard) : to_(&to), guard_(&guard) {}
  template <class Result>
  void operator()(Result const& result) {
    sum_ += result.second.value;
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
  auto const hits = hits_of(1 << 20);
  double const counted = static_cast<double>(records);
  std::uint64_t sum = 0;
  std::mutex guard;

  auto hand = [&] {
    flat_counts counts(1 << 20);
    return measure::seconds_of([&] {
      constexpr std::size_t batch = 4096;
      std::uint64_t found = 0;
      std::int64_t close = std::chrono::nanoseconds(length).count();
      for (std::size_t i = 0; i != records;) {
        std::size_t last = i;
        while (last != records && last - i != batch && (*hits)[last].at < close) ++last;
        counts.count(hits->data() + i, last - i);
        if (last != records && (*hits)[last].at >= close) {
          found += counts.close();
          close += std::chrono::nanoseconds(length).count();
        }
        i = last;
      }
      found += counts.close();
      if (found != records) std::printf("  WRONG: %llu\n", static_cast<unsigned long long>(found));
    });
  };
  auto counted_by = [&](auto clock, auto windower, unsigned workers, std::uint64_t in_each) {
    sum = 0;
    leat::flow flow("windows");
    flow.input("in", benchmark_input::repeat<hit>(hits, 1)) |
        leat::count_window("count", clock, windower, [](hit const& of) { return of.key; }) |
        leat::output("out", leat::to::for_each(total(sum, guard)));
    double const taken = measure::seconds_of([&] { leat::run(flow, {.workers = workers}); });
    if (sum != records * in_each) std::printf("  WRONG: %llu\n", static_cast<unsigned long long>(sum));
    return taken;
  };
  auto running = [&] {
    leat::flow flow("running");
    std::uint64_t last = 0;
    flow.input("in", benchmark_input::repeat<hit>(hits, 1)) |
        leat::key_on("key", [](hit const& of) { return of.key; }) |
        leat::stateful_map("count", [](std::optional<std::uint64_t>& n, hit const&) { return n ? ++*n : *(n = 1); }) |
        leat::output("out", leat::to::for_each([&last](auto const& each) { last = each.second; }));
    double const taken = measure::seconds_of([&] { leat::run(flow, {}); });
    measure::keep(last);
    return taken;
  };
  auto const by_stream = leat::stream_clock(&hit::time, leat::late_by(0s));
  // With two workers each reads a half of the input, and the times of a key are not in order.
  auto const by_stream_of_halves = leat::stream_clock(&hit::time, leat::late_by(leat::forever));
  auto const by_key = leat::event_clock(&hit::time, leat::late_by(0s));
  auto const minutes = leat::tumbling(length);

  measure::compare("tumbling count, 1 M keys, 4 windows: against a table for each window", counted,
                   {{"hand loop", hand},
                    {"leat, a count without windows", running},
                    {"leat, event_clock", [&] { return counted_by(by_key, minutes, 1, 1); }},
                    {"leat, stream_clock", [&] { return counted_by(by_stream, minutes, 1, 1); }}},
                   1.5, 5);
  measure::compare("tumbling count, stream_clock, -w2 against -w1", counted,
                   {{"leat -w1", [&] { return counted_by(by_stream_of_halves, minutes, 1, 1); }},
                    {"leat -w2", [&] { return counted_by(by_stream_of_halves, minutes, 2, 1); }}},
                   1 / 1.6, 5);
  measure::compare(
      "sliding count, 5 windows for each record: against tumbling", counted,
      {{"leat, tumbling, stream_clock", [&] { return counted_by(by_stream, minutes, 1, 1); }},
       {"leat, sliding, stream_clock", [&] { return counted_by(by_stream, leat::sliding(length, length / 5), 1, 5); }}},
      0, 5);
  measure::compare("sessions of a second: against a count without windows", counted,
                   {{"leat, a count without windows", running},
                    {"leat, sessions, event_clock", [&] { return counted_by(by_key, leat::session(1s), 1, 1); }},
                    {"leat, sessions, stream_clock", [&] { return counted_by(by_stream, leat::session(1s), 1, 1); }}},
                   1.7, 5);
}
