// SPDX-License-Identifier: BSL-1.0
#include <leat/flow.hpp>
#include <leat/op/async_map.hpp>
#include <leat/op/compose.hpp>
#include <leat/op/filter_value.hpp>
#include <leat/op/map.hpp>
#include <leat/op/map_value.hpp>
#include <leat/run/run.hpp>
#include <leat/run/simulated/cluster.hpp>
#include <leat/state/collect.hpp>
#include <leat/state/count_final.hpp>
#include <leat/state/fold_final.hpp>
#include <leat/state/join.hpp>
#include <leat/state/or_else.hpp>
#include <leat/state/reduce_final.hpp>
#include <leat/state/stateful.hpp>
#include <leat/state/stateful_batch.hpp>
#include <leat/state/stateful_flat_map.hpp>
#include <leat/state/stateful_map.hpp>
#include <leat/text.hpp>
#include <leat/to/output.hpp>

#include "fixture/interrupted_runs.hpp"
#include "fixture/memory_recovery.hpp"
#include "fixture/one_at_a_time.hpp"
#include "sanitizers.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

/// A flow that is stopped, or fails, is gone on from with what its last complete epoch has left, by other processes and
/// workers: all runs together give what one undisturbed run gives.
namespace {

constexpr std::uint64_t seeds = sanitizers::slow ? 10 : 40;

using namespace std::chrono_literals;
using leat::test::decide_for;
using leat::test::interruption;
using leat::test::journal;
using leat::test::memory_recovery;
using leat::test::mixed;
using leat::test::simulation_of;
using leat::test::to_journal;
using record = std::pair<std::string, int>;
using line = leat::test::journal_line;
using by_key = leat::test::lines_by_key;

/// A few keys in each of three partitions; some come often, some once, and one list ends at once.
std::vector<std::vector<record>> input() {
  std::vector<std::vector<record>> lists(4);
  for (int i = 0; i != 45; ++i) {
    std::string const key(1, static_cast<char>('a' + i % 3 * 4 + i * i % 4));
    lists[static_cast<std::size_t>(i % 3)].emplace_back(key, i);
  }
  lists[3].emplace_back("z", 1);
  return lists;
}

std::string shown(by_key const& results) {
  std::string text;
  for (auto const& [key, lines] : results) {
    text += key + ":";
    for (std::string const& each : lines) text += " [" + each + "]";
    text += "\n";
  }
  return text;
}

/// `step()` makes a step from pairs of a string and a number to lines.
template <class Step>
void survives(Step const& step) {
  interruption at;
  auto const build = [&](journal& out) {
    leat::flow flow("interrupted");
    flow.input("in", leat::test::one_at_a_time<record>(input())) |
        leat::map("interrupt",
                  [&at](record pair) {
                    at();
                    return pair;
                  }) |
        step() | leat::output("out", to_journal(out));
    return flow;
  };
  journal undisturbed;
  {
    leat::flow const flow = build(undisturbed);
    leat::detail::simulated_cluster(flow.description(), simulation_of(1, nullptr)).run();
  }
  by_key const expected = undisturbed.results();
  CHECK_FALSE(expected.empty());

  for (std::uint64_t seed = 0; seed != seeds; ++seed) {
    CAPTURE(seed);
    memory_recovery store;
    journal out;
    std::uint64_t chance = mixed(seed);
    for (int run = 0;; ++run) {
      chance = mixed(chance);
      auto const simulation = simulation_of(chance, &store);
      out.go_back_to(store.open(simulation.processes * simulation.options.workers));
      leat::flow const flow = build(out);
      leat::detail::simulated_cluster cluster(flow.description(), simulation);
      decide_for(store, cluster, simulation.processes);
      bool const fails = chance / 27 % 2 == 0;
      if (run == 4)
        at.never();
      else
        at.at(1 + static_cast<int>(chance / 54 % 25), [&] {
          if (fails) throw std::runtime_error("a crash");
          cluster.process(0).stop();
        });
      try {
        cluster.run();
      } catch (leat::run_error const&) {
        CHECK(fails);
      }
      if (run == 5) break;  // whoever has come to the end goes on with what is new, and there is nothing
    }
    CHECK(shown(out.results()) == shown(expected));
  }
}

std::string join_text(std::vector<int> const& numbers) {
  std::string result;
  for (int const each : numbers) result += std::to_string(each) + " ";
  return result;
}

auto as_text = [](auto const& value) { return leat::text(value); };

/// Sums, forgets itself at every number that is divisible by five, and tells at the end.
class summing : public leat::stateful_logic<int, std::string, int> {
 public:
  explicit summing(std::optional<int> before) : sum_(before.value_or(0)) {}
  leat::retention on_item(int x, leat::logic_results<std::string>& out) {
    sum_ += x;
    out(std::to_string(sum_));
    return x % 5 == 0 ? leat::retention::discard : leat::retention::retain;
  }
  leat::retention on_batch(std::span<int> values, leat::logic_results<std::string>& out) {
    for (int const x : values)
      if (on_item(x, out) == leat::retention::discard) sum_ = 0;
    return sum_ == 0 ? leat::retention::discard : leat::retention::retain;
  }
  leat::retention on_eof(leat::logic_results<std::string>& out) {
    out("in all " + std::to_string(sum_));
    return leat::retention::discard;
  }
  int snapshot() const { return sum_; }

 private:
  int sum_;
};

/// Wants to be notified an hour after its first value, and counts what has come until then.
class hourly : public leat::stateful_logic<int, std::string, std::pair<int, leat::wall_time>> {
 public:
  explicit hourly(std::optional<state> before) : state_(before.value_or(state())) {}
  leat::retention on_item(int, leat::logic_results<std::string>& out) {
    if (++state_.first == 1) state_.second = out.now() + 1h;
    return leat::retention::retain;
  }
  leat::retention on_notify(leat::logic_results<std::string>& out) {
    out(std::to_string(state_.first) + " in an hour");
    return leat::retention::discard;
  }
  std::optional<leat::wall_time> notify_at() const { return state_.second; }
  state snapshot() const { return state_; }

 private:
  state state_;
};

}  // namespace

TEST_CASE("recovery: stateful_map, whose keys are forgotten and made again") {
  survives([] {
    return leat::stateful_map("sum", [](std::optional<int>& sum, int x) {
      int const total = sum.value_or(0) + x;
      sum = total;
      if (x % 5 == 0) sum.reset();
      return std::to_string(total);
    });
  });
}

TEST_CASE("recovery: stateful_map with a state that is not kept bare") {
  survives([] {
    return leat::stateful_map("list", [](std::optional<std::vector<int>>& seen, int x) {
      if (!seen) seen.emplace();
      seen->push_back(x);
      std::string text = join_text(*seen);
      if (x % 7 == 0) seen.reset();
      return text;
    });
  });
}

TEST_CASE("recovery: stateful_flat_map") {
  survives([] {
    return leat::stateful_flat_map("pairs", [](std::optional<int>& last, int x) {
      std::vector<std::string> result;
      if (last) result.push_back(std::to_string(*last) + " then " + std::to_string(x));
      last = x;
      return result;
    });
  });
}

TEST_CASE("recovery: stateful and stateful_batch, made by their builders of what they gave in snapshots") {
  survives([] { return leat::stateful("s", [](std::optional<int> before) { return summing(before); }); });
  survives([] { return leat::stateful_batch("s", [](std::optional<int> before) { return summing(before); }); });
}

TEST_CASE("recovery: the finals") {
  survives([] {
    return leat::compose("fold", [](auto s) {
      return std::move(s) |
             leat::fold_final(
                 "f", [] { return std::vector<int>(); },
                 [](std::vector<int>& numbers, int x) { numbers.push_back(x); }) |
             leat::map_value("text", join_text);
    });
  });
  survives([] {
    return leat::compose("reduce", [](auto s) {
      return std::move(s) | leat::reduce_final("r", [](int a, int b) { return a + b; }) |
             leat::map_value("text", as_text);
    });
  });
  survives([] {
    return leat::compose("max",
                         [](auto s) { return std::move(s) | leat::max_final("m") | leat::map_value("text", as_text); });
  });
  survives([] {
    return leat::compose("count", [](auto s) {
      return std::move(s) | leat::count_final("c", [](record const& each) { return each.first; }) |
             leat::map_value("text", as_text);
    });
  });
}

TEST_CASE("recovery: collect") {
  survives([] {
    return leat::compose("collect", [](auto s) {
      return std::move(s) | leat::collect("c", leat::max_age(1h), 3) | leat::map_value("text", join_text);
    });
  });
}

TEST_CASE("recovery: a join of all values that a key has on two sides") {
  survives([] {
    return leat::compose("join", [](auto s) {
      leat::stream const numbers = std::move(s) | leat::map_value("same", [](int x) { return x; });
      auto texts = numbers | leat::map_value("text of it", [](int x) { return std::to_string(x); });
      auto even = numbers | leat::filter_value("even", [](int x) { return x % 2 == 0; });
      return leat::join("j", leat::join_emit::final, leat::join_insert::product, std::move(texts), std::move(even)) |
             leat::map_value("text", as_text);
    });
  });
}

TEST_CASE("recovery: a join that passes on what is complete, and the rest at the end") {
  survives([] {
    return leat::compose("join", [](auto s) {
      leat::stream const numbers = std::move(s) | leat::map("a key for each", [](record pair) {
                                     pair.first += std::to_string(pair.second);
                                     return pair;
                                   });
      auto texts = numbers | leat::map_value("text of it", [](int x) { return std::to_string(x); });
      auto even = numbers | leat::filter_value("even", [](int x) { return x % 2 == 0; });
      return leat::join("j", leat::join_emit::complete_and_rest, std::move(texts), std::move(even)) |
             leat::map_value("text", as_text);
    });
  });
}

TEST_CASE("recovery: or_else around a stateful step, behind look-ups that are under way when epochs end") {
  survives([] {
    return leat::compose("tried", [](auto s) {
      auto [good, bad] = std::move(s) |
                         leat::async_map("look up",
                                         [](record pair) -> leat::task<record> {
                                           co_await leat::sleep(std::chrono::microseconds(pair.second % 4));
                                           co_return pair;
                                         }) |
                         leat::or_else(leat::stateful_map("sum", [](std::optional<int>& sum, int x) {
                           sum = sum.value_or(0) + x;
                           if (x % 3 == 0) throw std::runtime_error("no");
                           return std::to_string(*sum);
                         }));
      (void)(std::move(bad) | leat::output("bad", leat::to::for_each([](auto const&) {})));
      return std::move(good);
    });
  });
}

TEST_CASE("recovery: a key that waited is notified in the run that goes on, though no value comes") {
  interruption at;
  memory_recovery store;
  journal out;
  for (int run = 0; run != 2; ++run) {
    CAPTURE(run);
    auto simulation = simulation_of(run == 0 ? 4 : 8, &store);
    out.go_back_to(store.open(simulation.processes * simulation.options.workers));
    leat::flow flow("hours");
    flow.input("in", leat::test::one_at_a_time<record>({{"a", 1}, {"b", 1}, {"a", 2}, {"c", 3}})) |
        leat::map("interrupt",
                  [&at](record pair) {
                    at();
                    return pair;
                  }) |
        leat::stateful("hour", [](std::optional<hourly::state> before) { return hourly(before); }) |
        leat::output("out", to_journal(out));
    leat::detail::simulated_cluster cluster(flow.description(), simulation);
    decide_for(store, cluster, simulation.processes);
    cluster.world().begin_at(leat::wall_time(run == 0 ? 0h : 100h));
    if (run == 0)
      at.at(3, [&] { cluster.process(0).stop(); });
    else
      at.never();
    cluster.run();
  }
  by_key const results = out.results();
  CHECK(results.at("a") == std::vector<std::string>{"2 in an hour"});
  CHECK(results.at("b") == std::vector<std::string>{"1 in an hour"});
  CHECK(results.count("c") == 0);
}

TEST_CASE("recovery: sinks prepare each epoch, and hear of what is committed; without recovery at once") {
  struct two_steps {
    std::vector<std::string>* log;
    struct partition {
      std::vector<std::string>* log;
      void write_batch(std::span<record const>) {}
      void prepare(std::uint64_t epoch) { log->push_back("prepare " + std::to_string(epoch)); }
      void committed(std::uint64_t epoch) { log->push_back("committed " + std::to_string(epoch)); }
    };
    partition build(leat::step_services const&) const { return {log}; }
  };
  for (bool const recovers : {false, true}) {
    std::vector<std::string> log;
    memory_recovery store;
    leat::flow flow("two steps");
    flow.input("in", leat::test::one_at_a_time<record>({{"a", 1}, {"b", 1}, {"c", 2}})) |
        leat::output("out", two_steps{&log});
    auto simulation = simulation_of(0, recovers ? &store : nullptr);
    simulation.options.snapshot_interval = 0ns;
    if (recovers) CHECK(store.open(1) == 0);
    leat::detail::simulated_cluster cluster(flow.description(), simulation);
    std::uint64_t last = 0;
    store.on_decided([&](std::uint64_t epoch) {
      if (epoch > 2) cluster.process(0).commit(last = epoch);  // the last is decided with those before
    });
    cluster.run();
    CHECK(last == (recovers ? 3 : 0));
    std::vector<std::string> const alone{"prepare 1",   "committed 1", "prepare 2",
                                         "committed 2", "prepare 3",   "committed 3"};
    std::vector<std::string> const in_store{"prepare 1", "prepare 2", "prepare 3", "committed 3"};
    CHECK(leat::text(log) == leat::text(recovers ? in_store : alone));
  }
}
