// SPDX-License-Identifier: BSL-1.0
#include "histories/flows.hpp"

#include "histories/expected.hpp"
#include "histories/ledger.hpp"

#include <leat/flow.hpp>
#include <leat/from/lines.hpp>
#include <leat/op/key_on.hpp>
#include <leat/op/map.hpp>
#include <leat/route/exchange/to_partitions.hpp>
#include <leat/state/collect.hpp>
#include <leat/state/count_final.hpp>
#include <leat/state/stateful.hpp>
#include <leat/state/stateful_map.hpp>
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
