// SPDX-License-Identifier: BSL-1.0
#include "histories/flows.hpp"

#include "histories/expected.hpp"
#include "histories/ledger.hpp"

#include <leat/flow.hpp>
#include <leat/from/lines.hpp>
#include <leat/op/key_on.hpp>
#include <leat/op/map.hpp>
#include <leat/op/merge.hpp>
#include <leat/route/exchange/to_partitions.hpp>
#include <leat/state/collect.hpp>
#include <leat/state/count_final.hpp>
#include <leat/state/stateful.hpp>
#include <leat/state/stateful_map.hpp>
#include <leat/time.hpp>
#include <leat/to/lines.hpp>
#include <leat/to/output.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace histories {
namespace {

using namespace std::chrono_literals;
using line = std::pair<std::string, std::string>;

auto counted_words(leat::flow& flow) {
  return flow.input("in", leat::from::lines(std::vector<std::string>{"in0", "in1", "in2"})) |
         leat::key_on("by word", [](std::string const& word) { return word; }) |
         leat::stateful_map("count", [](std::optional<unsigned>& seen, std::string const& word) {
           unsigned const count = seen.value_or(0) + 1;
           seen = count;
           if (count == longest_count) seen.reset();
           return word + " " + std::to_string(count);
         });
}

/// Rings once for each key, some time behind its first value, in whatever run.
class alarm : public leat::stateful_logic<std::string, int, std::pair<leat::wall_time, bool>> {
 public:
  explicit alarm(std::optional<state> const& before) : state_(before.value_or(state())) {}
  leat::retention on_item(std::string const&, leat::logic_results<int>& out) {
    if (state_.first == leat::wall_time()) state_.first = out.now() + 2ms;
    return leat::retention::retain;
  }
  leat::retention on_notify(leat::logic_results<int>& out) {
    out(1);
    state_.second = true;
    return leat::retention::retain;
  }
  std::optional<leat::wall_time> notify_at() const {
    return state_.second || state_.first == leat::wall_time() ? std::nullopt : std::optional(state_.first);
  }
  state snapshot() const { return state_; }

 private:
  state state_;
};

leat::moment time_of_value(std::uint64_t value) {
  return leat::moment(std::chrono::nanoseconds(windows_of_words(false).time_of(value).value()));
}

unsigned number_of(leat::window_reason why) {
  return why == leat::window_reason::on_time ? 0 : why == leat::window_reason::at_end ? 1 : 2;
}

/// Has the values of each word in windows, and writes what these give and what is late for them.
template <class Step>
void put_into_windows(leat::stream<line> const& counted, Step step) {
  auto const in_windows = counted |
                          leat::stateful_map("number",
                                             [](std::optional<std::uint64_t>& before, std::string const&) {
                                               std::uint64_t const number = before.value_or(0);
                                               before = number + 1;
                                               return value_of_word(number);
                                             }) |
                          std::move(step);
  leat::stream const results =
      in_windows.down | leat::map("result", [](auto const& each) {
        return line_of_result(each.first, each.second.id, number_of(each.second.why), each.second.value);
      });
  leat::stream const late = in_windows.late | leat::map("late", [](auto const& each) {
                              return line_of_late(each.first, each.second.id, each.second.value);
                            });
  leat::merge("of windows", results, late) | leat::output("windows", leat::to::lines("windows"));
}

auto clock_of_words() {
  return leat::event_clock(time_of_value, leat::late_by(std::chrono::nanoseconds(windows_of_words(false).late_by)),
                           leat::data_only());
}

leat::flow describe_files() {
  leat::flow flow("files");
  leat::stream const counted = counted_words(flow);
  counted | leat::output("values", leat::to::files("out", 2));
  counted | leat::map("line", [](line const& each) { return each.second; }) |
      leat::output("lines", leat::to::lines("lines"));
  counted | leat::map("word", [](line const& each) { return each.first; }) |
      leat::count_final("totals", [](std::string const& word) { return word; }) |
      leat::map("total",
                [](std::pair<std::string, std::uint64_t> const& each) {
                  return each.first + " " + std::to_string(each.second);
                }) |
      leat::output("all", leat::to::lines("totals"));
  simulation::planned_windows const& windows = windows_of_words(false);
  put_into_windows(counted, leat::collect_window("in windows", clock_of_words(),
                                                 leat::sliding(std::chrono::nanoseconds(windows.length),
                                                               std::chrono::nanoseconds(windows.offset))));
  return flow;
}

leat::flow describe_ledger() {
  leat::flow flow("ledger");
  leat::stream const counted = counted_words(flow);
  counted | leat::output("shown", to_ledger());
  counted | leat::collect("three", leat::max_age(1h), 3) |
      leat::map("triple",
                [](std::pair<std::string, std::vector<std::string>> const& each) {
                  std::string text;
                  for (std::string const& count : each.second) text += (text.empty() ? "" : ",") + count;
                  return text;
                }) |
      leat::output("triples", leat::to::lines("triples"));
  counted | leat::stateful("alarm", [](std::optional<alarm::state> const& before) { return alarm(before); }) |
      leat::map("rings", [](std::pair<std::string, int> const& each) { return each.first; }) |
      leat::output("alarms", leat::to::lines("alarms"));
  leat::session const sessions{std::chrono::nanoseconds(windows_of_words(true).length)};
  put_into_windows(counted, leat::collect_window("in sessions", clock_of_words(), sessions, leat::unordered));
  return flow;
}

}  // namespace

leat::flow const& files_flow() {
  static leat::flow const flow = describe_files();
  return flow;
}

leat::flow const& ledger_flow() {
  static leat::flow const flow = describe_ledger();
  return flow;
}

}  // namespace histories
