// SPDX-License-Identifier: BSL-1.0
#include <doctest/doctest.h>

#include <leat/flow.hpp>
#include <leat/from/iterable.hpp>
#include <leat/op/map.hpp>
#include <leat/op/merge.hpp>
#include <leat/route/redistribute.hpp>
#include <leat/state/count_final.hpp>
#include <leat/state/stateful_map.hpp>
#include <leat/to/collect.hpp>
#include <leat/to/output.hpp>

#include "fixture/one_at_a_time.hpp"
#include "fixture/shapes.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <numeric>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

using leat::test::for_each_shape;
using leat::test::one_at_a_time;
using leat::test::shape;
using counts = std::vector<std::pair<std::string, std::uint64_t>>;

namespace {

std::vector<int> numbers_from(int first, int count) {
  std::vector<int> numbers(static_cast<std::size_t>(count));
  std::iota(numbers.begin(), numbers.end(), first);
  return numbers;
}
std::vector<int> numbers(int count) { return numbers_from(0, count); }

/// Sees what comes to it together with the marks, on each worker.
struct seen {
  std::mutex mutex;
  std::map<unsigned, std::vector<std::vector<int>>> epochs_of_worker;
};
class epoch_sink {
 public:
  explicit epoch_sink(seen& into) : into_(&into) {}
  class partition {
   public:
    partition(seen& into, unsigned worker) : into_(&into), worker_(worker) {}
    void write_batch(std::span<int const> records) { open_.insert(open_.end(), records.begin(), records.end()); }
    void flush() {
      std::lock_guard const lock(into_->mutex);
      into_->epochs_of_worker[worker_].push_back(std::exchange(open_, {}));
    }

   private:
    seen* into_;
    unsigned worker_;
    std::vector<int> open_;
  };
  partition build(leat::step_services const& services) const { return {*into_, services.worker_index()}; }

 private:
  seen* into_;
};

}  // namespace

TEST_CASE("counting by key gives the same in every shape") {
  std::vector<std::string> words;
  for (int i = 0; i != 500; ++i) words.push_back("word" + std::to_string(i * i % 23));
  std::map<std::string, std::uint64_t> expected;
  for (std::string const& word : words) ++expected[word];

  for_each_shape(
      [&](shape const& shape) {
        counts got;
        leat::flow flow{"count"};
        flow.input("in", leat::from::iterable(words)) |
            leat::count_final("count", [](std::string const& word) { return word; }) |
            leat::output("out", leat::to::collect(got));
        shape.run(flow, got);
        std::sort(got.begin(), got.end());
        CHECK(got == counts(expected.begin(), expected.end()));
      },
      60);
}

TEST_CASE("each key keeps its order over two exchanges with credit for two packets, or for one frame") {
  int const keys = 7;
  for_each_shape(
      [&](shape shape) {
        shape.channel_packets = 2;
        shape.options.channel_bytes = 1;
        shape.options.batch_size = 2;
        std::vector<std::pair<int, int>> got;
        leat::flow flow{"order"};
        flow.input("in", leat::from::iterable(numbers(400))) |
            leat::map([](int x) { return std::pair<int, int>(x % keys, x); }) |
            leat::stateful_map("first", [](std::optional<int>&, int x) { return x; }) |
            leat::map([](std::pair<int, int> const& p) { return std::pair<int, int>(p.first + 100, p.second); }) |
            leat::stateful_map("second", [](std::optional<int>&, int x) { return x; }) |
            leat::output("out", leat::to::collect(got));
        shape.run(flow, got);
        REQUIRE(got.size() == 400);
        std::map<int, int> last;
        bool in_order = true;
        for (auto const& [key, value] : got) {
          auto const [found, first] = last.try_emplace(key, value);
          in_order = in_order && (first || found->second < value);
          found->second = value;
        }
        CHECK(in_order);
        CHECK(last.size() == keys);
      },
      60);
}

TEST_CASE("a stream merged with itself by way of an exchange is cut exactly, with epochs of every turn") {
  for_each_shape(
      [](shape const& base) {
        shape shape = base.epochs_of_every_turn();
        seen at_sink;
        leat::flow flow{"cut"};
        leat::stream numbers_in = flow.input("in", one_at_a_time<int>({numbers(150), numbers_from(150, 150)}));
        leat::stream direct = numbers_in | leat::map([](int x) { return x; });
        leat::stream moved = numbers_in | leat::redistribute("spread");
        leat::merge("both", direct, moved) | leat::output("out", epoch_sink(at_sink));
        shape.run(flow, at_sink.epochs_of_worker);

        // Whatever the shape: each number came twice, and both times in the same epoch.
        std::map<int, std::vector<std::size_t>> epochs_of;
        for (auto const& [worker, epochs] : at_sink.epochs_of_worker)
          for (std::size_t e = 0; e != epochs.size(); ++e)
            for (int x : epochs[e]) epochs_of[x].push_back(e);
        CHECK(epochs_of.size() == 300);
        bool exact = true;
        for (auto const& [x, epochs] : epochs_of) exact = exact && epochs.size() == 2 && epochs[0] == epochs[1];
        CHECK(exact);
        CHECK(at_sink.epochs_of_worker.begin()->second.size() > 100);
      },
      60);
}

TEST_CASE("barriers to workers that get no records do not stop the flow") {
  for_each_shape(
      [](shape const& base) {
        shape const shape = base.epochs_of_every_turn();
        std::vector<std::pair<int, int>> got;
        leat::flow flow{"hot"};
        flow.input("in", one_at_a_time<int>(numbers(1000))) |
            leat::map([](int x) { return std::pair<int, int>(7, x); }) |
            leat::stateful_map("keep", [](std::optional<int>&, int x) { return x; }) |
            leat::output("out", leat::to::collect(got));
        shape.run(flow, got);
        bool in_order = true;
        for (std::size_t i = 0; i != got.size(); ++i) in_order = in_order && got[i].second == static_cast<int>(i);
        CHECK(got.size() == 1000);
        CHECK(in_order);
      },
      20);
}

TEST_CASE("a failure of one worker is the failure of the run, with its cause") {
  for_each_shape(
      [](shape const& shape) {
        std::vector<int> got;
        leat::flow flow{"bad"};
        flow.input("in", leat::from::iterable(numbers(100))) | leat::redistribute("spread") |
            leat::map("boom",
                      [](int x) {
                        if (x == 77) throw std::runtime_error("77 came");
                        return x;
                      }) |
            leat::output("out", leat::to::collect(got));
        std::string text;
        try {
          shape.run(flow, got);
        } catch (leat::run_error const& failure) {
          text = failure.what();
          CHECK(failure.step == "bad.boom");
        }
        CAPTURE(text);
        CHECK(text.find("\"bad.boom\"") != std::string::npos);
        CHECK(text.find("77 came") != std::string::npos);
      },
      30);
}

TEST_CASE("an empty input ends in every shape") {
  for_each_shape([](shape const& shape) {
    std::vector<int> got;
    leat::flow flow{"empty"};
    flow.input("in", leat::from::iterable(std::vector<int>{})) | leat::redistribute("spread") |
        leat::output("out", leat::to::collect(got));
    shape.run(flow, got);
    CHECK(got.empty());
  });
}
