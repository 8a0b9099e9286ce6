// SPDX-License-Identifier: BSL-1.0
// Stateless chains over numbers, summed: against the loop one would write by hand.
#include "measure.hpp"
#include "play.hpp"
#include "sources.hpp"

#include <leat/flow.hpp>
#include <leat/from/source.hpp>
#include <leat/op/filter.hpp>
#include <leat/op/map.hpp>
#include <leat/run/run.hpp>
#include <leat/to/output.hpp>

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

namespace {

using benchmark_play::contender;
using benchmark_play::hex;
using benchmark_play::input;
using benchmark_play::outcome;

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

template <class Pass>
outcome timed(int passes, Pass&& pass) {
  std::uint64_t sum = 0;
  double const seconds = measure::seconds_of([&] {
    for (int n = 0; n != passes; ++n) {
      sum += pass();
      measure::keep(sum);
    }
  });
  return {seconds, hex(sum)};
}

template <class Build>
outcome run(Build&& build) {
  std::uint64_t sum = 0;
  leat::flow flow("chain");
  build(flow, summing(sum));
  double const seconds = measure::seconds_of([&] { leat::run(flow); });
  return {seconds, hex(sum)};
}

std::vector<contender> five_maps(input const& of) {
  auto const values = benchmark_play::numbers(of.data);
  return {{"hand",
           [=, passes = of.passes] {
             return timed(passes, [&] {
               std::uint64_t sum = 0;
               for (std::uint64_t x : *values) sum += step_5(step_4(step_3(step_2(step_1(x)))));
               return sum;
             });
           }},
          {"leat -w1", [=, passes = of.passes] {
             return run([&](leat::flow& flow, summing sum) {
               flow.input("in", benchmark_input::repeat<std::uint64_t>(values, passes)) | leat::map(step_1) |
                   leat::map(step_2) | leat::map(step_3) | leat::map(step_4) | leat::map(step_5) |
                   leat::output("out", leat::to::for_each(sum));
             });
           }}};
}

/// Three maps, a filter, two maps. `kept`: how many of 2^32 pass.
std::vector<contender> filtered(input const& of, std::uint64_t kept) {
  auto const values = benchmark_play::numbers(of.data);
  auto const pass = [kept](std::uint64_t x) { return (x >> 32) < kept; };
  auto const branching = [=] {
    std::uint64_t sum = 0;
    for (std::uint64_t x : *values) {
      std::uint64_t const changed = step_3(step_2(step_1(x)));
      if (pass(changed)) sum += step_5(step_4(changed));
    }
    return sum;
  };
  auto const compacting = [=] {
    std::uint64_t batch[1024];
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < values->size(); i += std::size(batch)) {
      std::span const from = std::span(*values).subspan(i, std::min(std::size(batch), values->size() - i));
      std::size_t count = 0;
      for (std::uint64_t x : from) {
        batch[count] = step_3(step_2(step_1(x)));
        count += pass(batch[count]);
      }
      for (std::size_t k = 0; k != count; ++k) sum += step_5(step_4(batch[k]));
    }
    return sum;
  };
  return {{"hand, branching", [=, passes = of.passes] { return timed(passes, branching); }},
          {"hand, compacting", [=, passes = of.passes] { return timed(passes, compacting); }},
          {"leat -w1", [=, passes = of.passes] {
             return run([&](leat::flow& flow, summing sum) {
               flow.input("in", benchmark_input::repeat<std::uint64_t>(values, passes)) | leat::map(step_1) |
                   leat::map(step_2) | leat::map(step_3) | leat::filter(pass) | leat::map(step_4) | leat::map(step_5) |
                   leat::output("out", leat::to::for_each(sum));
             });
           }}};
}

}  // namespace

int main(int argc, char** argv) {
  return benchmark_play::play(argc, argv,
                              {{"five_maps", &five_maps},
                               {"filter_all", [](input const& of) { return filtered(of, 0x100000000u); }},
                               {"filter_half", [](input const& of) { return filtered(of, 0x80000000u); }},
                               {"filter_percent", [](input const& of) { return filtered(of, 42949672u); }}});
}
