// SPDX-License-Identifier: BSL-1.0
#include <leat/picture.hpp>

#include <leat/from/iterable.hpp>
#include <leat/op/branch.hpp>
#include <leat/op/compose.hpp>
#include <leat/op/filter.hpp>
#include <leat/op/map.hpp>
#include <leat/op/merge.hpp>
#include <leat/op/step.hpp>
#include <leat/route/exchange/to_partitions.hpp>
#include <leat/route/redistribute.hpp>
#include <leat/state/count_final.hpp>
#include <leat/state/join.hpp>
#include <leat/to/collect.hpp>
#include <leat/to/for_each.hpp>
#include <leat/to/lines.hpp>
#include <leat/to/output.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

/// A source that may not be touched.
class untouchable {
 public:
  using record = int;
  using position = leat::no_position;
  struct partition {
    bool next_batch(leat::emitter<int>&) { std::abort(); }
  };
  std::vector<std::string> list_parts() const { std::abort(); }
  partition build_part(std::string const&, std::optional<position>, leat::step_services const&) const { std::abort(); }
};

leat::flow counting(std::vector<std::pair<int, std::uint64_t>>& counts) {
  leat::flow flow("word count");
  flow.input("in", untouchable()) | leat::filter("even", [](int n) { return n % 2 == 0; }) |
      leat::map("half", [](int n) { return n / 2; }) | leat::count_final("count", [](int n) { return n; }) |
      leat::output("out", leat::to::collect(counts));
  return flow;
}

leat::flow branching(std::vector<int>& numbers) {
  leat::flow flow("branching");
  auto [large, small] = flow.input("in", untouchable()) | leat::branch("size", [](int n) { return n > 9; });
  leat::stream shaped =
      std::move(small) | leat::compose("outer", [](auto s) {
        return std::move(s) |
               leat::compose("inner",
                             [](auto t) { return std::move(t) | leat::map("twice", [](int n) { return 2 * n; }); }) |
               leat::map("more", [](int n) { return n + 1; });
      });
  leat::merge("both", large, shaped) | leat::redistribute("spread") | leat::output("out", leat::to::collect(numbers));
  return flow;
}

/// The text with the number after each `mark` as a 0: places in this file move when it is edited.
std::string without_numbers(std::string text, std::string const& mark) {
  for (std::size_t at = 0; (at = text.find(mark, at)) != std::string::npos; at += mark.size()) {
    std::size_t const begin = at + mark.size();
    std::size_t end = begin;
    while (end < text.size() && text[end] >= '0' && text[end] <= '9') ++end;
    if (end != begin) text.replace(begin, end - begin, "0");
  }
  return text;
}

}  // namespace

TEST_CASE("picture: mermaid draws steps, not loops, frames around composed steps, and says where records move") {
  std::vector<std::pair<int, std::uint64_t>> counts;
  CHECK(leat::draw(counting(counts), leat::picture::mermaid) == R"|(flowchart TD
  subgraph f ["word count (flow)"]
    s0["in (input)"]
    s1["even (filter)"]
    s2["half (map)"]
    subgraph f0 ["count (count_final)"]
      s3["key (key_on)"]
      s4["sum (reduce_final)"]
    end
    s5["out (output)"]
  end
  s0 --> s1
  s1 --> s2
  s2 --> s3
  s3 -- "exchange by key, combined before" --> s4
  s4 --> s5
)|");
}

TEST_CASE("picture: branches are labelled, frames nest, a step that moves records is a box of its own") {
  std::vector<int> numbers;
  CHECK(leat::draw(branching(numbers), leat::picture::mermaid) == R"|(flowchart TD
  subgraph f ["branching (flow)"]
    s0["in (input)"]
    s1["size (branch)"]
    subgraph f0 ["outer (compose)"]
      subgraph f1 ["inner (compose)"]
        s2["twice (map)"]
      end
      s3["more (map)"]
    end
    s4["both (merge)"]
    s5["spread (redistribute)"]
    s6["out (output)"]
  end
  s0 --> s1
  s1 -- "false" --> s2
  s2 --> s3
  s1 -- "true" --> s4
  s3 --> s4
  s4 --> s5
  s5 -- "exchange at random" --> s6
)|");
}

TEST_CASE("picture: records that change workers twice between two steps") {
  std::vector<std::pair<int, std::uint64_t>> counts;
  leat::flow flow("moving");
  flow.input("in", leat::from::iterable(std::vector<std::pair<int, std::uint64_t>>{})) | leat::redistribute("spread") |
      leat::max_final("max") | leat::output("out", leat::to::collect(counts));
  std::string const drawn = leat::draw(flow, leat::picture::mermaid);
  CHECK_MESSAGE(
      drawn.find("s1 -- \"exchange at random, then exchange by key, combined before\" --> s2\n") != std::string::npos,
      drawn);
}

TEST_CASE("picture: the sides of a join are lines into it") {
  std::vector<std::pair<int, std::tuple<std::optional<int>, std::optional<int>>>> rows;
  leat::flow flow("joining");
  leat::stream in = flow.input("in", leat::from::iterable(std::vector<std::pair<int, int>>{}));
  leat::join("join", in, in | leat::map("same", [](std::pair<int, int> const& pair) { return pair; })) |
      leat::output("out", leat::to::collect(rows));
  CHECK(leat::draw(flow, leat::picture::mermaid) == R"|(flowchart TD
  subgraph f ["joining (flow)"]
    s0["in (input)"]
    s1["same (map)"]
    s2["join (join)"]
    s3["out (output)"]
  end
  s0 --> s1
  s0 -- "exchange by key" --> s2
  s1 -- "exchange by key" --> s2
  s2 --> s3
)|");
}

TEST_CASE("picture: dot") {
  std::vector<std::pair<int, std::uint64_t>> counts;
  std::string const file = __FILE__;
  CHECK(without_numbers(leat::draw(counting(counts), leat::picture::dot), file + ":") ==
        R"|(digraph "word count" {
  label="word count";
  node [shape=box];
  s0 [label="in\n(input)", tooltip=")|" +
            file + R"|(:0"];
  s1 [label="even\n(filter)", tooltip=")|" +
            file + R"|(:0"];
  s2 [label="half\n(map)", tooltip=")|" +
            file + R"|(:0"];
  subgraph cluster_0 {
    label="count\n(count_final)";
    s3 [label="key\n(key_on)", tooltip=")|" +
            file + R"|(:0"];
    s4 [label="sum\n(reduce_final)", tooltip=")|" +
            file + R"|(:0"];
  }
  s5 [label="out\n(output)", tooltip=")|" +
            file + R"|(:0"];
  s0 -> s1;
  s1 -> s2;
  s2 -> s3;
  s3 -> s4 [label="exchange by key, combined before"];
  s4 -> s5;
}
)|");
}

TEST_CASE("picture: json") {
  std::vector<std::pair<int, std::uint64_t>> counts;
  std::string const location = R"("where": {"file": ")" __FILE__ R"(", "line": 0}, "inputs": )";
  auto const from = [](std::string const& step, std::string const& routing = "null") {
    return R"([{"step_id": "word count.)" + step + R"(", "output": 0, "routing": )" + routing + "}]}";
  };
  auto const step = [&](std::string const& id, std::string const& name, std::string const& kind,
                        std::string const& loop, std::string const& within = "null") {
    return R"(    {"step_id": "word count.)" + id + R"(", "step_name": ")" + name + R"(", "op_type": ")" + kind +
           R"(", "within": )" + within + R"(, "loop": )" + loop + ", " + location;
  };
  std::string const inside = R"("word count.count")";
  CHECK(without_numbers(leat::draw(counting(counts), leat::picture::json), "\"line\": ") ==
        "{\n  \"flow_id\": \"word count\",\n  \"composites\": [\n" + step("count", "count", "count_final", "null") +
            "[]}\n  ],\n  \"steps\": [\n" + step("in", "in", "input", "0") + "[]},\n" +
            step("even", "even", "filter", "1") + from("in") + ",\n" + step("half", "half", "map", "1") + from("even") +
            ",\n" + step("count.key", "key", "key_on", "1", inside) + from("half") + ",\n" +
            step("count.sum", "sum", "reduce_final", "2", inside) +
            from("count.key", "\"exchange by key, combined before\"") + ",\n" + step("out", "out", "output", "3") +
            from("count.sum") + "\n  ]\n}\n");
}

TEST_CASE("picture: what a run with recovery promises, where that is asked for") {
  leat::flow flow("promising");
  leat::stream numbers = flow.input("kept", leat::from::iterable(std::vector<int>{}));
  leat::merge("all", numbers, flow.input("clock", untouchable())) |
      leat::map("sum", [sum = 0](int n) mutable { return sum += n; }) |
      leat::map("fixed", [offset = 1](int n) { return n + offset; }) |
      leat::step("own", [](leat::inlet<int>&, leat::outlet<int>&) -> leat::task<> { co_return; }) |
      leat::output("lines", leat::to::lines("lines"));
  numbers | leat::output("printed", leat::to::for_each([](int) {}));
  CHECK(leat::draw(flow, leat::picture::mermaid, true) == R"|(flowchart TD
  subgraph f ["promising (flow)"]
    s0["kept (input), exactly once"]
    s1["clock (input), from the beginning again"]
    s2["all (merge)"]
    s3["sum (map), begins anew"]
    s4["fixed (map)"]
    s5["own (step), begins anew"]
    s6["lines (output), exactly once"]
    s7["printed (output), at least once"]
  end
  s0 --> s2
  s1 --> s2
  s2 --> s3
  s3 --> s4
  s4 --> s5
  s5 -- "exchange to the owner of the partition" --> s6
  s0 --> s7
)|");
  auto const has = [&](leat::picture as, std::string const& text, bool with_guarantees, bool wanted) {
    std::string const drawn = leat::draw(flow, as, with_guarantees);
    CHECK_MESSAGE((drawn.find(text) != std::string::npos) == wanted, drawn);
  };
  has(leat::picture::dot, R"|([label="sum\n(map)\nbegins anew")|", true, true);
  has(leat::picture::dot, R"|([label="fixed\n(map)")|", true, true);
  has(leat::picture::json, R"("guarantee": "from the beginning again")", true, true);
  has(leat::picture::json, R"("guarantee": null)", true, true);
  has(leat::picture::mermaid, "exactly once", false, false);
  has(leat::picture::dot, "exactly once", false, false);
  has(leat::picture::json, "guarantee", false, false);
}

TEST_CASE("picture: an empty flow, and one that cannot be run, can be drawn") {
  leat::flow const flow("empty");
  CHECK(leat::draw(flow, leat::picture::mermaid) == "flowchart TD\n  subgraph f [\"empty (flow)\"]\n  end\n");
  CHECK(leat::draw(flow, leat::picture::dot) == "digraph \"empty\" {\n  label=\"empty\";\n  node [shape=box];\n}\n");
  CHECK(leat::draw(flow, leat::picture::json) ==
        "{\n  \"flow_id\": \"empty\",\n  \"composites\": [],\n  \"steps\": []\n}\n");
}

TEST_CASE("picture: a name may hold anything but a full stop") {
  std::vector<int> numbers;
  leat::flow flow("a \"flow\"");
  flow.input("<in> #1", untouchable()) | leat::map("back\\slash\n`tick`", [](int n) { return n; }) |
      leat::output("ü|end", leat::to::collect(numbers));
  auto const has = [&](leat::picture as, char const* text) {
    std::string const drawn = leat::draw(flow, as);
    CHECK_MESSAGE(drawn.find(text) != std::string::npos, drawn);
  };
  has(leat::picture::mermaid, R"|(subgraph f ["a #34;flow#34; (flow)"])|");
  has(leat::picture::mermaid, R"|(s0["#60;in#62; #35;1 (input)"])|");
  has(leat::picture::mermaid, R"|(s1["back#92;slash#10;#96;tick#96; (map)"])|");
  has(leat::picture::mermaid, R"|(s2["ü#124;end (output)"])|");
  has(leat::picture::dot, R"|(digraph "a \"flow\"" {)|");
  has(leat::picture::dot, R"|([label="back\\slash\n`tick`\n(map)")|");
  has(leat::picture::json, R"|("flow_id": "a \"flow\"")|");
  has(leat::picture::json, R"|("step_name": "back\\slash\u000a`tick`")|");
  has(leat::picture::json, R"|("step_name": "ü|end")|");
}

TEST_CASE("picture: Graphviz accepts the dot text" * doctest::skip(std::system("dot -V 2>/dev/null") != 0)) {
  std::vector<int> numbers;
  std::vector<std::pair<int, std::uint64_t>> counts;
  for (std::string const& text :
       {leat::draw(branching(numbers), leat::picture::dot), leat::draw(counting(counts), leat::picture::dot)}) {
    std::FILE* const dot = ::popen("dot -Tsvg >/dev/null", "w");
    REQUIRE(dot != nullptr);
    std::fwrite(text.data(), 1, text.size(), dot);
    CHECK(::pclose(dot) == 0);
  }
}
