// SPDX-License-Identifier: BSL-1.0
#include <doctest/doctest.h>

#include <leat/from/iterable.hpp>
#include <leat/op/flat_map_batch.hpp>
#include <leat/op/map.hpp>

#include "op/flows.hpp"

#include <atomic>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

TEST_CASE("flat_map_batch: a batch in, a range out (C3)") {
  auto words = [](std::span<std::string const> batch) {
    std::vector<std::string> texts;
    for (std::string const& line : batch) {
      std::size_t const at = line.find(' ');
      texts.push_back(line.substr(0, at));
      texts.push_back(line.substr(at + 1));
    }
    return texts;
  };
  flows::however_run<std::string, std::string>(
      {"split this", "and this"}, [&](auto& s) { return s | leat::flat_map_batch("split", words); },
      [](std::vector<std::string> const& got, bool) {
        CHECK(flows::sorted(got) == std::vector<std::string>{"and", "split", "this", "this"});
      });
}

TEST_CASE("flat_map_batch: once per batch; a record may be a whole list (C29)") {
  auto ten_times = [](std::span<int> batch) {
    std::vector<int> many;
    for (int i = 0; i != 10; ++i) many.insert(many.end(), batch.begin(), batch.end());
    return std::vector<std::vector<int>>{many};
  };
  std::vector<std::vector<int>> got;
  leat::flow flow{"test"};
  flow.input("in", flows::dealt<int>({1, 2})) | leat::flat_map_batch(ten_times) |
      leat::output("out", leat::to::collect(got));
  leat::run(flow);
  REQUIRE(got.size() == 1);
  REQUIRE(got.front().size() == 20);
  CHECK(got.front()[18] == 1);
  CHECK(got.front()[19] == 2);
}

TEST_CASE("flat_map_batch: batches are as long as the runtime makes them") {
  static std::atomic<int> calls;
  calls = 0;
  auto count = [](std::span<int const> batch, auto emit) {
    ++calls;
    emit(static_cast<int>(batch.size()));
  };
  leat::options options;
  options.batch_size = 4;
  auto const sizes = flows::through<int, int>(
      {1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, [&](auto s) { return s | leat::flat_map_batch<int>(count); }, options);
  CHECK(sizes == std::vector<int>{4, 4, 2});
  CHECK(calls == 3);
}

TEST_CASE("flat_map_batch: f may move from the batch, also where the stream is shared; views become strings") {
  flows::however_run<std::string, std::string>(
      {"a long text that is not kept in place", "b"},
      [](auto& s) {
        return s | leat::flat_map_batch("take", [](auto batch) {
                 std::vector<std::string> texts;
                 for (std::string& text : batch) texts.push_back(std::move(text));
                 return texts;
               });
      },
      [](std::vector<std::string> const& got, bool) {
        CHECK(got == std::vector<std::string>{"a long text that is not kept in place", "b"});
      });
  CHECK(flows::through<std::string, std::string>({"abc"}, [](auto s) {
          return s | leat::flat_map_batch([](std::span<std::string> batch) {
                   return std::vector<std::string_view>{std::string_view(batch[0]).substr(1)};
                 });
        }) == std::vector<std::string>{"bc"});
}

TEST_CASE("flat_map_batch: records that can only be moved, more out than a batch holds") {
  auto const got = flows::through<int, int>({1}, [](auto s) {
    return s | leat::map([](int x) { return std::make_unique<int>(x); }) |
           leat::flat_map_batch<int>([](std::span<std::unique_ptr<int>> batch, auto emit) {
             for (auto& p : batch)
               for (int i = 0; i != 5000; ++i) emit(*p + i);
           });
  });
  REQUIRE(got.size() == 5000);
  CHECK(got.back() == 5000);
}

TEST_CASE("flat_map_batch: an exception names the step") {
  std::vector<int> got;
  leat::flow flow{"test"};
  flow.input("in", flows::dealt<int>({1})) |
      leat::flat_map_batch("batch", [](std::span<int>) -> std::vector<int> { throw std::runtime_error("bad"); }) |
      leat::output("out", leat::to::collect(got));
  try {
    leat::run(flow);
    FAIL("it should have thrown");
  } catch (leat::run_error const& e) {
    CHECK(e.step == "test.batch");
  }
}
