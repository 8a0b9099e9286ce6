// SPDX-License-Identifier: BSL-1.0
#include <leat/op/function/shown_record.hpp>

#include <doctest/doctest.h>

#include <leat/from/iterable.hpp>
#include <leat/op/filter.hpp>
#include <leat/op/flat_map.hpp>
#include <leat/op/key_on.hpp>
#include <leat/op/map.hpp>
#include <leat/op/map_value.hpp>
#include <leat/state/stateful_map.hpp>
#include <leat/to/collect.hpp>
#include <leat/to/for_each.hpp>
#include <leat/to/output.hpp>

#include "fixture/shapes.hpp"
#include "op/flows.hpp"

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

/// A record whose text throws.
struct unspeakable {
  int number = 0;
  friend std::string to_text(unspeakable const&) { throw std::runtime_error("no text"); }
};

/// What the run of these records through this step fails of, from the step's place on.
template <class T, class Step>
std::string error_of(std::vector<T> records, Step step, leat::options const& options = {}) {
  leat::flow flow("errors");
  flow.input("in", leat::from::iterable(std::move(records))) | std::move(step) |
      leat::output("out", leat::to::for_each([](auto const&) {}));
  try {
    leat::run(flow, options);
  } catch (leat::run_error const& failure) {
    std::string const text = failure.what();
    return text.substr(text.find(") failed on ") + 2);
  }
  return "no error";
}

}  // namespace

TEST_CASE("an error shows the record that a function threw at, on every shape") {
  leat::test::for_each_shape([](leat::test::shape const& shape) {
    std::vector<int> empty;
    leat::flow flow("errors");
    flow.input("in", leat::from::iterable(std::vector<std::pair<std::string, int>>{{"a", 1}, {"b", 2}})) |
        leat::map("picky",
                  [](std::pair<std::string, int> const& record) {
                    if (record.second == 2) throw std::out_of_range("map::at");
                    return record.second;
                  }) |
        leat::output("out", leat::to::collect(empty));
    CHECK_THROWS_WITH_AS(shape.run(flow, empty), doctest::Contains("in epoch 1 at (b, 2): map::at"), leat::run_error);
  });
}

TEST_CASE("an error shows a record only where the function cannot have changed it") {
  auto const fails = [](auto) -> int { throw std::runtime_error("no"); };
  std::string const plain = "failed on worker 0 in epoch 1: no";
  CHECK(error_of(std::vector{7}, leat::map(fails)) == "failed on worker 0 in epoch 1 at 7: no");
  CHECK(error_of(std::vector{7}, leat::map([](int&&) -> int { throw std::runtime_error("no"); })) == plain);
  CHECK(error_of(std::vector{7}, leat::filter([](int) -> bool { throw std::runtime_error("no"); })) ==
        "failed on worker 0 in epoch 1 at 7: no");
  CHECK(error_of(std::vector{7}, leat::flat_map([](int) -> std::vector<int> { throw std::runtime_error("no"); })) ==
        "failed on worker 0 in epoch 1 at 7: no");
  std::vector<std::string> const texts{"x"};
  CHECK(error_of(texts, leat::map([](std::string const&) -> int { throw std::runtime_error("no"); })) ==
        "failed on worker 0 in epoch 1 at x: no");
  CHECK(error_of(texts, leat::map([](std::string) -> int { throw std::runtime_error("no"); })) == plain);
  CHECK(error_of(texts, leat::map(fails)) == plain);
}

TEST_CASE("what an error shows of a record is short, printable, and can be left out") {
  auto const step = leat::map([](std::string const&) -> int { throw std::runtime_error("no"); });
  CHECK(error_of(std::vector<std::string>{"a\nb\x1b"}, step) == "failed on worker 0 in epoch 1 at a\\x0ab\\x1b: no");
  CHECK(error_of(std::vector<std::string>{std::string(1000, 'y')}, step) ==
        "failed on worker 0 in epoch 1 at " + std::string(200, 'y') + "...: no");
  leat::options secret;
  secret.show_records = false;
  CHECK(error_of(std::vector<std::string>{"a"}, step, secret) == "failed on worker 0 in epoch 1: no");
  CHECK(error_of(std::vector<unspeakable>{{1}}, leat::map([](unspeakable) -> int {
                   throw std::runtime_error("no");
                 })) == "failed on worker 0 in epoch 1: no");
}

TEST_CASE("an error shows the key that a stateful function threw at, on every shape") {
  using pair = std::pair<std::string, int>;
  leat::test::for_each_shape([](leat::test::shape const& shape) {
    std::vector<pair> empty;
    leat::flow flow("errors");
    flow.input("in", leat::from::iterable(std::vector<pair>{{"a", 1}, {"b", 2}})) |
        leat::stateful_map("picky",
                           [](std::optional<int>& state, int value) {
                             if (value == 2) throw std::out_of_range("map::at");
                             return *(state = value);
                           }) |
        leat::output("out", leat::to::collect(empty));
    CHECK_THROWS_WITH_AS(shape.run(flow, empty), doctest::Contains("in epoch 1 at key b: map::at"), leat::run_error);
  });
}
