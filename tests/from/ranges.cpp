// SPDX-License-Identifier: BSL-1.0
#include <leat/flow.hpp>
#include <leat/from/csv.hpp>
#include <leat/from/lines.hpp>
#include <leat/op/map.hpp>
#include <leat/op/running/file_range.hpp>
#include <leat/run/run.hpp>
#include <leat/run/simulated/cluster.hpp>
#include <leat/run/simulated/disk.hpp>
#include <leat/to/collect.hpp>
#include <leat/to/output.hpp>

#include "fixture/interrupted_runs.hpp"
#include "fixture/shapes.hpp"
#include "sanitizers.hpp"
#include "scratch.hpp"

#include <doctest/doctest.h>

#include <sys/stat.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

/// One file that several partitions share.
namespace {

using leat::detail::file_range;
using leat::detail::simulated_disk;
using texts = std::vector<std::string>;

/// A line, or what stands for one, and the byte at which it begins.
struct placed {
  std::string text;
  std::uint64_t begin;
};

std::vector<placed> lines_of(std::string const& content) {
  std::vector<placed> result;
  for (std::size_t begin = 0; begin < content.size();) {
    std::size_t const end = std::min(content.find('\n', begin), content.size());
    std::string line = content.substr(begin, end - begin);
    if (end != content.size() && line.ends_with('\r')) line.pop_back();
    result.push_back({line, begin});
    begin = end + 1;
  }
  return result;
}

texts texts_of(std::vector<placed> const& lines, auto const& wanted) {
  texts result;
  for (placed const& line : lines)
    if (wanted(line.begin)) result.push_back(line.text);
  return result;
}

/// What is difficult about ends of line, at both of them.
texts contents() {
  texts all{
      "", "\n", "\n\n\n", "a", "\r\n", "a\r\n\r\nb\rc\r\n", std::string("a\0b\n\0\nc", 8), "\xEF\xBB\xBFone\ntwo\n"};
  for (std::string const end : {"\n", "\r\n"})
    for (std::string const last : {"", "last", "the last, which is long"})
      all.push_back("1" + end + end + "three" + end + "a line that is longer than most" + end + "x" + end + last);
  return all;
}

texts parts_of(auto const& source, simulated_disk& disk) { return source.list_parts(disk); }

template <class T>
void append(std::vector<T>& to, std::vector<T> const& more) {
  to.insert(to.end(), more.begin(), more.end());
}

/// Calls `body(block, count)` for all blocks of a file up to its size and one more.
void for_each_cut(std::size_t size, auto const& body) {
  for (std::uint64_t const count : {2u, 3u, 5u})
    for (std::uint64_t block = 1; block <= size + 1; ++block) {
      CAPTURE(block);
      CAPTURE(count);
      body(block, count);
    }
}

struct priced {
  std::string name;
  int price = 0;
};

}  // namespace

TEST_CASE("ranges: blocks are taken in turn") {
  for (std::uint64_t const count : {1u, 2u, 3u, 7u})
    for (std::uint64_t const block : {1u, 4u, 10u})
      for (std::uint64_t number = 0; number != count; ++number) {
        file_range const range{number, count, block};
        for (std::uint64_t byte = 0; byte != 100; ++byte) {
          CHECK(range.owns(byte) == ((byte / block) % count == number));
          CHECK(range.end_of_block(byte) / block == byte / block + 1);
          CHECK(range.end_of_block(byte) % block == 0);
          std::uint64_t next = range.end_of_block(byte);
          while (!range.owns(next)) ++next;
          CHECK(range.next_block(byte) == next);
        }
      }
}

TEST_CASE("ranges: a partition's name is that of its file, with the range") {
  file_range const range{1, 4, 1048576};
  CHECK(leat::detail::name_of_range("a[b].txt", range) == "a[b].txt[2/4x1048576]");
  file_range const read = leat::detail::range_of_name("a[b].txt[2/4x1048576]");
  CHECK(read.number == 1);
  CHECK(read.count == 4);
  CHECK(read.block == 1048576);
  CHECK(leat::detail::file_of_name("a[b].txt[2/4x1048576]") == "a[b].txt");
  for (std::string const name : {"", "a", "a[", "a[b].txt", "a[2/4x8", "a[2/4x8] ", "a[0/4x8]", "a[5/4x8]", "a[1/1x8]",
                                 "a[1/2x0]", "a[1/2]", "a[1x2/8]", "a[-1/2x8]", "a[1/2x99999999999999999999]", "[]"}) {
    CHECK(leat::detail::range_of_name(name).whole());
    CHECK(leat::detail::file_of_name(name) == name);
  }
}

TEST_CASE("ranges: wherever lines are cut, each is read once, by who has the block in which it begins") {
  for (std::string const& content : contents()) {
    CAPTURE(content);
    std::vector<placed> const lines = lines_of(content);
    for (std::size_t const most : {std::size_t{1}, std::size_t{3}, std::size_t{1000}}) {
      simulated_disk disk;
      disk.put("in", content);
      disk.cut_reads_to(most);
      for_each_cut(content.size(), [&](std::uint64_t block, std::uint64_t count) {
        auto const source = leat::from::lines("in").in_ranges(count, block);
        texts const parts = parts_of(source, disk);
        REQUIRE(parts.size() == count);
        for (std::uint64_t i = 0; i != count; ++i) {
          auto const has = [&](std::uint64_t begin) { return begin / block % count == i; };
          polled reader(source, parts[i], std::nullopt, disk);
          CHECK(reader.rest() == texts_of(lines, has));
        }
      });
    }
  }
}

TEST_CASE("ranges: a partition of lines goes on from wherever it was") {
  for (std::string const& content : contents()) {
    CAPTURE(content);
    std::vector<placed> const lines = lines_of(content);
    simulated_disk disk;
    disk.put("in", content);
    disk.cut_reads_to(2);  // so that there are positions between all lines, and while others' lines are passed over
    for_each_cut(content.size(), [&](std::uint64_t block, std::uint64_t count) {
      auto const source = leat::from::lines("in").in_ranges(count, block);
      texts const parts = parts_of(source, disk);
      for (std::uint64_t i = 0; i != count; ++i) {
        texts const all = texts_of(lines, [&](std::uint64_t begin) { return begin / block % count == i; });
        polled reader(source, parts[i], std::nullopt, disk);
        for (texts seen; reader.reading;) {
          append(seen, reader.next());
          polled resumed(source, parts[i], reader.partition.snapshot(), disk);
          texts both = seen;
          append(both, resumed.rest());
          CHECK(both == all);
        }
      }
    });
  }
}

TEST_CASE("ranges: of a file that has grown, each goes on as one reader of all would") {
  for (std::string const& content : contents())
    for (std::size_t before = 0; before <= content.size(); ++before) {
      CAPTURE(content);
      CAPTURE(before);
      simulated_disk disk;
      auto const two_runs = [&](auto const& source) {
        texts seen;
        for (std::string const& part : parts_of(source, disk)) {
          disk.put("in", content.substr(0, before));
          polled first(source, part, std::nullopt, disk);
          append(seen, first.rest());
          disk.put("in", content);
          polled second(source, part, first.partition.snapshot(), disk);
          append(seen, second.rest());
        }
        std::sort(seen.begin(), seen.end());
        return seen;
      };
      texts const expected = two_runs(leat::from::lines("in"));
      for_each_cut(content.size(), [&](std::uint64_t block, std::uint64_t count) {
        if (count == 3) CHECK(two_runs(leat::from::lines("in").in_ranges(count, block)) == expected);
      });
    }
}

TEST_CASE("ranges: blocks that are larger than the buffer, and lines longer than a block") {
  scratch dir;
  std::string content;
  for (std::size_t i = 0; i != 40000; ++i)
    content += std::to_string(i) + std::string(i % 997 == 0 ? 5000 : i % 23, 'x') + "\n";
  content += std::string(700000, 'L') + "\n" + std::string(1000, 'M');
  std::vector<placed> const lines = lines_of(content);
  std::string const path = dir.write("a", content);
  for (std::uint64_t const block : {1000u, 4096u, 100000u, 262144u, 300000u, 5000000u}) {
    auto const source = leat::from::lines(path).in_ranges(3, block);
    texts const parts = source.list_parts(leat::detail::machine_files());
    for (std::uint64_t i = 0; i != 3; ++i) {
      polled reader(source, parts[i]);
      bool const equal = reader.rest() == texts_of(lines, [&](std::uint64_t at) { return at / block % 3 == i; });
      CHECK_MESSAGE(equal, block);
    }
  }
  // Whoever does not have the line that is too long passes over it.
  auto const strict = leat::from::lines(path).longest(6000).in_ranges(2, 262144);
  std::string const beginning = std::to_string(lines[40000].begin);
  unsigned failures = 0;
  for (std::string const& part : strict.list_parts(leat::detail::machine_files()))
    failures += has(message_of([&] { polled(strict, part).rest(); }), "begins at byte " + beginning + " is longer");
  CHECK(failures == 1);
}

TEST_CASE("ranges: wherever a CSV file is cut, each row is read once, with its line") {
  auto const plain = [](auto source) { return source; };
  auto const odd = [](auto source) { return source.skip_lines(2).comments().skip_malformed(leat::skipped_rows()); };
  auto const lazy = [](auto source) { return source.lazy_quotes().fill_short_rows(); };
  auto const escaped = [](auto source) { return source.backslash_escapes(); };
  auto const check = [](std::string const& content, auto const& option) {
    CAPTURE(content);
    auto const text_of = [](leat::csv_row const& row) { return std::to_string(row.line()) + ": " + to_text(row); };
    for (std::size_t const most : {std::size_t{1}, std::size_t{1000}}) {
      simulated_disk disk;
      disk.put("in", content);
      disk.cut_reads_to(most);
      texts expected;
      for (leat::csv_row const& row : polled(option(leat::from::csv("in")), "", std::nullopt, disk).rest())
        expected.push_back(text_of(row));
      REQUIRE(expected.size() > 3);
      std::size_t most_shares = 0;
      std::sort(expected.begin(), expected.end());
      for_each_cut(content.size(), [&](std::uint64_t block, std::uint64_t count) {
        auto const source = option(leat::from::csv("in")).in_ranges(count, block);
        texts seen;
        std::size_t shares = 0;
        for (std::string const& part : parts_of(source, disk)) {
          texts of_part;
          polled reader(source, part, std::nullopt, disk);
          while (reader.reading) {
            for (leat::csv_row const& row : reader.next()) of_part.push_back(text_of(row));
            if (count != 3 || most != 1 || block % 4 != 1) continue;
            texts both = of_part;
            polled resumed(source, part, reader.partition.snapshot(), disk);
            for (leat::csv_row const& row : resumed.rest()) both.push_back(text_of(row));
            polled whole(source, part, std::nullopt, disk);
            texts all;
            for (leat::csv_row const& row : whole.rest()) all.push_back(text_of(row));
            CHECK(both == all);
          }
          shares += of_part.empty() ? 0 : 1;
          append(seen, of_part);
        }
        std::sort(seen.begin(), seen.end());
        CHECK(seen == expected);
        most_shares = std::max(most_shares, shares);
      });
      CHECK(most_shares > 2);
    }
  };
  for (std::string const end : {"\n", "\r\n", "\r"}) {
    std::string const quoted = "\"x, \"\"y\"\"" + end + end + "7,8" + end + "z\"";
    check(
        "\xEF\xBB\xBF"
        "a,b" +
            end + "1,2" + end + quoted + ",3" + end + "4," + quoted + end + end + "5,6",
        plain);
  }
  check("\"\nabove\na,b\n1,2\n# \"\n3\"4,5\n\"6\" ,7\n8\n9,\"1\n0\"\n#\n1,1\n2,2\n", odd);
  check("a,b\n1,x\"y\n\"2\" \"3\",4\n\"5\n6\" x,\"7\n8\n9,1\n2,\"\n3\",4\n5,6\n", lazy);
  check("a,b\n1,\"\\\"\n2,3\"\n4,\"\\\\\"\n5,\"x\\\"\n\"\n6,7\n", escaped);
}

TEST_CASE("ranges: a malformed row is told, or counted, by who has it alone") {
  simulated_disk disk;
  disk.put("in", "a,b\n1,2\nx,3\n4\n5,6\n\"7\"8,9\n1,1\n");
  for_each_cut(40, [&](std::uint64_t block, std::uint64_t count) {
    leat::skipped_rows skipped;
    unsigned rows = 0;
    unsigned failures = 0;
    auto const forgiving = leat::from::csv("in").skip_malformed(skipped).in_ranges(count, block);
    for (std::string const& part : parts_of(forgiving, disk))
      rows += static_cast<unsigned>(polled(forgiving, part, std::nullopt, disk).rest().size());
    CHECK(rows == 4);
    CHECK(skipped.count() == 2);

    auto const strict = leat::from::csv("in").in_ranges(count, block);
    for (std::string const& part : parts_of(strict, disk)) {
      std::string const message = message_of([&] { polled(strict, part, std::nullopt, disk).rest(); });
      if (message.empty()) continue;
      ++failures;
      bool const either = has(message, "\"in\", line 4: the header has 2 columns, this row has 1") ||
                          has(message, "\"in\", line 6: there is text after the quotes");
      CHECK(either);
    }
    CHECK(failures >= 1);
    CHECK(failures <= 2);
  });
}

TEST_CASE("ranges: a row that is too long is passed over by who does not have it") {
  simulated_disk disk;
  std::string const row = "1," + std::string(3000, 'x') + "\n";
  disk.put("in", "a,b\n1,2\n" + row + "3,4\n" + row + "5,6\n");
  disk.cut_reads_to(500);
  for (std::uint64_t const block : {5u, 700u, 3005u, 5000u}) {
    CAPTURE(block);
    leat::skipped_rows skipped;
    std::size_t rows = 0;
    auto const source = leat::from::csv("in").longest(1000).skip_malformed(skipped).in_ranges(2, block);
    for (std::string const& part : parts_of(source, disk))
      rows += polled(source, part, std::nullopt, disk).rest().size();
    CHECK(rows == 3);
    CHECK(skipped.count() == 2);
  }
}

TEST_CASE("ranges: a file gives its lines and rows at every shape") {
  scratch dir;
  std::string text;
  std::string table = "name,price\n";
  texts lines;
  texts rows;
  for (int i = 0; i != 500; ++i) {
    lines.push_back("line " + std::to_string(i) + std::string(static_cast<std::size_t>(i % 50), '.'));
    text += lines.back() + (i % 3 == 0 ? "\r\n" : "\n");
    rows.push_back("a\n" + std::to_string(i) + " " + std::to_string(i));
    table += "\"a\n" + std::to_string(i) + "\"," + std::to_string(i) + "\n";
  }
  std::sort(lines.begin(), lines.end());
  std::sort(rows.begin(), rows.end());
  std::string const text_path = dir.write("text", text);
  std::string const table_path = dir.write("table", table);
  leat::test::for_each_shape([&](leat::test::shape const& shape) {
    texts seen;
    texts seen_rows;
    std::vector<std::pair<std::string, std::string>> named;
    leat::flow flow("ranges");
    flow.input("lines", leat::from::lines(text_path).in_ranges(7, 100)) | leat::output("out", leat::to::collect(seen));
    flow.input("named", leat::from::files(dir.path(), "te*").with_name().in_ranges(3, 512)) |
        leat::output("named out", leat::to::collect(named));
    flow.input("rows", leat::from::csv<priced>(table_path, leat::column("name", &priced::name),
                                               leat::column("price", &priced::price))
                           .in_ranges(5, 64)) |
        leat::map([](priced const& row) { return row.name + " " + std::to_string(row.price); }) |
        leat::output("rows out", leat::to::collect(seen_rows));
    shape.run(flow, seen, named, seen_rows);
    std::sort(seen.begin(), seen.end());
    std::sort(named.begin(), named.end());
    std::sort(seen_rows.begin(), seen_rows.end());
    CHECK(seen == lines);
    CHECK(seen_rows == rows);
    REQUIRE(named.size() == lines.size());
    for (std::size_t i = 0; i != lines.size(); ++i) CHECK(named[i] == std::pair(std::string("text"), lines[i]));
  });
}

TEST_CASE("ranges: a run that is interrupted is gone on with by other workers, and no line is lost or there twice") {
  using leat::test::mixed;
  std::string text;
  std::string table = "a,b\n";
  leat::test::lines_by_key expected;
  for (int i = 0; i != 60; ++i) {
    std::string const line = std::to_string(i) + std::string(static_cast<std::size_t>(i % 7), '-');
    text += line + "\n";
    table += "\"" + line + "\n\",1\n";
    expected["line " + line].push_back(line);
    expected["row " + line + "\n"].push_back(line + "\n");
  }
  leat::test::interruption at;
  for (std::uint64_t seed = 0; seed != (sanitizers::slow ? 10 : 60); ++seed) {
    CAPTURE(seed);
    simulated_disk disk;
    disk.put("text", text.substr(0, 150));
    disk.put("table", table);
    disk.cut_reads_to(10);
    leat::test::memory_recovery store;
    leat::test::journal out;
    std::uint64_t chance = mixed(seed + 1000);
    unsigned interruptions = 0;
    for (int run = 0; run != 6; ++run) {
      chance = mixed(chance);
      auto simulation = leat::test::simulation_of(chance, &store);
      simulation.disk = &disk;
      out.go_back_to(store.open(simulation.processes * simulation.options.workers));
      leat::flow flow("interrupted");
      auto const lead_on = [&at](char const* kind) {
        return [&at, kind](std::string const& record) {
          at();
          return std::pair(kind + record, record);
        };
      };
      flow.input("lines", leat::from::lines("text").in_ranges(4, 1 + seed % 20)) | leat::map("a", lead_on("line ")) |
          leat::output("out", leat::test::to_journal(out));
      flow.input("rows",
                 leat::from::csv<priced>("table", leat::column("a", &priced::name)).in_ranges(3, 1 + seed % 30)) |
          leat::map("name", [](priced const& row) { return row.name; }) | leat::map("b", lead_on("row ")) |
          leat::output("rows out", leat::test::to_journal(out));
      leat::detail::simulated_cluster cluster(flow.description(), simulation);
      leat::test::decide_for(store, cluster, simulation.processes);
      bool const fails = chance / 27 % 2 == 0;
      if (run >= 4)
        at.never();
      else
        at.at(1 + static_cast<int>(chance / 54 % 30), [&] {
          if (fails) throw std::runtime_error("a crash");
          cluster.process(0).stop();
        });
      try {
        cluster.run();
      } catch (leat::run_error const&) {
        CHECK(fails);
      }
      interruptions += at.took_place() ? 1 : 0;
      if (run == 4) disk.put("text", text);  // it ended within a line, which is the last one's then
    }
    CHECK(interruptions != 0);
    leat::test::lines_by_key results = out.results();
    std::string const cut = "line " + text.substr(0, 150).substr(text.substr(0, 150).rfind('\n') + 1);
    CHECK(cut != "line ");
    leat::test::lines_by_key wanted = expected;
    std::size_t const end = text.find('\n', 150);
    wanted.erase("line " + cut.substr(5) + text.substr(150, end - 150));
    wanted[cut].push_back(cut.substr(5));
    wanted["line " + text.substr(150, end - 150)].push_back(text.substr(150, end - 150));
    for (auto& [key, lines] : wanted) std::sort(lines.begin(), lines.end());
    for (auto& [key, lines] : results) std::sort(lines.begin(), lines.end());
    CHECK(results == wanted);
  }
}

TEST_CASE("ranges: what cannot be read in ranges is refused, with what to do") {
  scratch dir;
  std::string const path = dir.write("a", "x\ny\n");
  CHECK(has(message_of([&] { leat::from::lines(path).in_ranges(0); }),
            ".in_ranges(0): give a number of ranges from 1 to 4096"));
  CHECK(has(message_of([&] { leat::from::csv(path).in_ranges(5000, 7); }), ".in_ranges(5000, 7): give a number of"));
  CHECK(has(message_of([&] { leat::from::files(dir.path()).in_ranges(2, 0); }),
            ".in_ranges(2, 0): give a block of 1 byte at least"));
  CHECK(
      has(message_of([&] { leat::from::lines("-").in_ranges(2); }),
          ".in_ranges(2): standard input can only be read from its beginning to its end, by one worker: give a file"));
  std::string const pipe = dir.path("pipe");
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  texts seen;
  leat::flow flow("pipe");
  flow.input("in", leat::from::lines(pipe).in_ranges(2)) | leat::output("out", leat::to::collect(seen));
  CHECK(has(message_of([&] { leat::run(flow); }),
            "cannot read \"" + pipe + "\": it is no regular file, so it cannot be read in ranges"));
  leat::flow missing("missing");
  missing.input("in", leat::from::lines(dir.path("none")).in_ranges(2)) | leat::output("out", leat::to::collect(seen));
  CHECK(has(message_of([&] { leat::run(missing); }), "cannot read \"" + dir.path("none") + "\": No such file"));
  // One range is the file as it is.
  CHECK(leat::from::lines(path).in_ranges(1).list_parts(leat::detail::machine_files()) == texts{path});
}
