// SPDX-License-Identifier: BSL-1.0
// Two workers send each other numbers in rounds, each routed by its key's hash; a round is over when all its records
// have arrived. Against two threads with hand-written single-producer queues and the same hash.
#include "measure.hpp"
#include "play.hpp"
#include "rounds.hpp"
#include "sources.hpp"

#include <leat/flow.hpp>
#include <leat/op/running/slot_ownership.hpp>
#include <leat/route/exchange/slot.hpp>
#include <leat/route/redistribute.hpp>
#include <leat/run/run.hpp>
#include <leat/to/output.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

namespace {

using benchmark_play::contender;
using benchmark_play::hex;
using benchmark_play::input;
using benchmark_play::outcome;

// --- by hand -------------------------------------------------------------------------------------------------------

constexpr std::size_t batch_records = 2048;

struct batch {
  std::size_t count = 0;
  std::array<std::uint64_t, batch_records + 256> records;
};

/// A single-producer, single-consumer ring of pointers.
class pointer_ring {
 public:
  bool push(batch* item) {
    std::uint64_t const tail = tail_.load(std::memory_order_relaxed);
    if (tail - head_.load(std::memory_order_acquire) == slots_.size()) return false;
    slots_[tail % slots_.size()] = item;
    tail_.store(tail + 1, std::memory_order_release);
    return true;
  }
  batch* pop() {
    std::uint64_t const head = head_.load(std::memory_order_relaxed);
    if (head == tail_.load(std::memory_order_acquire)) return nullptr;
    batch* const item = slots_[head % slots_.size()];
    head_.store(head + 1, std::memory_order_release);
    return item;
  }

 private:
  std::array<batch*, 32> slots_{};
  alignas(64) std::atomic<std::uint64_t> tail_{0};
  alignas(64) std::atomic<std::uint64_t> head_{0};
};

struct hand_channel {
  hand_channel() {
    for (batch& batch : batches) back.push(&batch);
  }
  std::array<batch, 16> batches;
  pointer_ring forward;
  pointer_ring back;
};

struct hand_exchange {
  hand_channel channels[2][2];
  benchmark_rounds::arrivals arrived;
};

class hand_worker {
 public:
  hand_worker(hand_exchange& of, unsigned worker) : shared_(of), worker_(worker) {}

  void run(std::uint64_t const* records, std::size_t per_round, int rounds) {
    for (int round = 1; round <= rounds; ++round) {
      std::uint64_t const* const from = records;
      for (std::size_t done = 0; done < per_round; done += 256) {
        std::size_t const now = std::min<std::size_t>(256, per_round - done);
        for (unsigned to = 0; to != 2; ++to) make_room(to);
        std::uint64_t* a = filling_[0]->records.data() + filling_[0]->count;
        std::uint64_t* b = filling_[1]->records.data() + filling_[1]->count;
        std::uint64_t* const a_begin = a;
        std::uint64_t* const b_begin = b;
        for (std::size_t i = 0; i != now; ++i) {
          std::uint64_t const x = from[done + i];
          std::size_t const second = leat::slot_ownership(2).owner(leat::slot_of(leat::key_hash(x)));
          *a = x;
          *b = x;
          a += 1 - second;
          b += second;
        }
        filling_[0]->count += static_cast<std::size_t>(a - a_begin);
        filling_[1]->count += static_cast<std::size_t>(b - b_begin);
        if (done % 2048 == 0) receive();
      }
      for (unsigned to = 0; to != 2; ++to)
        if (filling_[to] != nullptr && filling_[to]->count != 0) send(to);
      while (shared_.arrived.total() < static_cast<std::uint64_t>(round) * per_round * 2) receive();
    }
  }

 private:
  void make_room(unsigned to) {
    if (filling_[to] != nullptr && filling_[to]->count + 256 <= batch_records) return;
    if (filling_[to] != nullptr) send(to);
    while ((filling_[to] = shared_.channels[worker_][to].back.pop()) == nullptr) receive();
    filling_[to]->count = 0;
  }
  void send(unsigned to) {
    while (!shared_.channels[worker_][to].forward.push(filling_[to])) receive();
    filling_[to] = nullptr;
  }
  void receive() {
    for (unsigned from = 0; from != 2; ++from)
      while (batch* const got = shared_.channels[from][worker_].forward.pop()) {
        std::uint64_t sum = 0;
        for (std::size_t i = 0; i != got->count; ++i) sum += got->records[i];
        measure::keep(sum);
        shared_.arrived.at[worker_].add(got->count);
        shared_.channels[from][worker_].back.push(got);
      }
  }

  hand_exchange& shared_;
  unsigned worker_;
  batch* filling_[2] = {nullptr, nullptr};
};

outcome played_by_hand(std::vector<std::uint64_t> const& records, std::size_t per_round, int rounds) {
  auto shared = std::make_unique<hand_exchange>();
  double const seconds = measure::seconds_of([&] {
    std::thread other([&] { hand_worker(*shared, 1).run(records.data(), per_round, rounds); });
    hand_worker(*shared, 0).run(records.data(), per_round, rounds);
    other.join();
  });
  return {seconds, hex(shared->arrived.total())};
}

// --- by leat -------------------------------------------------------------------------------------------------------

outcome played_by_leat(std::vector<std::uint64_t> const& records, std::size_t per_round, int rounds) {
  benchmark_rounds::arrivals arrived;
  benchmark_rounds::schedule<std::uint64_t> const schedule(records, per_round, rounds, arrived);
  leat::flow flow("exchange");
  flow.input("in", benchmark_rounds::source(schedule)) |
      leat::redistribute("by key", leat::by([](std::uint64_t x) { return x; })) |
      leat::output("out", benchmark_rounds::sink<std::uint64_t>(arrived));
  // The end of a round is seen by looking, not by being woken: neither side sleeps.
  double const seconds =
      measure::seconds_of([&] { leat::run(flow, {.workers = 2, .spin = std::chrono::seconds(10)}); });
  return {seconds, hex(arrived.total())};
}

/// The data are the numbers that each worker sends in a round, and its passes are the rounds.
std::vector<contender> exchange(input const& of) {
  auto const records = benchmark_play::numbers(of.data);
  return {{"hand", [=, rounds = of.passes] { return played_by_hand(*records, records->size(), rounds); }},
          {"leat -w2", [=, rounds = of.passes] { return played_by_leat(*records, records->size(), rounds); }}};
}

}  // namespace

int main(int argc, char** argv) { return benchmark_play::play(argc, argv, {{"exchange", &exchange}}); }
