// SPDX-License-Identifier: BSL-1.0
#include <leat/error.hpp>
#include <leat/flow.hpp>
#include <leat/from/test.hpp>
#include <leat/op/flat_map_batch.hpp>
#include <leat/run/run.hpp>
#include <leat/to/collect.hpp>
#include <leat/to/for_each.hpp>
#include <leat/to/output.hpp>

#include "scratch.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <span>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using numbers = std::vector<int>;

TEST_CASE("items come in batches of the size asked for") {
  polled p(leat::from::test<int>({0, 1, 2, 3, 4}).batch_size(2));
  CHECK(p.next() == numbers{0, 1});
  CHECK(p.next() == numbers{2, 3});
  CHECK(p.next() == numbers{4});
  CHECK(!p.reading);

  polled one_by_one(leat::from::test<int>({7, 8}));
  CHECK(one_by_one.next() == numbers{7});
  CHECK(one_by_one.next() == numbers{8});
  CHECK(!one_by_one.reading);
  CHECK(polled(leat::from::test<int>({})).rest().empty());
}

TEST_CASE("an end mark ends the input; resumed, it goes on past it") {
  auto const source = leat::from::test<int>({0, 1, 2, leat::from::end_of_input{}, 3, 4}).batch_size(2);
  polled first(source);
  CHECK(first.next() == numbers{0, 1});
  CHECK(first.next() == numbers{2});
  CHECK(!first.reading);
  polled second(source, "", first.partition.snapshot());
  CHECK(second.next() == numbers{3, 4});
  CHECK(!second.reading);

  auto const after_a_full_batch = leat::from::test<int>({0, 1, leat::from::end_of_input{}, 2}).batch_size(2);
  polled full(after_a_full_batch);
  CHECK(full.rest() == numbers{0, 1});
  CHECK(polled(after_a_full_batch, "", full.partition.snapshot()).rest() == numbers{2});
}

TEST_CASE("an abort mark fails the run once") {
  numbers seen;
  leat::flow flow("test");
  flow.input("in", leat::from::test<int>({1, leat::from::abort{}, 2})) | leat::output("out", leat::to::test(seen));
  CHECK(has(message_of([&] { leat::run(flow); }), "from::test came to an abort mark"));
  CHECK(seen == numbers{1});
  leat::run(flow);
  CHECK(seen == numbers{1, 1, 2});
}

TEST_CASE("a pause puts off what follows") {
  polled p(leat::from::test<std::string>({"a", leat::from::pause(5s), "b"}).batch_size(10));
  CHECK(p.next() == std::vector<std::string>{"a"});
  CHECK(p.partition.next_awake() == p.worker.steady + 5s);
  CHECK(p.next() == std::vector<std::string>{"b"});
  CHECK(p.partition.next_awake() == std::nullopt);
}

TEST_CASE("a source of tests in a run with several workers keeps its order") {
  numbers seen;
  leat::flow flow("test");
  flow.input("in", leat::from::test<int>({1, 2, leat::from::pause(1us), 3})) |
      leat::output("out", leat::to::test(seen));
  leat::run(flow, {.workers = 4});
  CHECK(seen == numbers{1, 2, 3});
}

TEST_CASE("from::test: what stands before an abort is sent, and a used abort takes no place in a batch") {
  using leat::from::abort;
  leat::flow flow("aborts");
  std::vector<std::vector<int>> batches;
  flow.input("in", leat::from::test<int>({1, abort{}, 2, 3}).batch_size(2)) |
      leat::flat_map_batch([&batches](std::span<int> batch) {
        batches.emplace_back(batch.begin(), batch.end());
        return std::vector<int>();
      }) |
      leat::output("out", leat::to::for_each([](int) {}));
  CHECK_THROWS_AS(leat::run(flow), leat::run_error);
  CHECK(batches == std::vector<std::vector<int>>{{1}});
  batches.clear();
  leat::run(flow);
  CHECK(batches == std::vector<std::vector<int>>{{1, 2}, {3}});
}
