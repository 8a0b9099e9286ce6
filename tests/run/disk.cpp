// SPDX-License-Identifier: BSL-1.0
#include <doctest/doctest.h>

#include <leat/flow.hpp>
#include <leat/from/csv.hpp>
#include <leat/from/lines.hpp>
#include <leat/from/range.hpp>
#include <leat/from/test.hpp>
#include <leat/op/flat_map.hpp>
#include <leat/op/map.hpp>
#include <leat/route/exchange/to_partitions.hpp>
#include <leat/route/redistribute.hpp>
#include <leat/run/simulated/cluster.hpp>
#include <leat/run/simulated/disk.hpp>
#include <leat/to/collect.hpp>
#include <leat/to/csv.hpp>
#include <leat/to/lines.hpp>
#include <leat/to/output.hpp>
#include <set>

#include "fixture/idle_worker_services.hpp"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <system_error>
#include <tuple>
#include <utility>
#include <vector>

namespace {

using leat::detail::simulated_disk;
using texts = std::vector<std::string>;

leat::detail::simulation on(simulated_disk& disk, unsigned processes = 1, unsigned workers = 1,
                            std::uint64_t seed = 1) {
  leat::detail::simulation simulation;
  simulation.disk = &disk;
  simulation.processes = processes;
  simulation.options.workers = workers;
  simulation.seed = seed;
  return simulation;
}

void run(leat::flow const& flow, leat::detail::simulation const& simulation) {
  leat::detail::simulated_cluster(flow.description(), simulation).run();
}

std::string error_of(leat::flow const& flow, leat::detail::simulation const& simulation) {
  try {
    run(flow, simulation);
  } catch (leat::run_error const& error) {
    return error.what();
  }
  return "it did not fail";
}
bool has(std::string const& text, std::string const& part) { return text.find(part) != std::string::npos; }

texts sorted_lines_of(std::string const& text) {
  texts lines;
  for (std::size_t begin = 0; begin != text.size();) {
    std::size_t const end = text.find('\n', begin);
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  std::sort(lines.begin(), lines.end());
  return lines;
}

/// A worker without a run, whose files are those of a disk.
class worker_on_disk final : public leat::test::idle_worker_services {
 public:
  explicit worker_on_disk(simulated_disk& disk) : idle_worker_services(1), disk_(disk) {}
  leat::file_system& files() override { return disk_; }

 private:
  simulated_disk& disk_;
};

leat::detail::step_info const output_step("output", leat::step_name("flow.out"));

}  // namespace

TEST_CASE("a flow reads and writes the files of its runtime's disk, however few bytes come, and however late") {
  std::string long_text;
  texts expected;
  for (int i = 0; i != 500; ++i) {
    expected.push_back("line " + std::to_string(i));
    long_text += expected.back() + "\n";
  }
  std::sort(expected.begin(), expected.end());
  for (std::uint64_t seed = 1; seed != 7; ++seed) {
    CAPTURE(seed);
    simulated_disk disk;
    disk.put("in", long_text);
    disk.cut_reads_to(1 + seed * 13);
    disk.delay_reads(static_cast<unsigned>(seed));
    leat::flow flow("copy");
    flow.input("in", leat::from::lines("in")) | leat::redistribute("spread") |
        leat::output("out", leat::to::lines("out"));
    run(flow, on(disk, 1 + seed % 2, 1 + static_cast<unsigned>(seed % 3), seed));
    CHECK(sorted_lines_of(disk.content("out")) == expected);
  }
}

TEST_CASE("directories and CSV files are the disk's, too") {
  simulated_disk disk;
  CHECK(disk.make_directory("tables") == 0);
  CHECK(disk.make_directory("tables/older.csv") == 0);
  disk.put("tables/a.csv", "key,value\nx,1\ny,2\n");
  disk.put("tables/b.csv", "key,value\nx,3\n");
  disk.put("tables/notes", "left out");
  std::vector<std::tuple<std::string, int>> seen;
  leat::flow flow("tables");
  leat::stream rows = flow.input("in", leat::from::csv_files("tables")) | leat::map([](leat::csv_row const& row) {
                        return std::pair<std::string, int>(row["key"], std::stoi(std::string(row["value"])));
                      });
  rows | leat::output("parts", leat::to::files("parts", 2));
  rows | leat::output("table", leat::to::csv("table", {"key", "value"}));
  run(flow, on(disk));
  CHECK(sorted_lines_of(disk.content("table")) == texts{"key,value", "x,1", "x,3", "y,2"});
  CHECK(sorted_lines_of(disk.content("parts/part_0") + disk.content("parts/part_1")) == texts{"1", "2", "3"});
}

TEST_CASE("a file that an output would overwrite while it is read is found on the disk") {
  simulated_disk disk;
  disk.put("x", "a\n");
  leat::flow flow("loop");
  flow.input("in", leat::from::lines("x")) | leat::output("out", leat::to::lines("x"));
  CHECK(has(error_of(flow, on(disk)), "it writes \"x\", which input \"loop.in\""));
  CHECK(disk.content("x") == "a\n");
}

TEST_CASE("a write that is torn fails the run, in the name of its step; what stands before is written") {
  for (int const error : {ENOSPC, EIO, EDQUOT})
    for (unsigned const workers : {1u, 3u}) {
      simulated_disk disk;
      disk.fail_writes("out", 10, error);
      leat::flow flow("torn");
      flow.input("in", leat::from::test<std::string>({"first", "second", "third"})) |
          leat::output("out", leat::to::lines("out"));
      std::string const message = error_of(flow, on(disk, 1, workers));
      CHECK(has(message, "step \"torn.out\" (output, "));
      CHECK(has(message, "cannot write \"out\": " + std::generic_category().message(error)));
      if (workers == 1) CHECK(disk.content("out") == "first\nseco");
      CHECK(disk.content("out").size() <= 10);
    }
}

TEST_CASE("a disk that is full fails the run of every process") {
  simulated_disk disk;
  disk.put("other", std::string(900, 'o'));
  disk.limit(1000);
  leat::flow flow("full");
  flow.input("in", leat::from::range(200)) | leat::redistribute("spread") | leat::output("out", leat::to::lines("out"));
  CHECK(has(error_of(flow, on(disk, 2, 2)), "cannot write \"out\": No space left on device"));
  CHECK(disk.content("out").size() == 100);
}

TEST_CASE("what a file system finds out only when a file is closed fails the run") {
  simulated_disk disk;
  disk.fail_late("out", EDQUOT);
  leat::flow flow("late");
  flow.input("in", leat::from::range(3)) | leat::output("out", leat::to::lines("out"));
  std::string const message = error_of(flow, on(disk));
  CHECK(has(message, "step \"late.out\""));
  CHECK(has(message, "Disk quota exceeded"));
}

TEST_CASE("a read that fails does so in the name of its step, behind the records that were read") {
  simulated_disk disk;
  disk.put("in", "a\nb\nc\nd\n");
  disk.fail_reads("in", 5, EIO);
  texts seen;
  leat::flow flow("unreadable");
  flow.input("in", leat::from::lines("in")) | leat::output("out", leat::to::collect(seen));
  std::string const message = error_of(flow, on(disk));
  CHECK(has(message, "step \"unreadable.in\" (input, "));
  CHECK(has(message, "cannot read \"in\": Input/output error"));
  CHECK(seen == texts{"a", "b"});
}

TEST_CASE("a file that is not there, and a directory, are refused before anything is opened") {
  simulated_disk disk;
  CHECK(disk.make_directory("folder") == 0);
  for (auto const& [in, out, sentence] : std::vector<std::tuple<std::string, std::string, std::string>>{
           {"absent", "out", "cannot read \"absent\": No such file or directory"},
           {"folder", "out", "cannot read \"folder\": it is a directory"},
           {"folder/in", "no/out", "cannot write \"no/out\": No such file or directory"},
           {"folder/in", "folder", "cannot write \"folder\": it is a directory"}}) {
    disk.put("folder/in", "a\n");
    leat::flow flow("refused");
    flow.input("in", leat::from::lines(in)) | leat::output("out", leat::to::lines(out));
    CHECK(has(error_of(flow, on(disk)), sentence));
    CHECK(!disk.has("out"));
  }
}

TEST_CASE("an output that goes on from a position cuts off what a torn write left behind it") {
  simulated_disk disk;
  disk.put("out", "a\nb\nto");
  worker_on_disk worker(disk);
  leat::detail::step_context step(output_step, worker);
  leat::to::lines const sink("out");
  {
    auto resumed = sink.build_part("out", 4, step);
    CHECK_THROWS_WITH(sink.build_part("out", 4, step),
                      "cannot write \"out\": another output, of this run or of another program, is writing it");
    texts more{"c"};
    CHECK(resumed.ready());
    resumed.write_batch(std::span<std::string>(more));
    resumed.flush();
    CHECK(resumed.snapshot() == 6);
  }
  CHECK(disk.content("out") == "a\nb\nc\n");
  disk.put("out", "a\nb");
  CHECK_THROWS_WITH(sink.build_part("out", 4, step),
                    "cannot write \"out\": it is to be resumed at byte 4, but has only 3 bytes");
}

TEST_CASE("records that find no room lie on the disk; one that is full fails the run") {
  for (bool const full : {false, true}) {
    CAPTURE(full);
    std::uint64_t const count = 20'000;
    simulated_disk disk;
    disk.cut_reads_to(100);
    if (full) disk.limit(1000);
    std::vector<std::uint64_t> got;
    leat::flow flow("burst");
    flow.input("in", leat::from::range(1)) | leat::flat_map<std::uint64_t>([](int, auto&& emit) {
      for (std::uint64_t i = 0; i != count; ++i) emit(i);
    }) | leat::redistribute("spread") |
        leat::output("out", leat::to::collect(got));
    leat::detail::simulation simulation = on(disk, 2, 1);
    simulation.channel_packets = 2;
    simulation.options.channel_bytes = 1000;
    if (full) {
      std::string const message = error_of(flow, simulation);
      CHECK(has(message, "a temporary file cannot be written in /tmp: No space left on device"));
      CHECK(has(message, "step \"burst.spread\""));
    } else {
      run(flow, simulation);
      std::sort(got.begin(), got.end());
      REQUIRE(got.size() == count);
      bool each_once = true;
      for (std::uint64_t i = 0; i != count; ++i) each_once = each_once && got[i] == i;
      CHECK(each_once);
    }
  }
}

TEST_CASE("when the power of a disk fails, pieces of what was not synced are lost, and names that were not") {
  std::string const synced(2048, 's');
  std::string const later(2048, 'l');
  std::set<std::string> seen;
  for (std::uint64_t seed = 1; seed != 200; ++seed) {
    simulated_disk disk;
    disk.put("removed", "synced");
    int named = 0;
    int nameless = 0;
    REQUIRE(disk.open("named", leat::file_use::write, named) == 0);
    REQUIRE(disk.open("nameless", leat::file_use::write, nameless) == 0);
    CHECK(disk.write(named, synced) == 0);
    CHECK(disk.sync(named) == 0);
    CHECK(disk.sync_name("named") == 0);
    CHECK(disk.write(nameless, synced) == 0);
    CHECK(disk.sync(nameless) == 0);
    CHECK(disk.seek(named, 1024) == 0);
    CHECK(disk.write(named, later) == 0);
    CHECK(disk.remove("removed") == 0);
    std::uint64_t state = seed * 0x9e3779b97f4a7c15u;
    disk.lose_unsynced([&state](std::uint64_t most) {
      state = state * 6364136223846793005u + 1442695040888963407u;
      return (state >> 33) % (most + 1);
    });
    CHECK(!disk.has("nameless"));
    std::string const left = disk.content("named");
    CHECK(left.size() % 512 == 0);
    std::string pieces;
    for (std::size_t at = 0; at != left.size(); at += 512) {
      CHECK(left.substr(at, 512) == std::string(512, left[at]));
      pieces += left[at] == '\0' ? '-' : left[at];
    }
    CHECK(pieces.starts_with("ss"));
    seen.insert(pieces + (disk.has("removed") ? " again" : ""));
  }
  for (std::string const wanted : {"ssss", "ssllll", "sslsll", "ssss-l"}) {
    CAPTURE(wanted);
    CHECK((seen.contains(wanted) || seen.contains(wanted + " again")));
  }
  CHECK(std::any_of(seen.begin(), seen.end(), [](std::string const& each) { return each.ends_with("again"); }));
}

TEST_CASE("the n-th call of a disk fails, and what a sync was to write then is never written") {
  simulated_disk disk;
  int handle = 0;
  REQUIRE(disk.open("file", leat::file_use::write, handle) == 0);
  CHECK(disk.sync_name("file") == 0);
  disk.fail_call(2, ENOSPC, 3);
  CHECK(disk.write(handle, "abc") == 0);
  CHECK(disk.write(handle, "defgh") == ENOSPC);
  CHECK(disk.content("file") == "abcdef");
  CHECK(disk.sync(handle) == 0);
  CHECK(disk.write(handle, "ghi") == 0);
  disk.fail_call(1, EIO, 1);
  CHECK(disk.sync(handle) == EIO);
  CHECK(disk.sync(handle) == 0);
  CHECK(disk.content("file") == "abcdefghi");
  CHECK(disk.faults() == 2);
  disk.lose_unsynced([](std::uint64_t most) { return most; });
  CHECK(disk.content("file") == "abcdef");
}

TEST_CASE("a machine stops in a call, and nothing comes to its disk until it is started again") {
  simulated_disk disk;
  int handle = 0;
  REQUIRE(disk.open("file", leat::file_use::write, handle) == 0);
  disk.halt_at(1, 2);
  CHECK(disk.write(handle, "abc") == EIO);
  CHECK(disk.halted());
  CHECK(disk.write(handle, "def") == EIO);
  CHECK(disk.sync(handle) == EIO);
  CHECK(disk.truncate(handle, 0) == EIO);
  disk.close(handle);
  disk.start_again();
  CHECK(disk.content("file") == "ab");
  CHECK(disk.open("file", leat::file_use::write, handle) == 0);
}
