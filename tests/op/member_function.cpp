// SPDX-License-Identifier: BSL-1.0
#include <doctest/doctest.h>

#include <leat/op/async_map.hpp>
#include <leat/op/branch.hpp>
#include <leat/op/enrich_cached.hpp>
#include <leat/op/filter.hpp>
#include <leat/op/filter_map.hpp>
#include <leat/op/filter_map_value.hpp>
#include <leat/op/filter_value.hpp>
#include <leat/op/flat_map.hpp>
#include <leat/op/flat_map_value.hpp>
#include <leat/op/inspect.hpp>
#include <leat/op/key_on.hpp>
#include <leat/op/map.hpp>
#include <leat/op/map_value.hpp>
#include <leat/op/or_else.hpp>
#include <leat/route/redistribute.hpp>
#include <leat/state/count_final.hpp>
#include <leat/state/fold_final.hpp>
#include <leat/state/reduce_final.hpp>
#include <leat/to/for_each.hpp>

#include "op/flows.hpp"

#include <atomic>
#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

struct trade {
  std::string symbol;
  int price = 0;
  bool ok = true;

  int doubled() const { return 2 * price; }
  std::string taken() && { return std::move(symbol); }
  std::optional<int> positive() const { return price > 0 ? std::optional<int>(price) : std::nullopt; }
  leat::task<int> looked_up() { co_return price + 1; }
  std::vector<int> price_and_double() const { return {price, 2 * price}; }
  int checked() const { return price > 0 ? price : throw std::runtime_error("no price"); }
  void note() const { noted += static_cast<unsigned>(price); }
  auto operator<=>(trade const&) const = default;

  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive & symbol & price & ok;
  }

  inline static std::atomic<unsigned> noted = 0;
};

struct dear_trade : trade {};

/// A key of a cache that knows its value, and what is asked through the cache.
struct question {
  int number = 0;
  int answer = 0;
  int looked_up() const { return answer + 1; }
  auto operator<=>(question const&) const = default;
};
template <class Value>
using answers = leat::ttl_cache<question, Value>;

struct total {
  int sum = 0;
  void add(int price) { sum += price; }
  total joined(total other) const { return {sum + other.sum}; }
  bool operator==(total const&) const = default;

  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive & sum;
  }
};

std::vector<trade> const trades{{"A", 1, true}, {"B", -2, false}, {"A", 3, true}};

template <class Out, class Describe>
void gives(std::vector<Out> wanted, Describe describe) {
  flows::however_run<Out, trade>(trades, describe, [&](std::vector<Out> const& got, bool several) {
    CHECK(got == (several ? flows::sorted(wanted) : wanted));
  });
}

}  // namespace

TEST_CASE("a pointer to a member is a function: data") {
  gives<int>({1, 3}, [](auto& s) { return s | leat::filter(&trade::ok) | leat::map(&trade::price); });
  gives<std::string>({"A", "B", "A"}, [](auto& s) { return s | leat::map("symbol", &trade::symbol); });
  gives<int>({1, -2, 3},
             [](auto& s) { return s | leat::redistribute(leat::by(&trade::symbol)) | leat::map(&trade::price); });
  gives<char>({'A', 'B', 'A'}, [](auto& s) { return s | leat::flat_map(&trade::symbol); });
  gives<std::pair<std::string, int>>({{"A", 1}, {"B", -2}, {"A", 3}}, [](auto& s) {
    return s | leat::key_on(&trade::symbol) | leat::map_value(&trade::price);
  });
  gives<int>({1, 3}, [](auto& s) {
    return s | leat::key_on(&trade::symbol) | leat::filter_value(&trade::ok) | leat::map_value(&trade::price) |
           leat::map(&std::pair<std::string, int>::second);
  });
}

TEST_CASE("a pointer to a member is a function: member functions, of every kind") {
  gives<int>({2, -4, 6}, [](auto& s) { return s | leat::map(&trade::doubled); });
  gives<std::string>({"A", "B", "A"}, [](auto& s) { return s | leat::map(&trade::taken); });
  gives<int>({1, 3}, [](auto& s) { return s | leat::filter_map(&trade::positive); });
  gives<int>({2, -1, 4}, [](auto& s) { return s | leat::async_map(&trade::looked_up, leat::in_flight(2)); });
}

TEST_CASE("a pointer to a member is a function: of a class derived from its own, and of what is pointed to") {
  std::vector<dear_trade> derived(2);
  CHECK(flows::through<int>(derived, [](auto s) { return std::move(s) | leat::map(&trade::doubled); }) ==
        std::vector<int>{0, 0});
  std::vector<std::shared_ptr<trade>> pointed_to{std::make_shared<trade>(trades[2])};
  CHECK(flows::through<int>(pointed_to, [](auto s) {
          return std::move(s) | leat::filter(&trade::ok) | leat::map(&trade::price);
        }) == std::vector<int>{3});
}

TEST_CASE("a pointer to a member is a function: of values, one or several out of one") {
  using priced = std::pair<std::string, int>;
  gives<priced>({{"A", 1}, {"A", 2}, {"B", -2}, {"B", -4}, {"A", 3}, {"A", 6}}, [](auto& s) {
    return s | leat::key_on(&trade::symbol) | leat::flat_map_value(&trade::price_and_double);
  });
  gives<priced>({{"A", 1}, {"A", 2}, {"B", -2}, {"B", -4}, {"A", 3}, {"A", 6}}, [](auto& s) {
    return s | leat::key_on(&trade::symbol) | leat::flat_map_value<int>("both", &trade::price_and_double);
  });
  gives<int>({1, 2, -2, -4, 3, 6}, [](auto& s) { return s | leat::flat_map(&trade::price_and_double); });
  gives<priced>({{"A", 1}, {"A", 3}},
                [](auto& s) { return s | leat::key_on(&trade::symbol) | leat::filter_map_value(&trade::positive); });
}

TEST_CASE("a pointer to a member is a function: of a cache, as its getter and as its mapper") {
  std::vector<question> const questions{{1, 10}, {2, 20}, {1, 10}};
  auto const asked = [](auto& cache, question const& wanted) { return cache.get(wanted); };
  auto const answered = [&](auto getter) {
    return flows::through<int>(questions, [&](auto s) { return std::move(s) | leat::enrich_cached(getter, asked); });
  };
  CHECK(answered(&question::answer) == std::vector<int>{10, 20, 10});
  CHECK(answered(&question::looked_up) == std::vector<int>{11, 21, 11});
  int (*const getter)(question const&) = [](question const& wanted) { return wanted.answer; };
  CHECK(flows::through<int>(questions, [&](auto s) {
          return std::move(s) | leat::enrich_cached("ask", getter, &answers<int>::get<question>);
        }) == std::vector<int>{10, 20, 10});
}

TEST_CASE("a pointer to a member is a function: inside or_else") {
  leat::flow flow{"test"};
  std::vector<int> prices;
  std::vector<std::string> dropped;
  auto streams = flow.input("in", flows::dealt<trade>(trades)) | leat::or_else(leat::map("price", &trade::checked));
  streams.down | leat::output("out", leat::to::collect(prices));
  streams.errors | leat::map(&leat::failed_record<trade>::error) | leat::output("errors", leat::to::collect(dropped));
  leat::run(flow);
  CHECK(prices == std::vector<int>{1, 3});
  CHECK(dropped == std::vector<std::string>{"no price"});
}

TEST_CASE("a pointer to a member is a function: of steps with state") {
  using priced = std::pair<std::string, int>;
  gives<priced>({{"A", 3}, {"B", -2}}, [](auto& s) {
    return s | leat::key_on(&trade::symbol) | leat::max_final("max", &trade::price) | leat::map_value(&trade::price);
  });
  gives<priced>({{"A", 1}, {"B", -2}}, [](auto& s) {
    return s | leat::key_on(&trade::symbol) | leat::min_final("min", &trade::doubled) | leat::map_value(&trade::price);
  });
  using counted = std::pair<std::string, std::uint64_t>;
  gives<counted>({{"A", 2}, {"B", 1}}, [](auto& s) { return s | leat::count_final("count", &trade::symbol); });
  auto const sum = &total::sum;
  gives<priced>({{"A", 4}, {"B", -2}}, [sum](auto& s) {
    return s | leat::key_on(&trade::symbol) | leat::map_value(&trade::price) |
           leat::fold_final("fold", [] { return total(); }, &total::add) | leat::map_value(sum);
  });
  gives<priced>({{"A", 4}, {"B", -2}}, [sum](auto& s) {
    return s | leat::key_on(&trade::symbol) | leat::map_value([](trade const& t) { return total{t.price}; }) |
           leat::reduce_final("join", &total::joined) | leat::map_value(sum);
  });
}

TEST_CASE("a pointer to a member is a function: of branch and of ends") {
  std::vector<trade> good;
  std::vector<trade> bad;
  trade::noted = 0;
  leat::flow flow{"test"};
  auto in = flow.input("in", flows::dealt<trade>(trades));
  auto sides = in | leat::branch(&trade::ok);
  sides.trues | leat::output("good", leat::to::collect(good));
  sides.falses | leat::output("bad", leat::to::collect(bad));
  in | leat::filter(&trade::ok) | leat::output("note", leat::to::for_each(&trade::note));
  in | leat::filter(&trade::ok) | leat::inspect(&trade::note);
  leat::run(flow);
  CHECK(good == std::vector<trade>{trades[0], trades[2]});
  CHECK(bad == std::vector<trade>{trades[1]});
  CHECK(trade::noted == 8);
}
