// SPDX-License-Identifier: BSL-1.0
// Counts calls of operator new while a flow runs over N records and over 2 N: in steady state the second half costs
// none.
#include "sources.hpp"

#include <leat/flow.hpp>
#include <leat/op/filter.hpp>
#include <leat/op/key_on.hpp>
#include <leat/op/map.hpp>
#include <leat/run/run.hpp>
#include <leat/state/stateful_map.hpp>
#include <leat/to/output.hpp>

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <optional>
#include <utility>

namespace {

std::atomic<std::uint64_t> allocations{0};

void* counted(std::size_t size, std::size_t alignment) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  std::size_t const rounded = (size + alignment - 1) / alignment * alignment;
  if (void* const memory = std::aligned_alloc(alignment, rounded)) return memory;
  throw std::bad_alloc();
}

}  // namespace

void* operator new(std::size_t size) { return counted(size, alignof(std::max_align_t)); }
void* operator new(std::size_t size, std::align_val_t alignment) {
  return counted(size, static_cast<std::size_t>(alignment));
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }

namespace {

std::uint64_t during(leat::flow const& flow, unsigned workers) {
  std::uint64_t const before = allocations.load();
  leat::run(flow, {.workers = workers});
  return allocations.load() - before;
}

template <class Build>
void compare(char const* name, unsigned workers, Build&& build) {
  leat::flow const once = build(8);
  leat::flow const twice = build(16);
  during(once, workers);
  std::uint64_t const n = during(once, workers);
  std::uint64_t const two_n = during(twice, workers);
  std::printf("%-44s -w%u: %llu allocations over 8 M records, %llu over 16 M\n", name, workers,
              static_cast<unsigned long long>(n), static_cast<unsigned long long>(two_n));
}

}  // namespace

int main() {
  auto const numbers = benchmark_input::random_numbers(1 << 20);
  for (unsigned const workers : {1u, 2u}) {
    compare("map | filter | map", workers, [&](int passes) {
      leat::flow flow("stateless");
      flow.input("in", benchmark_input::repeat<std::uint64_t>(numbers, passes)) |
          leat::map([](std::uint64_t x) { return x * 3; }) | leat::filter([](std::uint64_t x) { return x % 2 == 0; }) |
          leat::map([](std::uint64_t x) { return x + 1; }) |
          leat::output("out", leat::to::for_each([](std::uint64_t) {}));
      return flow;
    });
    compare("key_on | stateful_map, 64 K keys", workers, [&](int passes) {
      leat::flow flow("keyed");
      flow.input("in", benchmark_input::repeat<std::uint64_t>(numbers, passes)) | leat::key_on([](std::uint64_t x) {
        return x % 65536;
      }) | leat::stateful_map("count", [](std::optional<std::uint64_t>& count, std::uint64_t) {
        count = count.value_or(0) + 1;
        return *count;
      }) | leat::output("out", leat::to::for_each([](std::pair<std::uint64_t, std::uint64_t> const&) {}));
      return flow;
    });
  }
}
