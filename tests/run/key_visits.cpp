// SPDX-License-Identifier: BSL-1.0
#include <doctest/doctest.h>

#include <leat/from/range.hpp>
#include <leat/op/async_map.hpp>
#include <leat/op/flat_map.hpp>
#include <leat/op/map.hpp>
#include <leat/run/run.hpp>
#include <leat/state/join.hpp>
#include <leat/state/stateful.hpp>
#include <leat/to/for_each.hpp>
#include <leat/to/output.hpp>

#include "run/owned_memory.hpp"

#include <atomic>
#include <cstddef>
#include <optional>
#include <tuple>
#include <utility>

namespace {

using namespace owned_memory;

constexpr int keys = 1500;

/// Says something long when its key is visited: at the end, or when it has been woken often enough.
class late_speaker : public leat::stateful_logic<int, counted_text, int> {
 public:
  explicit late_speaker(bool is_woken) : is_woken_(is_woken) {}
  leat::retention on_item(int number, leat::logic_results<counted_text>& out) {
    value_ = number;
    woken_at_ = out.now();
    return leat::retention::retain;
  }
  std::optional<leat::wall_time> notify_at() const { return is_woken_ ? std::optional(woken_at_) : std::nullopt; }
  leat::retention on_notify(leat::logic_results<counted_text>& out) {
    if (++times_woken_ < 3) return leat::retention::retain;
    out(text_of(value_));
    return leat::retention::discard;
  }
  leat::retention on_eof(leat::logic_results<counted_text>& out) {
    out(text_of(value_));
    return leat::retention::discard;
  }
  int snapshot() const { return value_; }

 private:
  bool is_woken_;
  int value_ = 0;
  int times_woken_ = 0;
  leat::wall_time woken_at_;
};

/// The next step takes in what it is given, whole batches of it, and deals with it later.
template <class S>
void into_a_step_that_waits(S&& results, std::atomic<std::size_t>& seen) {
  using record = leat::detail::record_of<S>;
  std::forward<S>(results) | leat::async_map("wait", [](record) -> leat::task<int> { co_return 1; }) |
      leat::output("out", leat::to::for_each([&seen](int) { ++seen; }));
}

auto with_keys() {
  return leat::map([](int x) { return std::pair<int, int>(x, x); });
}

}  // namespace

TEST_CASE("what many keys say at once is bounded by its bytes: at the end, at a time, as rows of a join") {
  for (unsigned const workers : {1u, 4u}) {
    CAPTURE(workers);
    leat::options options;
    options.workers = workers;
    for (bool const woken : {false, true}) {
      CAPTURE(woken);
      std::atomic<std::size_t> seen{0};
      std::size_t const most = most_owned_in([&] {
        leat::flow flow("late");
        into_a_step_that_waits(flow.input("in", leat::from::range(keys)) | with_keys() |
                                   leat::stateful("speak", [woken](std::optional<int>) { return late_speaker(woken); }),
                               seen);
        leat::run(flow, options);
      });
      CHECK(seen == keys);
      CHECK(most <= workers * 8 * page);
    }

    std::atomic<std::size_t> seen{0};
    std::size_t const of_join = most_owned_in([&] {
      leat::flow flow("join");
      leat::stream texts = flow.input("texts", leat::from::range(100)) |
                           leat::map([](int x) { return std::pair<int, counted_text>(x, text_of(x)); });
      leat::stream numbers = flow.input("numbers", leat::from::range(1600)) |
                             leat::map([](int x) { return std::pair<int, int>(x % 100, x); });
      into_a_step_that_waits(leat::join("rows", leat::join_insert::product, leat::join_emit::final, texts, numbers),
                             seen);
      leat::run(flow, options);
    });
    CHECK(seen == 1600);
    CHECK(of_join <= 100 * page + workers * (8 + 2 * 16) * page);
  }
}
