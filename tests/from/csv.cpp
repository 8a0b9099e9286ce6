// SPDX-License-Identifier: BSL-1.0
#include <leat/flow.hpp>
#include <leat/from/csv.hpp>
#include <leat/op/map.hpp>
#include <leat/route/codec/codec.hpp>
#include <leat/route/exchange/to_partitions.hpp>
#include <leat/run/run.hpp>
#include <leat/run/simulated/disk.hpp>
#include <leat/text.hpp>
#include <leat/to/collect.hpp>
#include <leat/to/lines.hpp>
#include <leat/to/output.hpp>

#include "scratch.hpp"

#include <doctest/doctest.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

namespace {

using texts = std::vector<std::string>;

struct trade {
  std::string symbol;
  double price = 0;
  int size = -1;
  std::optional<int> lot;
  bool operator==(trade const&) const = default;
};

auto trades(std::string const& path) {
  return leat::from::csv<trade>(path, leat::column("price", &trade::price), leat::column("symbol", &trade::symbol),
                                leat::column("lot", &trade::lot));
}

template <class Source>
auto run_of(Source source, unsigned workers = 1) {
  std::vector<typename Source::record> seen;
  leat::flow flow("csv");
  flow.input("in", source) | leat::output("out", leat::to::collect(seen));
  leat::run(flow, {.workers = workers});
  return seen;
}

/// The rows of a file with this content, as text.
texts rows(std::string const& content) {
  scratch dir;
  texts result;
  for (leat::csv_row const& row : run_of(leat::from::csv(dir.write("x.csv", content))))
    result.push_back(leat::text(row));
  return result;
}
/// What reading it says, without the path of the file.
std::string error(std::string const& content) {
  scratch dir;
  std::string const path = dir.write("x.csv", content);
  return message_of([&] { run_of(leat::from::csv(path)); });
}

}  // namespace

TEST_CASE("rows have columns by name, by index, as values") {
  scratch dir;
  std::string const path = dir.write("ec2.csv",
                                     "timestamp,value,instance\n2022-02-24 11:42:08,0.132,24ae8d\n"
                                     "2022-02-24T11:47:08.25Z, +1.5e3 ,\n");
  auto const seen = run_of(leat::from::csv(path));
  REQUIRE(seen.size() == 2);
  leat::csv_row const& first = seen[0];
  CHECK(first["timestamp"] == "2022-02-24 11:42:08");
  CHECK(first[2] == "24ae8d");
  CHECK(first.get<double>("value") == 0.132);
  CHECK(first.get<std::string>("value") == "0.132");
  CHECK(leat::text(first.get<leat::wall_time>("timestamp")) == "2022-02-24T11:42:08Z");
  CHECK(leat::text(seen[1].get<leat::wall_time>("timestamp")) == "2022-02-24T11:47:08.25Z");
  CHECK(seen[1].get<double>("value") == 1500);
  CHECK(seen[1].get<std::optional<int>>("instance") == std::nullopt);
  CHECK(first.size() == 3);
  CHECK(first.line() == 2);
  CHECK(seen[1].line() == 3);
  CHECK(first.columns() == texts{"timestamp", "value", "instance"});
  CHECK(leat::text(first) == "{timestamp: 2022-02-24 11:42:08, value: 0.132, instance: 24ae8d}");

  CHECK(message_of([&] { (void)first["valeu"]; }) ==
        "\"" + path + "\" has no column \"valeu\"; it has \"timestamp\", \"value\", \"instance\"");
  CHECK(message_of([&] { (void)first[3]; }) ==
        "\"" + path + "\", line 2: there is no column 3; there are 3, counted from 0");
  CHECK(message_of([&] { (void)first.get<double>("instance"); }) ==
        "\"" + path + "\", line 2: the column \"instance\" holds \"24ae8d\", which is not a number");
}

TEST_CASE("RFC 4180: quotes, separators, ends of line, doubled quotes") {
  CHECK(rows("a,b\n1,2\n3,4") == texts{"{a: 1, b: 2}", "{a: 3, b: 4}"});
  CHECK(rows("a,b\r\n1,2\r\n\r\n3,\r\n") == texts{"{a: 1, b: 2}", "{a: 3, b: }"});
  CHECK(rows("a,b\n\"x, y\",\"say \"\"hi\"\"\"\n\"\",\"\"\"\"\n") == texts{"{a: x, y, b: say \"hi\"}", "{a: , b: \"}"});
  CHECK(rows("a,b\n\"one\ntwo\r\nthree\",4\r\n5,\"6\"\r\n") == texts{"{a: one\ntwo\r\nthree, b: 4}", "{a: 5, b: 6}"});
  CHECK(rows("a,b\n1,\"last\"") == texts{"{a: 1, b: last}"});
  CHECK(rows("a,b\n\"x\",y\r\n\"x\",\n,\"x\"\n") == texts{"{a: x, b: y}", "{a: x, b: }", "{a: , b: x}"});
  CHECK(rows("\xEF\xBB\xBF"
             "a,b\n1,2\n") == texts{"{a: 1, b: 2}"});
  CHECK(rows("\xEF\xBB\xBF\"a\",\"b,c\"\n1,2\n") == texts{"{a: 1, b,c: 2}"});
  CHECK(rows("a\n1\n\n\n2\n") == texts{"{a: 1}", "{a: 2}"});
  CHECK(rows("a,b\n").empty());

  scratch dir;
  auto const seen = run_of(leat::from::csv(dir.write("x", "a;b\n1,5;\"2;5\"\n")).separated_by(';'));
  REQUIRE(seen.size() == 1);
  CHECK(seen[0]["a"] == "1,5");
  CHECK(seen[0]["b"] == "2;5");
}

TEST_CASE("a record that spans lines counts them all") {
  scratch dir;
  auto const seen = run_of(leat::from::csv(dir.write("x", "a,b\n\n1,\"x\n\ny\"\n2,z\n")));
  REQUIRE(seen.size() == 2);
  CHECK(seen[0].line() == 3);
  CHECK(seen[1].line() == 6);
}

TEST_CASE("malformed rows end the run with file and line") {
  CHECK(has(error("a,b\n1,2\n\n1,2,3\n"), "x.csv\", line 4: the header has 2 columns, this row has 3"));
  CHECK(has(error("a,b\n1\n"), "x.csv\", line 2: the header has 2 columns, this row has 1"));
  CHECK(has(error("a,b\n1,x\"y\"\n"), "x.csv\", line 2: there is a quote inside a field that does not begin with one"));
  CHECK(has(error("a,b\n1,2\n\"x\"y,2\n"), "x.csv\", line 3: there is text after the quotes of a field were closed"));
  CHECK(has(error("a,b\n\"x\"\ry,2\n"), "line 2: there is text after the quotes of a field were closed"));
  CHECK(has(error("a,b\n1,2\n3,\"x\n4,5\n6,7\n"), "x.csv\", line 3: the quotes of a field are never closed"));
  CHECK(has(error("a,b\n1,2\n3,\"x"), "x.csv\", line 3: the quotes of a field are never closed"));
  CHECK(has(error("a,\"b\n"), "x.csv\", line 1: the quotes of a field are never closed"));
  CHECK(has(error(""), "x.csv\" has no header: it is empty"));
  CHECK(has(error("\n\n"), "x.csv\" has no header: it is empty"));
  CHECK(has(message_of([] { run_of(leat::from::csv("/nowhere/x.csv")); }),
            "cannot read \"/nowhere/x.csv\": No such file or directory"));
  CHECK(has(error("a,b\n1,2\n3\n"), "step \"csv.in\" (input, "));
}

TEST_CASE("malformed rows can be left out and counted") {
  scratch dir;
  std::string const path = dir.write("x.csv", "a,b\n1,2\n3\n4,\"x\"y\n5,6,7\n8,9\n10,\"open\n11,12\n");
  leat::skipped_rows skipped;
  auto const seen = run_of(leat::from::csv(path).skip_malformed(skipped));
  texts lines;
  for (leat::csv_row const& row : seen) lines.push_back(leat::text(row));
  CHECK(lines == texts{"{a: 1, b: 2}", "{a: 8, b: 9}", "{a: 11, b: 12}"});
  CHECK(seen.back().line() == 8);
  CHECK(skipped.count() == 4);
  CHECK(skipped.first() == "\"" + path + "\", line 3: the header has 2 columns, this row has 1");
}

TEST_CASE("without a counter the number of rows left out goes to standard error") {
  scratch dir;
  std::string const path = dir.write("x.csv", "a,b\n1\n2\n3,4\n");
  int const before = ::dup(2);
  int const log = ::open(dir.path("log").c_str(), O_WRONLY | O_CREAT, 0600);
  ::dup2(log, 2);
  auto const seen = run_of(leat::from::csv(path).skip_malformed());
  ::dup2(before, 2);
  ::close(before);
  ::close(log);
  CHECK(seen.size() == 1);
  CHECK(dir.read("log") == "leat: step \"csv.in\" skipped 2 malformed rows; the first: \"" + path +
                               "\", line 2: the header has 2 columns, this row has 1\n");
}

TEST_CASE("rows fill a struct of the user's") {
  scratch dir;
  std::string const path = dir.write("t.csv", "symbol,time,price,lot\nABC,1,12.5,\n\"D\"\"E\",2,-3,7\n");
  CHECK(run_of(trades(path)) == std::vector<trade>{{"ABC", 12.5, -1, std::nullopt}, {"D\"E", -3, -1, 7}});

  std::string const bad = dir.write("bad.csv", "symbol,price,lot\nA,1,\nB,1.2.3,\nC,,\nD,4,99999999999\nE,5,6\n");
  CHECK(has(message_of([&] { run_of(trades(bad)); }),
            "\"" + bad + "\", line 3: the column \"price\" holds \"1.2.3\", which is not a number"));
  leat::skipped_rows skipped;
  CHECK(run_of(trades(bad).skip_malformed(skipped)) == std::vector<trade>{{"A", 1, -1, std::nullopt}, {"E", 5, -1, 6}});
  CHECK(skipped.count() == 3);

  CHECK(has(message_of([&] { run_of(trades(dir.write("no.csv", "symbol,lot\nA,1\n")).skip_malformed(skipped)); }),
            "no.csv\" has no column \"price\"; it has \"symbol\", \"lot\""));
  CHECK(has(message_of([&] { run_of(trades(dir.write("two.csv", "symbol,price,lot,price\n"))); }),
            "two.csv\" has two columns named \"price\""));
}

TEST_CASE("several files, each with a header of its own, and named") {
  scratch dir;
  std::string const a = dir.write("a.csv", "x,y\n1,2\n");
  std::string const b = dir.write("b.csv", "y,x\n3,4\n5,6\n");
  for (unsigned const workers : {1u, 4u}) {
    std::vector<std::tuple<std::string, int, int>> seen;
    leat::flow flow("csv");
    flow.input("in", leat::from::csv(texts{b, a}).with_name()) |
        leat::map([](std::pair<std::string, leat::csv_row> const& r) {
          return std::tuple(r.first, r.second.get<int>("x"), r.second.get<int>("y"));
        }) |
        leat::output("out", leat::to::collect(seen));
    leat::run(flow, {.workers = workers});
    std::sort(seen.begin(), seen.end());
    CHECK(seen == std::vector<std::tuple<std::string, int, int>>{{"a.csv", 1, 2}, {"b.csv", 4, 3}, {"b.csv", 6, 5}});
  }
  CHECK(leat::from::csv_files(dir.path()).list_parts(leat::detail::machine_files()) == texts{"a.csv", "b.csv"});
  CHECK(run_of(leat::from::csv_files(dir.path())).size() == 3);
}

TEST_CASE("a CSV file is resumed after the last row, its header read again, its lines still counted") {
  scratch dir;
  std::string content = "n,text\n";
  for (int i = 0; i != 3000; ++i) content += std::to_string(i) + (i % 5 == 0 ? ",\"two\nlines\"\r\n" : ",one line\n");
  auto const source = leat::from::csv(dir.write("x.csv", content));
  polled whole(source);
  auto const first = whole.next();
  REQUIRE(first.size() == 1024);
  polled again(source, "", whole.partition.snapshot());
  CHECK(again.partition.snapshot() == whole.partition.snapshot());
  auto const rest = again.rest();
  auto const straight_on = whole.rest();
  REQUIRE(rest.size() == 3000 - 1024);
  CHECK(rest.front().get<int>("n") == 1024);
  CHECK(rest.back().get<int>("n") == 2999);
  CHECK(rest.front().line() == straight_on.front().line());
  CHECK(rest.back().line() == straight_on.back().line());
  CHECK(polled(source, "", again.partition.snapshot()).rest().empty());
}

TEST_CASE("rows cross the borders of the buffer, and come in pieces") {
  scratch dir;
  std::string content = "a,b\n";
  for (std::size_t i = 0; i != 2000; ++i)
    content += std::string(i % 700, 'x') + ",\"" + std::string(i % 31, '\n') + "\"\"\"\r\n";
  auto const seen = run_of(leat::from::csv(dir.write("x.csv", content)));
  REQUIRE(seen.size() == 2000);
  bool all_right = true;
  for (std::size_t i = 0; i != 2000; ++i)
    all_right = all_right && seen[i]["a"].size() == i % 700 && seen[i]["b"] == std::string(i % 31, '\n') + "\"";
  CHECK(all_right);
  CHECK(has(message_of([&] {
              run_of(leat::from::csv(dir.write("y.csv", "a\n\"" + std::string(600000, 'x'))).longest(300000));
            }),
            "y.csv\", line 2: it is longer than 300000 bytes, the longest row allowed; a quote may never be closed"));

  std::string const small = "a,b\r\n1,\"x\"\"y\"\r\n\"p\nq\",\r\n3,4";
  std::string const path = dir.path("pipe");
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  polled reader(leat::from::csv(path));
  texts got;
  CHECK(reader.next().empty());
  int const writer = ::open(path.c_str(), O_WRONLY);
  for (char const byte : small) {
    REQUIRE(::write(writer, &byte, 1) == 1);
    for (auto const& row : reader.next()) got.push_back(leat::text(row));
  }
  ::close(writer);
  for (auto const& row : reader.rest()) got.push_back(leat::text(row));
  CHECK(got == texts{"{a: 1, b: x\"y}", "{a: p\nq, b: }", "{a: 3, b: 4}"});
}

TEST_CASE("a row may go to another process, and into a file") {
  scratch dir;
  std::string const path = dir.write("x.csv", "a,b\n1,\"two\nlines\"\n3,4\n");
  leat::csv_row const row = run_of(leat::from::csv(path)).front();
  leat::byte_buffer bytes;
  leat::encode(row, bytes);
  auto const back = leat::decode<leat::csv_row>(bytes.bytes());
  CHECK(leat::text(back) == leat::text(row));
  CHECK(back.line() == 2);
  CHECK(message_of([&] { (void)back["c"]; }) == message_of([&] { (void)row["c"]; }));

  leat::flow flow("copy");
  flow.input("in", leat::from::csv(path)) | leat::output("out", leat::to::lines(dir.path("y")));
  leat::run(flow, {.workers = 2});
  CHECK(dir.read("y") == "{a: 1, b: two\nlines}\n{a: 3, b: 4}\n");
}

namespace {

/// The same rows, whatever the pieces are in which they come through a pipe.
template <class Source>
texts in_pieces(Source const& change, std::string const& content, std::size_t piece) {
  scratch dir;
  std::string const path = dir.path("pipe");
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  polled reader(change(leat::from::csv(path)));
  texts got;
  int const writer = ::open(path.c_str(), O_WRONLY);
  for (std::size_t at = 0; at < content.size(); at += piece) {
    std::string const bytes = content.substr(at, piece);
    REQUIRE(::write(writer, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
    for (auto const& row : reader.next()) got.push_back(leat::text(row));
  }
  ::close(writer);
  for (auto const& row : reader.rest()) got.push_back(leat::text(row));
  return got;
}

/// What a file with this content holds when it is read with these options, in one piece and in small ones.
template <class Change>
texts rows_with(Change change, std::string const& content) {
  scratch dir;
  texts whole;
  for (leat::csv_row const& row : run_of(change(leat::from::csv(dir.write("x.csv", content)))))
    whole.push_back(leat::text(row));
  for (std::size_t const piece : {1u, 2u, 3u}) CHECK(in_pieces(change, content, piece) == whole);
  return whole;
}
template <class Change>
std::string error_with(Change change, std::string const& content) {
  scratch dir;
  return message_of([&] { run_of(change(leat::from::csv(dir.write("x.csv", content)))); });
}

auto const as_it_is = [](auto source) { return source; };

}  // namespace

TEST_CASE("lines that all end in CR") {
  CHECK(rows_with(as_it_is, "k,f\ra,1\rb,2\r") == texts{"{k: a, f: 1}", "{k: b, f: 2}"});
  CHECK(rows_with(as_it_is, "k,f\r\"a\rb\",\"1\"\r\r\"b\"\"\",2") == texts{"{k: a\rb, f: 1}", "{k: b\", f: 2}"});
  CHECK(has(error_with(as_it_is, "k,f\ra,1\rb\r"), "line 3: the header has 2 columns, this row has 1"));
  CHECK(rows_with(as_it_is, "k\r") == texts{});
  CHECK(rows_with(as_it_is, "k,f\r\na,\"1\"\r\nb,2\r") == texts{"{k: a, f: 1}", "{k: b, f: 2}"});
}

TEST_CASE("a file without a header") {
  auto const named = [](auto source) { return source.columns({"k", "n"}); };
  CHECK(rows_with(named, "a,1\nb,2\n") == texts{"{k: a, n: 1}", "{k: b, n: 2}"});
  CHECK(rows_with(named, "\xEF\xBB\xBF\"a\",1\r") == texts{"{k: a, n: 1}"});
  CHECK(rows_with(named, "") == texts{});
  CHECK(has(error_with(named, "a,1\nb,2,3\n"), "x.csv\", line 2: there are 2 columns, this row has 3"));
  CHECK(has(message_of([] { (void)leat::from::csv("x").columns({}); }), "name one column at least"));

  scratch dir;
  std::string const path = dir.write("t.csv", "ABC,12.5\nDEF,1\n");
  auto const source =
      leat::from::csv<trade>(path, leat::column("price", &trade::price), leat::column("symbol", &trade::symbol))
          .columns({"symbol", "price"});
  CHECK(run_of(source) == std::vector<trade>{{"ABC", 12.5, -1, std::nullopt}, {"DEF", 1, -1, std::nullopt}});

  std::string content;
  for (int i = 0; i != 3000; ++i) content += std::to_string(i) + ",x\r\n";
  auto const long_one = leat::from::csv(dir.write("x.csv", content)).columns({"n", "x"});
  polled whole(long_one);
  REQUIRE(whole.next().size() == 1024);
  polled again(long_one, "", whole.partition.snapshot());
  auto const rest = again.rest();
  REQUIRE(rest.size() == 3000 - 1024);
  CHECK(rest.front().get<int>("n") == 1024);
  CHECK(rest.front().line() == 1025);
}

TEST_CASE("short rows, comments, lines above the header, escapes, quotes that stand anywhere") {
  CHECK(rows_with([](auto source) { return source.fill_short_rows(); }, "a,b,c\n1\n1,2\n1,2,3\n") ==
        texts{"{a: 1, b: , c: }", "{a: 1, b: 2, c: }", "{a: 1, b: 2, c: 3}"});
  CHECK(has(error_with([](auto source) { return source.fill_short_rows(); }, "a\n1,2\n"), "this row has 2"));

  CHECK(rows_with([](auto source) { return source.comments(); }, "# one\na,b\n#two, \"\n1,#2\n") ==
        texts{"{a: 1, b: #2}"});
  CHECK(rows_with([](auto source) { return source.skip_lines(2); }, "Report \"of\n\na,b\n1,2\n") ==
        texts{"{a: 1, b: 2}"});
  CHECK(rows_with([](auto source) { return source.skip_lines(1).columns({"a"}); }, "title\r\n1\r\n") ==
        texts{"{a: 1}"});
  CHECK(rows_with([](auto source) { return source.skip_lines(1).columns({"a"}); }, "title").empty());

  auto const escaped = [](auto source) { return source.backslash_escapes(); };
  CHECK(rows_with(escaped, "a,b\n\"say \\\"hi\\\"\",\"c:\\\\d\"\n\"x\"\"y\",\\n\n") ==
        texts{"{a: say \"hi\", b: c:\\d}", "{a: x\"y, b: \\n}"});
  CHECK(has(error_with(escaped, "a\n\"x\\"), "never closed"));

  auto const lazy = [](auto source) { return source.lazy_quotes(); };
  CHECK(rows_with(lazy, "a,b\n5\" disk,x\"y\"\n\"he said \"no\" twice\",\"z\"\n") ==
        texts{"{a: 5\" disk, b: x\"y\"}", "{a: he said \"no\" twice, b: z}"});

  for (char const bad : {'"', '\n', '\r', '\0'}) {
    CHECK(has(message_of([&] { (void)leat::from::csv("x").separated_by(bad); }), "have a meaning of their own"));
    CHECK(has(message_of([&] { (void)leat::from::csv("x").comments(bad); }), "have a meaning of their own"));
  }
}

TEST_CASE("a quote that is never closed makes one row malformed, however much stands behind it") {
  scratch dir;
  std::string content = "n,text\n0,x\n1,\"open\n";
  for (int i = 2; i != 40000; ++i) content += std::to_string(i) + ",row\n";
  std::string const path = dir.write("x.csv", content);
  leat::skipped_rows skipped;
  auto const seen = run_of(leat::from::csv(path).longest(100000).skip_malformed(skipped));
  REQUIRE(seen.size() == 39999);
  CHECK(seen[1].get<int>("n") == 2);
  CHECK(seen.back().line() == 40001);
  CHECK(skipped.count() == 1);
  CHECK(has(skipped.first(), "x.csv\", line 3: it is longer than 100000 bytes"));
  CHECK(has(message_of([&] { run_of(leat::from::csv(path).longest(100000)); }), "x.csv\", line 3: it is longer than"));

  std::string const one_line =
      dir.write("y.csv", "n\n1\n" + std::string(900000, 'x') + "\n2\n" + std::string(900000, '"'));
  leat::skipped_rows also;
  auto const others = run_of(leat::from::csv(one_line).longest(100000).skip_malformed(also));
  REQUIRE(others.size() == 2);
  CHECK(others[1].get<int>("n") == 2);
  CHECK(others[1].line() == 4);
  CHECK(also.count() == 2);
}

TEST_CASE("whether a row is too long depends on nothing but its length") {
  scratch dir;
  std::string const row = "1," + std::string(998, 'x');
  std::string const quoted = "1,\"" + std::string(498, 'x') + "\n" + std::string(497, 'x') + "\"";
  for (std::string const& just : {row, quoted})
    for (std::string const end : {"\n", "\r\n"}) {
      std::size_t const rows = 3 * leat::detail::input_file::read_size / just.size();
      std::string content = "a,b" + end;
      for (std::size_t i = 0; i != rows; ++i) content += just + end;
      std::string const path = dir.write("x.csv", content);
      CHECK(run_of(leat::from::csv(path).longest(just.size())).size() == rows);
      CHECK(has(message_of([&] { run_of(leat::from::csv(path).longest(just.size() - 1)); }),
                "line 2: it is longer than"));
      leat::skipped_rows skipped;
      CHECK(
          run_of(leat::from::csv(path).longest(just.size() - 1).lazy_quotes().fill_short_rows().skip_malformed(skipped))
              .size() == (just == row ? 0 : rows));  // the second line of a quoted one is a row by itself
      CHECK(skipped.count() == rows);
    }
  // One that has no end of line, and lines that are no rows.
  CHECK(run_of(leat::from::csv(dir.write("y.csv", "a,b\n" + row)).longest(1000)).size() == 1);
  CHECK(has(message_of([&] { run_of(leat::from::csv(dir.path("y.csv")).longest(999)); }), "line 2: it is longer than"));
  for (std::size_t const length : {std::size_t{2000}, std::size_t{900000}})
    CHECK(run_of(leat::from::csv(dir.write("z.csv", "a\n1\n#" + std::string(length, 'x') + "\n2\n"))
                     .comments()
                     .longest(1000))
              .size() == 2);
}

TEST_CASE("a field that comes in many pieces is looked at once") {
  leat::detail::csv_reader reader{leat::detail::csv_dialect()};
  leat::detail::csv_fields fields;
  std::string bytes = "\"";
  bytes.reserve(std::size_t{64} << 20);
  // Looking at all of it again for each piece would be 2 * 10^12 bytes.
  for (std::size_t pieces = 0; pieces != 16384; ++pieces) {
    bytes.append(pieces % 2 == 0 ? "\"\"\n" : "ab\r\n");
    bytes.append(4000, 'x');
    CHECK_MESSAGE(reader.read(bytes, false, fields).result == leat::detail::csv_found::kind::incomplete, pieces);
  }
  bytes += "\",y\n";
  leat::detail::csv_found const found = reader.read(bytes, false, fields);
  CHECK(found.result == leat::detail::csv_found::kind::record);
  CHECK(found.bytes == bytes.size());
  CHECK(found.lines == 16385);
  REQUIRE(fields.size() == 2);
  CHECK(fields[0].size() == bytes.size() - 5 - 8192);
  CHECK(fields[1] == "y");

  std::string line;
  line.reserve(std::size_t{64} << 20);
  for (std::size_t pieces = 0; pieces != 16384; ++pieces) {
    line.append(4000, 'x');
    CHECK_MESSAGE(reader.read(line, false, fields).result == leat::detail::csv_found::kind::incomplete, pieces);
  }
}

TEST_CASE("a CSV file is resumed from wherever it was: above its header, and within a row that is too long") {
  std::string const too_long = "1,2,3,4,5,6,7,8," + std::string(60, '9') + "\n";
  for (std::string const above : {"", "\xEF\xBB\xBF", "\n\n", "above\nit\n"}) {
    CAPTURE(above);
    leat::detail::simulated_disk disk;
    disk.put("in", above + "a,b\n1,2\n" + too_long + "3,\"4\n5\"\n\n" + too_long + "6,7\n");
    for (std::size_t const most : {std::size_t{1}, std::size_t{7}, std::size_t{50}}) {
      disk.cut_reads_to(most);
      auto const source = leat::from::csv("in").longest(20).skip_malformed(leat::skipped_rows());
      auto const lines_of = [](auto const& rows, std::vector<std::uint64_t>& lines) {
        for (leat::csv_row const& row : rows) lines.push_back(row.line());
      };
      std::uint64_t const header = above == "above\nit\n" || above == "\n\n" ? 3 : 1;
      std::vector<std::uint64_t> const expected{header + 1, header + 3, header + 7};
      auto const check = [&](auto const& of) {
        std::vector<std::uint64_t> seen;
        polled reader(of, "in", std::nullopt, disk);
        while (reader.reading) {
          std::vector<std::uint64_t> both = seen;
          lines_of(polled(of, "in", reader.partition.snapshot(), disk).rest(), both);
          CHECK(both == expected);
          lines_of(reader.next(), seen);
        }
        CHECK(seen == expected);
      };
      if (above == "above\nit\n")
        check(source.skip_lines(2));
      else
        check(source);
    }
  }
}

TEST_CASE("text in UTF-16 is refused, an empty file among others has no rows") {
  CHECK(has(error(std::string("\xFF\xFE"
                              "a\0\n\0",
                              6)),
            "x.csv\": it is text in UTF-16"));
  CHECK(has(error(std::string("\xFE\xFF"
                              "\0a\0\n",
                              6)),
            "x.csv\": it is text in UTF-16"));
  scratch dir;
  std::string const full = dir.write("full.csv", "a\n1\n");
  std::string const empty = dir.write("empty.csv", "");
  CHECK(run_of(leat::from::csv(texts{full, empty})).size() == 1);
  CHECK(run_of(leat::from::csv_files(dir.path())).size() == 1);
  CHECK(has(message_of([&] { run_of(leat::from::csv(empty)); }), "has no header: it is empty"));
}

TEST_CASE("what controls a terminal, or ends a message, is escaped in one, and a long field is cut") {
  std::string const text = error_with([](auto source) { return source.skip_malformed(); }, "a\n1\n");
  CHECK(text.empty());
  scratch dir;
  std::string const path = dir.write("x.csv", std::string("n\n1\0\x1b[2J\xc2\x9b", 10) + "K\n" + "x\n");
  std::string const message = message_of([&] {
    for (auto const& row : run_of(leat::from::csv(path))) (void)row.template get<int>("n");
  });
  CHECK(has(message, "holds \"1\\x00\\x1b[2J\xc2\\x9bK\", which is not a whole number that fits its type"));
  std::string const wide = dir.write("w.csv", "n\n" + std::string(100000, 'x') + "\n");
  CHECK(message_of([&] { (void)run_of(leat::from::csv(wide)).front().template get<int>("n"); }).size() < 500);
}
