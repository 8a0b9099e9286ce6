// SPDX-License-Identifier: BSL-1.0
#include <leat/flow.hpp>
#include <leat/from/csv.hpp>
#include <leat/op/map.hpp>
#include <leat/route/codec/codec.hpp>
#include <leat/route/to_partitions.hpp>
#include <leat/run/run.hpp>
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
  CHECK(leat::from::csv_files(dir.path()).list_parts() == texts{"a.csv", "b.csv"});
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
            "that begins at byte 2 is longer than 300000 bytes"));

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
