// SPDX-License-Identifier: BSL-1.0
#include "time/windows.hpp"

#include <leat/leat.hpp>
#include <leat/run/simulated/cluster.hpp>

#include "time/lanes.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

/// Windows that take values after their close, on all shapes.

using windows::all;
using windows::both;
using windows::check;
using windows::dated;
using windows::input;
using windows::joined;
using windows::letter;
using windows::none;
using windows::t0;
using namespace std::chrono_literals;

namespace {

auto corrected(std::chrono::nanoseconds corrections, auto windower, auto... options) {
  return leat::fold_window("fold", leat::event_clock(&letter::time, leat::late_by(0s), leat::corrections(corrections)),
                           windower, none, joined, both, leat::unordered, options...);
}

/// Says each value, and all of them when its window closes.
class reading : public leat::window_logic<letter, std::string, std::string> {
 public:
  explicit reading(std::optional<std::string> const& before) {
    text_.push_back(std::make_unique<std::string>(before.value_or("")));
  }
  void on_value(letter const& next, leat::logic_results<std::string>& out) {
    *text_.front() += next.value;
    out(next.value);
  }
  void on_close(leat::logic_results<std::string>& out) { out(std::exchange(*text_.front(), "") + "."); }
  std::string snapshot() const { return *text_.front(); }

 private:
  std::vector<std::unique_ptr<std::string>> text_;
};

leat::moment seconds_of(int value) { return windows::at(value); }

}  // namespace

TEST_CASE("a window takes values for a while after its close, and gives a correction for each") {
  check<std::string>(
      all<std::string>({{1, "a"}, {12, "b"}, {2, "c"}, {3, "d"}, {29, "e"}, {9, "f"}, {40, "g"}, {4, "h"}, {19, "i"}}),
      [] { return corrected(20s, leat::tumbling(10s, t0)); },
      {{"0: a", "0: ac correction", "0: acd correction", "1: b", "0: acdf correction", "2: e", "4: g at the end"},
       {"0: h", "1: i"},
       {"0: [0, 10]", "1: [10, 20]", "2: [20, 30]", "4: [40, 50]"}});
}

TEST_CASE("a window that had no value when it closed gives its first result as if it were on time") {
  check<std::string>(all<std::string>({{12, "a"}, {3, "b"}, {4, "c"}}),
                     [] { return corrected(20s, leat::tumbling(10s, t0)); },
                     {{"0: b", "0: bc correction", "1: a at the end"}, {}, {"0: [0, 10]", "1: [10, 20]"}});
}

TEST_CASE("a late value corrects each of its windows that has closed, and goes into those that have not") {
  check<std::string>(all<std::string>({{1, "a"}, {7, "b"}, {11, "c"}, {6, "d"}}),
                     [] { return corrected(20s, leat::sliding(10s, 5s, t0)); },
                     {{"-1: a", "0: ab", "0: abd correction", "1: bcd at the end", "2: c at the end"},
                      {},
                      {"-1: [-5, 5]", "0: [0, 10]", "1: [5, 15]", "2: [10, 20]"}});
}

TEST_CASE("sessions that have closed grow and are joined as long as corrections are taken") {
  check<std::string>(all<std::string>({{1, "a"}, {20, "b"}, {3, "c"}, {40, "d"}, {16, "e"}, {12, "f"}, {8, "g"}}),
                     [] { return corrected(40s, leat::session(5s)); },
                     {{"1s: a", "1s: ac correction", "20s: b", "16s: be correction", "12s: bef correction",
                       "1s: acgbef correction", "40s: d at the end"},
                      {},
                      {"1s: [1, 1]", "1s: [1, 3]", "20s: [20, 20]", "16s: [16, 20] +20s", "12s: [12, 20] +16s +20s",
                       "1s: [1, 20] +12s +16s +20s", "40s: [40, 40]"}});
}

TEST_CASE("corrections with what is new alone, and with what was given taken back") {
  input<std::string> const letters = all<std::string>({{1, "a"}, {12, "b"}, {2, "c"}, {3, "d"}});
  check<std::string>(
      letters,
      [] { return corrected(20s, leat::tumbling(10s, t0), leat::early(leat::after_records(100)), leat::discarding); },
      {{"0: a", "0: c correction", "0: d correction", "1: b at the end"}, {}, {"0: [0, 10]", "1: [10, 20]"}});
  check<std::string>(
      letters,
      [] { return corrected(20s, leat::tumbling(10s, t0), leat::early(leat::after_records(100)), leat::retracting); },
      {{"0: a", "0: a retraction", "0: ac correction", "0: ac retraction", "0: acd correction", "1: b at the end"},
       {},
       {"0: [0, 10]", "1: [10, 20]"}});
}

TEST_CASE("by the clock of the stream the last result of a window has all that came in time for a correction") {
  leat::test::for_each_shape([&](leat::test::shape const& shape) {
    for (bool const dates_itself : {true, false}) {
      std::vector<std::pair<std::string, leat::in_window<std::string>>> results;
      leat::flow flow("windows");
      auto values = flow.input("in", leat::test::one_at_a_time(all<std::string>(
                                         {{1, "a"}, {12, "b"}, {2, "c"}, {29, "d"}, {9, "e"}, {40, "f"}, {3, "g"}})));
      auto const fold = [](auto clock) {
        return leat::fold_window("fold", clock, leat::tumbling(10s, t0), none, joined, both, leat::unordered);
      };
      auto const out = leat::output("out", leat::to::collect(results));
      if (dates_itself)
        std::move(values) | fold(leat::stream_clock(&letter::time, leat::late_by(0s), leat::corrections(20s))) | out;
      else
        std::move(values) |
            leat::event_time(
                "dated", [](auto const& of) { return of.second.time(); }, leat::late_by(0s), leat::corrections(20s)) |
            fold(leat::stream_clock(&letter::time)) | out;
      shape.run(flow, results);
      std::map<leat::window_id, std::string> last;
      for (auto const& [key, result] : results) last[result.id] = result.value;
      CHECK(last == std::map<leat::window_id, std::string>{{0, "ace"}, {1, "b"}, {2, "d"}, {4, "f"}});
    }
  });
}

TEST_CASE("the logic of a window gives corrections, also one that cannot be copied") {
  check<std::string>(all<std::string>({{1, "a"}, {12, "b"}, {2, "c"}}),
                     [] {
                       return leat::window(
                           "logic", leat::event_clock(&letter::time, leat::late_by(0s), leat::corrections(20s)),
                           leat::tumbling(10s, t0), [](std::optional<std::string> before) { return reading(before); },
                           leat::unordered);
                     },
                     {{"0: a early", "1: b early", "0: a.", "0: c correction", "0: ac. correction", "1: b. at the end"},
                      {},
                      {"0: [0, 10]", "1: [10, 20]"}});
}

TEST_CASE("a step that cannot give corrections is refused where it is asked for them") {
  auto const clock = [] { return leat::event_clock(&letter::time, leat::late_by(0s), leat::corrections(1min)); };
  auto const of_stream = leat::stream_clock(&letter::time, leat::late_by(0s), leat::corrections(1min));
  auto const refused = [](auto const& step, std::string const& why) {
    leat::flow flow("refused");
    leat::stream values = flow.input("in", leat::test::one_at_a_time(all<std::string>({})));
    CHECK_THROWS_WITH_AS(step(values), doctest::Contains(why.c_str()), leat::flow_error);
  };
  refused([&](auto s) { return s | leat::collect_window("in order", clock(), leat::tumbling(10s)); },
          "collect_window \"in order\"");
  refused([&](auto s) { return s | leat::collect_window("w", clock(), leat::tumbling(10s)); },
          "its clock takes corrections, and the step cannot give them: it applies values in the order of their times");
  refused([&](auto s) { return s | leat::collect_window("w", of_stream, leat::tumbling(10s)); },
          "it applies values in the order of their times, and a late one comes behind later ones. Give it "
          "leat::unordered");
  refused([&](auto s) { return leat::join_window("j", clock(), leat::tumbling(10s), s, s); }, "a join gives none");
  refused([&](auto s) { return leat::join_window("j", of_stream, leat::tumbling(10s), s, s); }, "a join gives none");
  refused([&](auto s) { return s | leat::dedupe("d", clock(), leat::within(5s)); }, "it has no windows");
  CHECK(leat::event_clock(&letter::time, leat::late_by(0s), leat::corrections(-1s)).refusal() ==
        "corrections is negative");
}

TEST_CASE("a step behind what takes corrections takes as many, and gives them") {
  auto const refused = [](auto step, std::string const& why) {
    leat::flow flow("refused");
    std::vector<std::pair<std::string, leat::in_window<std::vector<letter>>>> results;
    flow.input("in", leat::test::one_at_a_time(all<std::string>({{1, "a"}}))) |
        leat::event_time(
            "dated", [](auto const& of) { return of.second.time(); }, leat::late_by(0s), leat::corrections(20s)) |
        step | leat::output("out", leat::to::collect(results));
    CHECK_THROWS_WITH_AS(leat::run(flow), doctest::Contains(why.c_str()), leat::flow_error);
  };
  refused(leat::collect_window("w", leat::stream_clock(&letter::time), leat::tumbling(10s)),
          "what has dated its stream takes corrections, and the step cannot give them: it applies values in the order");
  refused(leat::collect_window("w", leat::event_clock(&letter::time, leat::late_by(0s), leat::corrections(19s)),
                               leat::tumbling(10s), leat::unordered),
          "takes corrections for 20s, its clock for 19s");
}

TEST_CASE("a join behind what takes corrections leaves late values where they are") {
  leat::flow flow("joined");
  std::vector<std::pair<std::string, leat::late<std::variant<letter, letter>>>> late;
  leat::stream const dated =
      flow.input("in", leat::test::one_at_a_time(all<std::string>({{1, "a"}, {40, "b"}, {30, "c"}}))) |
      leat::event_time(
          "dated", [](auto const& of) { return of.second.time(); }, leat::late_by(0s), leat::corrections(20s));
  auto const clock =
      leat::event_clock([](auto const& value) { return value.time(); }, leat::late_by(0s), leat::data_only());
  auto const joined = leat::join_window("j", clock, leat::tumbling(10s), dated, dated);
  joined.down | leat::output("rows", leat::to::for_each([](auto const&) {}));
  joined.late | leat::output("late", leat::to::collect(late));
  leat::run(flow);
  CHECK(late.size() == 2);  // c, on each side
}

TEST_CASE("nothing is left of keys once the time of the stream has passed what their windows take corrections for") {
  for (bool const sessions : {false, true}) {
    leat::flow flow("f");
    std::vector<int> many;
    for (int i = 0; i != 300; ++i) many.push_back(5);
    std::vector<std::pair<int, leat::in_window<std::vector<int>>>> down;
    leat::stream const keyed =
        flow.input("in", leat::test::timed_partitions({{{0s, many}, {1s, {20}}, {1s, {69}}, {1s, {3600}}, {1h, {}}}})) |
        leat::event_time("time", &seconds_of, leat::late_by(0s), leat::data_only(), leat::corrections(1min)) |
        leat::key_on("key", [n = 0](int) mutable { return n++; });
    auto const clock = leat::stream_clock(&seconds_of);
    auto const windows = [&](auto windower) { return leat::collect_window("w", clock, windower, leat::unordered); };
    auto const out = leat::output("down", leat::to::collect(down));
    if (sessions)
      keyed | windows(leat::session(4s)) | out;
    else
      keyed | windows(leat::tumbling(10s)) | out;
    leat::detail::simulation simulation;
    simulation.longest_turn = 0ns;
    leat::detail::simulated_cluster cluster(flow.description(), simulation);
    auto const keys = [&] {
      std::uint64_t sum = 0;
      for (auto const& step : leat::detail::stats_of(cluster.process(0), flow.description()).steps) sum += step.keys;
      return sum;
    };
    cluster.begin();
    cluster.world().advance(1500ms);
    CHECK(down.size() == 300);
    CHECK(keys() == 301);  // they still take corrections
    cluster.world().advance(1s);
    CHECK(keys() == 302);
    cluster.world().advance(1s);
    CHECK(keys() == 1);  // of the value whose window is open
  }
}
