// SPDX-License-Identifier: BSL-1.0
#include <leat/to/csv.hpp>

#include <leat/flow.hpp>
#include <leat/from/csv.hpp>
#include <leat/from/iterable.hpp>
#include <leat/op/map.hpp>
#include <leat/route/codec/codec.hpp>
#include <leat/route/exchange/to_partitions.hpp>
#include <leat/run/run.hpp>
#include <leat/to/collect.hpp>
#include <leat/to/lines.hpp>
#include <leat/to/output.hpp>

#include "../from/scratch.hpp"
#include "fixture/shapes.hpp"

#include <doctest/doctest.h>

#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace {

struct row {
  std::string first;
  std::optional<int> number;
  double price = 0;
  bool flag = false;
  char letter = 'x';
  std::optional<std::string> last;
  std::chrono::sys_seconds time{};
  std::uint8_t small = 0;
  bool operator==(row const&) const = default;
  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive & first & number & price & flag & letter & last & time & small;
  }
};

/// The names of the columns are as wild as what they hold.
template <class Make>
auto with_columns(Make make) {
  return make(leat::column("\xEF\xBB\xBF"
                           "first",
                           &row::first),
              leat::column(" number\r", &row::number), leat::column("pri,ce;", &row::price),
              leat::column("", &row::flag), leat::column("let\"ter\n", &row::letter), leat::column("last ", &row::last),
              leat::column("\xFF\xFEwhen", &row::time), leat::column("small", &row::small));
}

class chance {
 public:
  explicit chance(std::uint64_t seed) : state_(seed) {}
  std::uint64_t below(std::uint64_t end) {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return (state_ >> 33) % end;
  }
  std::string text() {
    static std::string const pieces[] = {"\"",
                                         ",",
                                         ";",
                                         "\r",
                                         "\n",
                                         "\r\n",
                                         " ",
                                         "\t",
                                         "a",
                                         "bc",
                                         "'",
                                         "\\",
                                         "#",
                                         "\"\"",
                                         "\xEF\xBB\xBF",
                                         "\xFF\xFE",
                                         std::string(1, '\0'),
                                         "ä",
                                         "0"};
    std::string result;
    for (std::uint64_t n = below(6); n != 0; --n) result += pieces[below(std::size(pieces))];
    return result;
  }

 private:
  std::uint64_t state_;
};

row draw(chance& from) {
  row row;
  row.first = from.text();
  if (from.below(2) == 0) row.number = static_cast<int>(from.below(1000)) - 500;
  row.price =
      from.below(9) == 0 ? std::numeric_limits<double>::infinity() : static_cast<double>(from.below(1u << 30)) / 7;
  row.flag = from.below(2) == 0;
  row.letter = "\",;\r\n x"[from.below(7)];
  std::string last = from.text();
  if (!last.empty()) row.last = last;  // a text that is empty comes back as none
  row.time = std::chrono::sys_seconds(std::chrono::seconds(static_cast<std::int64_t>(from.below(1u << 31)) * 80));
  row.small = static_cast<std::uint8_t>(from.below(256));
  return row;
}

template <class Source, class Sink>
std::string run_into(Source source, Sink sink, unsigned workers = 1) {
  leat::flow flow("csv");
  flow.input("in", source) | leat::output("out", sink);
  return message_of([&] { leat::run(flow, {.workers = workers}); });
}
template <class Source>
auto run_of(Source source) {
  std::vector<typename Source::record> seen;
  leat::flow flow("csv");
  flow.input("in", source) | leat::output("out", leat::to::collect(seen));
  leat::run(flow);
  return seen;
}

using pair = std::pair<std::string, int>;
using sink_of_two = decltype(leat::to::csv("x", {"a", "b"}));
static_assert(leat::fixed_partitioned_sink<sink_of_two, pair>);
static_assert(leat::fixed_partitioned_sink<sink_of_two, leat::csv_row>);
static_assert(!leat::fixed_partitioned_sink<sink_of_two, std::tuple<int>>);
static_assert(!leat::fixed_partitioned_sink<sink_of_two, std::tuple<int, int, int>>);
static_assert(!leat::fixed_partitioned_sink<sink_of_two, std::tuple<int, void*>>);
static_assert(!leat::fixed_partitioned_sink<sink_of_two, int>);

}  // namespace

TEST_CASE("what to::csv writes from::csv reads, whatever the fields hold") {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    CAPTURE(seed);
    chance from(seed);
    std::vector<row> rows;
    for (std::uint64_t n = from.below(200); n != 0; --n) rows.push_back(draw(from));
    char const separator = ",;\t|a"[seed % 5];
    scratch dir;
    std::string const path = dir.path("x.csv");
    with_columns([&](auto... columns) {
      CHECK(run_into(leat::from::iterable(rows), leat::to::csv(path, columns...).separated_by(separator)).empty());
      CHECK(run_of(leat::from::csv<row>(path, columns...).separated_by(separator)) == rows);
    });
  }
}

TEST_CASE("tuples, pairs and single columns, read back") {
  chance from(7);
  std::vector<std::tuple<std::string, std::string, std::int64_t>> rows;
  std::vector<std::tuple<std::string>> alone;
  for (int i = 0; i != 500; ++i) {
    rows.emplace_back(from.text(), from.text(), static_cast<std::int64_t>(from.below(1u << 31)));
    alone.emplace_back(from.text());
  }
  scratch dir;
  CHECK(run_into(leat::from::iterable(rows), leat::to::csv(dir.path("x"), {"a", "b", "c"})).empty());
  std::vector<std::tuple<std::string, std::string, std::int64_t>> back;
  for (leat::csv_row const& read : run_of(leat::from::csv(dir.path("x"))))
    back.emplace_back(read["a"], read["b"], read.get<std::int64_t>("c"));
  CHECK(back == rows);

  CHECK(run_into(leat::from::iterable(alone), leat::to::csv(dir.path("y"), {"a"})).empty());
  std::vector<std::tuple<std::string>> alone_back;
  for (leat::csv_row const& read : run_of(leat::from::csv(dir.path("y")))) alone_back.emplace_back(read["a"]);
  CHECK(alone_back == alone);
}

TEST_CASE("the file as a person sees it; no record leaves the header") {
  scratch dir;
  std::string const path = dir.path("x.csv");
  std::vector<pair> const pairs{{"a", 1}, {"say \"hi\"", 2}, {"x, y", 3}, {"", 4}, {" b", 5}};
  CHECK(run_into(leat::from::iterable(pairs), leat::to::csv(path, {"word", "n"})).empty());
  CHECK(dir.read("x.csv") == "word,n\na,1\n\"say \"\"hi\"\"\",2\n\"x, y\",3\n,4\n\" b\",5\n");
  CHECK(run_into(leat::from::iterable(std::vector<pair>()), leat::to::csv(path, {"word", "n"}), 3).empty());
  CHECK(dir.read("x.csv") == "word,n\n");
  CHECK(
      run_into(leat::from::iterable(std::vector<pair>{{"a;", 1}}), leat::to::csv(path, {"word", "n"}).separated_by(';'))
          .empty());
  CHECK(dir.read("x.csv") == "word;n\n\"a;\";1\n");
  for (char const bad : {'"', '\n', '\r', '\0'})
    CHECK(has(message_of([&] { (void)leat::to::csv("x", {"a"}).separated_by(bad); }), "have a meaning of their own"));
}

TEST_CASE("columns of another file's rows, and an output that is its input") {
  scratch dir;
  std::string const in = dir.write("in.csv", "a,b,c\n1,\"2\n\",3\n4,5,6\n");
  CHECK(run_into(leat::from::csv(in), leat::to::csv(dir.path("out.csv"), {"c", "b"})).empty());
  CHECK(dir.read("out.csv") == "c,b\n3,\"2\n\"\n6,5\n");
  CHECK(has(run_into(leat::from::csv(in), leat::to::csv(dir.path("out.csv"), {"d"})), "has no column \"d\""));
  CHECK(has(run_into(leat::from::csv(in), leat::to::csv(in, {"a"})), "which input \"csv.in\""));
}

TEST_CASE("rows of all workers go into one file, below one header") {
  leat::test::for_each_shape([](leat::test::shape const& shape) {
    scratch dir;
    std::vector<pair> pairs;
    for (int i = 0; i != 3000; ++i) pairs.emplace_back("\"" + std::to_string(i), i);
    leat::flow flow("csv");
    flow.input("in", leat::from::iterable(pairs)) | leat::map([](pair const& p) { return p; }) |
        leat::output("out", leat::to::csv(dir.path("x"), {"word", "n"}));
    std::vector<int> empty;
    shape.run(flow, empty);
    std::vector<pair> back;
    for (leat::csv_row const& read : run_of(leat::from::csv(dir.path("x"))))
      back.emplace_back(read["word"], read.get<int>("n"));
    CHECK(back == pairs);
  });
}

TEST_CASE("a resumed file has its header already") {
  scratch dir;
  test_worker worker;
  leat::detail::step_context step(leat::detail::step_info("output", leat::step_name("out")), worker);
  leat::step_services const services(step);
  auto const sink = leat::to::csv(dir.path("x"), {"a", "b"});
  std::vector<pair> rows{{"x", 1}};
  leat::file_position position;
  for (int turn = 0; turn != 2; ++turn) {
    auto part = sink.build_part(dir.path("x"), turn == 0 ? std::nullopt : std::optional(position), services);
    part.write_batch(std::span<pair>(rows));
    part.flush();
    position = part.snapshot();
  }
  CHECK(dir.read("x") == "a,b\nx,1\nx,1\n");
}

TEST_CASE("a header above lines") {
  scratch dir;
  CHECK(run_into(leat::from::iterable(std::vector<pair>{{"a", 1}}), leat::to::lines(dir.path("x")).header("# word, n"))
            .empty());
  CHECK(dir.read("x") == "# word, n\n(a, 1)\n");
  CHECK(run_into(leat::from::iterable(std::vector<pair>()), leat::to::lines(dir.path("x")).header("# none")).empty());
  CHECK(dir.read("x") == "# none\n");
}
