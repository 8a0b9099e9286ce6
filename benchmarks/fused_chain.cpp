// SPDX-License-Identifier: BSL-1.0
// Stateless chains against the loop one would write by hand.
#include "measure.hpp"
#include "sources.hpp"

#include <leat/flow.hpp>
#include <leat/from/source.hpp>
#include <leat/op/filter.hpp>
#include <leat/op/map.hpp>
#include <leat/run/run.hpp>
#include <leat/to/output.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace {

auto const step_1 = [](std::uint64_t x) { return x + 7; };
auto const step_2 = [](std::uint64_t x) { return x ^ (x >> 3); };
auto const step_3 = [](std::uint64_t x) { return x * 5; };
auto const step_4 = [](std::uint64_t x) { return x - 11; };
auto const step_5 = [](std::uint64_t x) { return x ^ (x << 5); };

/// A sum that is kept in the loop and handed over at its end.
class summing {
 public:
  explicit summing(std::uint64_t& to) : to_(&to) {}
  void operator()(std::uint64_t x) { sum_ += x; }
  void flush() {
    *to_ += sum_;
    sum_ = 0;
  }

 private:
  std::uint64_t* to_;
  std::uint64_t sum_ = 0;
};

/// A sink that takes whole batches and reads them.
class sum_of_batches {
 public:
  explicit sum_of_batches(std::uint64_t& to) : to_(&to) {}
  class part {
   public:
    explicit part(std::uint64_t& to) : to_(&to) {}
    void write_batch(std::span<std::uint64_t const> records) {
      measure::keep(records.data());
      *to_ += records.size();
    }

   private:
    std::uint64_t* to_;
  };
  part build(leat::step_services const&) const { return part(*to_); }

 private:
  std::uint64_t* to_;
};

constexpr int passes = 40;

void five_maps(benchmark_input::shared_records<std::uint64_t> const& values) {
  double const records = static_cast<double>(values->size()) * passes;
  std::uint64_t by_hand = 0;
  std::uint64_t by_leat = 0;
  measure::compare("5 maps over u64, summed", records,
                   {{"hand loop",
                     [&] {
                       return measure::seconds_of([&] {
                         by_hand = 0;
                         for (int pass = 0; pass != passes; ++pass) {
                           std::uint64_t sum = 0;
                           for (std::uint64_t x : *values) sum += step_5(step_4(step_3(step_2(step_1(x)))));
                           by_hand += sum;
                           measure::keep(by_hand);
                         }
                       });
                     }},
                    {"leat, fused sink",
                     [&] {
                       by_leat = 0;
                       leat::flow flow("chain");
                       flow.input("in", benchmark_input::repeat<std::uint64_t>(values, passes)) | leat::map(step_1) |
                           leat::map(step_2) | leat::map(step_3) | leat::map(step_4) | leat::map(step_5) |
                           leat::output("out", leat::to::for_each(summing(by_leat)));
                       return measure::seconds_of([&] { leat::run(flow); });
                     }}},
                   1.05);
  if (by_hand != by_leat) std::printf("  WRONG: the results differ\n");
}

void filtered(benchmark_input::shared_records<std::uint64_t> const& values, char const* share,
              std::uint64_t threshold) {
  double const records = static_cast<double>(values->size()) * passes;
  std::uint64_t branching = 0;
  std::uint64_t compacting = 0;
  std::uint64_t by_leat = 0;
  auto const pass = [threshold](std::uint64_t x) { return (x >> 32) < threshold; };
  std::vector<std::uint64_t> batch(1024);
  auto by_hand = [&](std::uint64_t& total, auto&& loop) {
    return measure::seconds_of([&] {
      total = 0;
      for (int round = 0; round != passes; ++round)
        for (std::size_t i = 0; i < values->size(); i += 1024) {
          std::size_t const kept = loop(values->data() + i, std::min<std::size_t>(1024, values->size() - i));
          measure::keep(batch.data());
          total += kept;
        }
    });
  };
  auto const branch = [&](std::uint64_t const* from, std::size_t count) {
    std::size_t kept = 0;
    std::uint64_t* const to = batch.data();
    for (std::size_t i = 0; i != count; ++i) {
      std::uint64_t const x = step_3(step_2(step_1(from[i])));
      if (pass(x)) to[kept++] = step_5(step_4(x));
    }
    return kept;
  };
  auto const compact = [&](std::uint64_t const* from, std::size_t count) {
    std::size_t kept = 0;
    std::uint64_t* const to = batch.data();
    for (std::size_t i = 0; i != count; ++i) {
      std::uint64_t const x = step_3(step_2(step_1(from[i])));
      to[kept] = x;
      kept += pass(x);
    }
    for (std::size_t i = 0; i != kept; ++i) to[i] = step_5(step_4(to[i]));
    return kept;
  };
  // The better of the two hand loops is the measure: it is found first, then put first.
  double const a = by_hand(branching, branch) + by_hand(branching, branch);
  double const b = by_hand(compacting, compact) + by_hand(compacting, compact);
  std::vector<measure::variant> variants;
  variants.emplace_back("hand loop, branching", [&] { return by_hand(branching, branch); });
  variants.emplace_back("hand loop, compacting", [&] { return by_hand(compacting, compact); });
  if (b < a) std::swap(variants[0], variants[1]);
  variants.emplace_back("leat, into batches", [&] {
    by_leat = 0;
    leat::flow flow("chain");
    flow.input("in", benchmark_input::repeat<std::uint64_t>(values, passes)) | leat::map(step_1) | leat::map(step_2) |
        leat::map(step_3) | leat::filter(pass) | leat::map(step_4) | leat::map(step_5) |
        leat::output("out", sum_of_batches(by_leat));
    return measure::seconds_of([&] { leat::run(flow); });
  });
  measure::compare(std::string("the same with a filter, ") + share + " pass, into batches", records, variants, 1.15);
  if (by_leat != branching || by_leat != compacting) std::printf("  WRONG: the results differ\n");
}

}  // namespace

int main() {
  auto const values = benchmark_input::random_numbers(1 << 20);
  five_maps(values);
  filtered(values, "all", 0x100000000u);
  filtered(values, "50 %", 0x80000000u);
  filtered(values, "1 %", 42949672u);
  filtered(values, "99 %", 4252017623u);
}
