// SPDX-License-Identifier: BSL-1.0
#include <leat/from/iterable.hpp>
#include <leat/picture.hpp>
#include <leat/time.hpp>
#include <leat/to/collect.hpp>
#include <leat/to/output.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

using namespace std::chrono_literals;

namespace {

using number = std::pair<std::string, std::chrono::sys_seconds>;

bool has(std::string const& picture, std::string const& part) { return picture.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("picture: a step with windows shows its clock and its windower, and which output is which") {
  std::vector<std::pair<std::string, leat::in_window<std::vector<std::chrono::sys_seconds>>>> down;
  std::vector<std::pair<std::string, leat::late<std::chrono::sys_seconds>>> late;
  leat::flow flow("timed");
  auto const itself = [](std::chrono::sys_seconds at) { return at; };
  auto const windows =
      flow.input("in", leat::from::iterable(std::vector<number>())) |
      leat::collect_window("minutes", leat::event_clock(itself, leat::late_by(5s)), leat::tumbling(1min));
  windows.down | leat::output("down", leat::to::collect(down));
  windows.late | leat::output("late", leat::to::collect(late));
  std::string const dot = leat::draw(flow, leat::picture::dot);
  CHECK(has(dot, "minutes\\n(collect_window)\\nevent_clock, late by 5s; tumbling 1min"));
  CHECK(has(dot, "label=\"down\""));
  CHECK(has(dot, "label=\"late\""));
  CHECK(has(leat::draw(flow, leat::picture::mermaid), "event_clock, late by 5s"));
  CHECK(has(leat::draw(flow, leat::picture::json), "\"parameters\": \"event_clock, late by 5s"));
}

TEST_CASE("picture: the step that dates a stream says how late records may be") {
  std::vector<number> on_time;
  leat::flow flow("dated");
  auto const of_value = [](number const& record) { return record.second; };
  (flow.input("in", leat::from::iterable(std::vector<number>())) |
   leat::event_time("dated", of_value, leat::late_by(5s)))
          .down |
      leat::output("out", leat::to::collect(on_time));
  CHECK(has(leat::draw(flow, leat::picture::dot), "dated\\n(event_time)\\nlate by 5s"));
}
