// SPDX-License-Identifier: BSL-1.0
#include <leat/flow.hpp>
#include <leat/from/csv.hpp>
#include <leat/from/iterable.hpp>
#include <leat/from/lines.hpp>
#include <leat/from/range.hpp>
#include <leat/op/map.hpp>
#include <leat/route/exchange/to_partitions.hpp>
#include <leat/run/run.hpp>
#include <leat/to/collect.hpp>
#include <leat/to/lines.hpp>
#include <leat/to/out.hpp>
#include <leat/to/output.hpp>

#include "../from/scratch.hpp"
#include "../run/child.hpp"
#include "fixture/shapes.hpp"
#include "sanitizers.hpp"

#include <doctest/doctest.h>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

namespace {

using texts = std::vector<std::string>;

/// Copies the lines of `from` into `to`.
template <class Source, class Sink>
std::string error_of_copy(Source from, Sink to, unsigned workers = 1) {
  leat::flow flow("copy");
  flow.input("in", from) | leat::output("out", to);
  return message_of([&] { leat::run(flow, {.workers = workers}); });
}

/// Two inputs, each written into a file of its own.
std::string error_of_two(leat::test::shape const& shape, std::string const& from_a, std::string const& to_a,
                         std::string const& from_b, std::string const& to_b) {
  leat::flow flow("two");
  flow.input("in a", leat::from::lines(from_a)) | leat::output("out a", leat::to::lines(to_a));
  flow.input("in b", leat::from::lines(from_b)) | leat::output("out b", leat::to::lines(to_b));
  std::vector<int> empty;
  return message_of([&] { shape.run(flow, empty); });
}

class written_to {
 public:
  written_to(int descriptor, std::string const& path, int flags) : descriptor_(descriptor), before_(::dup(descriptor)) {
    std::fflush(stdout);
    int const instead = ::open(path.c_str(), flags, 0600);
    ::dup2(instead, descriptor);
    ::close(instead);
  }
  written_to(written_to const&) = delete;
  written_to& operator=(written_to const&) = delete;
  ~written_to() {
    std::fflush(stdout);
    ::dup2(before_, descriptor_);
    ::close(before_);
  }

 private:
  int descriptor_;
  int before_;
};

}  // namespace

TEST_CASE("an input that cannot be read, or an output that cannot be written, leaves all outputs as they were") {
  leat::test::for_each_shape([](leat::test::shape const& shape) {
    scratch dir;
    std::string const good = dir.write("good", "1\n2\n3\n");
    std::string const a = dir.write("a", "earlier a\n");
    std::string const b = dir.write("b", "earlier b\n");
    std::string const mistyped = dir.path("godo");
    std::string const message = error_of_two(shape, good, a, mistyped, b);
    CHECK(has(message, "cannot read \"" + mistyped + "\": No such file or directory"));
    CHECK(has(message, "in b"));
    CHECK(
        has(error_of_two(shape, good, a, dir.path(), b), "it is a directory; to read the files in it use from::files"));
    CHECK(
        has(error_of_two(shape, good, a, good, dir.path("no/where")), "cannot write \"" + dir.path("no/where") + "\""));
    CHECK(dir.read("a") == "earlier a\n");
    CHECK(dir.read("b") == "earlier b\n");
    CHECK(error_of_two(shape, good, a, good, b).empty());
    CHECK(dir.read("a") == "1\n2\n3\n");
  });
}

TEST_CASE("of several files one that is mistyped is found before another is read, wherever it would have been opened") {
  leat::test::for_each_shape([](leat::test::shape const& shape) {
    scratch dir;
    dir.write("out", "earlier\n");
    leat::flow flow("several");
    flow.input("in", leat::from::lines(texts{dir.write("a", "1\n"), dir.write("b", "2\n"), dir.path("mistyped"),
                                             dir.write("z", "3\n")})) |
        leat::output("out", leat::to::lines(dir.path("out")));
    std::vector<int> empty;
    CHECK(has(message_of([&] { shape.run(flow, empty); }), "cannot read \"" + dir.path("mistyped") + "\""));
    CHECK(dir.read("out") == "earlier\n");
  });
}

TEST_CASE(
    "a run that fails before the first epoch ends, and before a record was written, leaves its output as it was") {
  scratch dir;
  dir.write("out", "earlier\n");
  leat::flow flow("fails");
  flow.input("in", leat::from::range(3)) | leat::map([](int) -> int { throw std::runtime_error("no"); }) |
      leat::output("out", leat::to::lines(dir.path("out")));
  CHECK(has(message_of([&] { leat::run(flow); }), "no"));
  CHECK(dir.read("out") == "earlier\n");
}

TEST_CASE("an output that would write a file that is read is refused, however the paths are spelled") {
  leat::test::for_each_shape([](leat::test::shape const& shape) {
    scratch dir;
    std::string const content = "1\n2\n3\n";
    std::string const in = dir.write("in", content);
    std::filesystem::create_symlink(in, dir.path("link"));
    std::filesystem::create_hard_link(in, dir.path("twin"));
    for (std::string const& out : {in, dir.path("link"), dir.path("twin"), dir.path("./in")}) {
      leat::flow flow("copy");
      flow.input("in", leat::from::lines(in)) | leat::output("out", leat::to::lines(out));
      std::vector<int> empty;
      std::string const message = message_of([&] { shape.run(flow, empty); });
      CHECK(has(message, "step \"copy.out\" (output, "));
      CHECK(has(message, "it writes \"" + out + "\", which input \"copy.in\" ("));
      CHECK(has(message, "what is to be read would be emptied, or never end"));
      CHECK(dir.read("in") == content);
    }
  });
}

TEST_CASE("two outputs of one file are refused, also when it is still to be made") {
  scratch dir;
  std::filesystem::create_directory(dir.path("d"));
  for (auto const& [first_file, other] :
       std::vector<std::pair<std::string, std::string>>{{"x", "x"}, {"x", "./x"}, {"x", "d/../x"}, {"new", "./new"}}) {
    if (first_file == "x") dir.write("x", "earlier");
    leat::flow flow("two");
    leat::stream s = flow.input("in", leat::from::range(3)) | leat::map([](int n) { return n; });
    s | leat::output("one", leat::to::lines(dir.path(first_file)));
    s | leat::output("other", leat::to::lines(dir.path(other)));
    std::string const message = message_of([&] { leat::run(flow); });
    CHECK(has(message, "step \"two.other\" (output, "));
    CHECK(has(message, "output \"two.one\" ("));
    CHECK(has(message, "what one of them writes the other would overwrite"));
    if (first_file == "x") CHECK(dir.read("x") == "earlier");
  }
}

TEST_CASE("directories: an output among the files that are read, two outputs into one") {
  scratch dir;
  std::filesystem::create_directory(dir.path("d"));
  dir.write("d/part_0", "1\n");
  leat::flow flow("again");
  flow.input("in", leat::from::files(dir.path("d"))) |
      leat::map([](std::string const& line) { return std::pair(line, line); }) |
      leat::output("out", leat::to::files(dir.path("d"), 2));
  CHECK(has(message_of([&] { leat::run(flow); }), "which input \"again.in\""));
  CHECK(dir.read("d/part_0") == "1\n");

  leat::flow two("two");
  leat::stream s = two.input("in", leat::from::range(3)) | leat::map([](int n) { return std::pair(n, n); });
  s | leat::output("one", leat::to::files(dir.path("made"), 2));
  s | leat::output("other", leat::to::files(dir.path("made"), 2));
  CHECK(has(message_of([&] { leat::run(two); }), "what one of them writes the other would overwrite"));
}

TEST_CASE("standard input and output are files too") {
  scratch dir;
  std::string const file = dir.write("x", "1\n2\n");
  {
    written_to const output(1, file, O_WRONLY | O_APPEND);
    CHECK(has(error_of_copy(leat::from::lines(file), leat::to::out()), "it writes standard output, which input"));
    written_to const input(0, file, O_RDONLY);
    CHECK(has(error_of_copy(leat::from::lines("-"), leat::to::out()), "reads as standard input too"));
    CHECK(has(error_of_copy(leat::from::lines("-"), leat::to::lines(file)), "which input"));
  }
  CHECK(dir.read("x") == "1\n2\n");

  leat::flow twice("twice");
  std::vector<std::string> seen;
  twice.input("a", leat::from::lines("-")) | leat::output("out a", leat::to::collect(seen));
  twice.input("b", leat::from::csv("-")) | leat::map([](leat::csv_row const& row) { return std::string(row[0]); }) |
      leat::output("out b", leat::to::collect(seen));
  CHECK(has(message_of([&] { leat::run(twice); }), "each would have a part of what passes through it"));
}

TEST_CASE("devices may be shared, and a file may be read twice") {
  scratch dir;
  std::string const in = dir.write("in", "1\n");
  leat::flow flow("shared");
  flow.input("a", leat::from::lines(in)) | leat::output("out a", leat::to::lines("/dev/null"));
  flow.input("b", leat::from::lines(in)) | leat::output("out b", leat::to::lines("/dev/null"));
  leat::run(flow);
}

TEST_CASE("a file that another program is writing is refused, and left as it is") {
  scratch dir;
  std::string const path = dir.write("x", "the other's\n");
  int const other = ::open(path.c_str(), O_WRONLY);
  REQUIRE(::flock(other, LOCK_EX) == 0);
  CHECK(has(error_of_copy(leat::from::range(3), leat::to::lines(path), 2),
            "cannot write \"" + path + "\": another output, of this run or of another program, is writing it"));
  CHECK(dir.read("x") == "the other's\n");
  ::close(other);
  CHECK(error_of_copy(leat::from::range(3), leat::to::lines(path)).empty());
  CHECK(dir.read("x") == "0\n1\n2\n");
}

TEST_CASE("a named pipe is waited for until somebody reads it") {
  scratch dir;
  std::string const path = dir.path("pipe");
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  child writer([&] { return error_of_copy(leat::from::range(50000), leat::to::lines(path), 2).empty() ? 0 : 1; });
  std::string expected;
  for (int i = 0; i != 50000; ++i) expected += std::to_string(i) + "\n";
  CHECK(dir.read("pipe") == expected);
  CHECK(writer.ends() == 0);
}

TEST_CASE("while a named pipe is waited for a stop ends the run, with an error when records would be lost") {
  for (bool const in_use : {false, true}) {
    scratch dir;
    std::string const path = dir.path("pipe");
    REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
    child writer([&] {
      std::stop_source stop;
      leat::flow flow("out");
      flow.input("in", leat::from::range(100000)) | leat::map([&](int n) {
        stop.request_stop();
        return n;
      }) | leat::output("out", leat::to::lines(path));
      leat::options options;
      options.stop = stop.get_token();
      if (!in_use) stop.request_stop();
      std::string const message = message_of([&] { leat::run(flow, options); });
      std::fputs(message.c_str(), stderr);
      return message.empty() ? 0 : 1;
    });
    CHECK(writer.ends() == (in_use ? 1 : 0));
    CHECK(has(writer.err, "the run was stopped while nobody read this named pipe") == in_use);
  }
}

TEST_CASE("a reader that goes away is an error of the sink, and ends no process by a signal") {
  scratch dir;
  std::string const path = dir.path("pipe");
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  child writer([&] {
    std::string const message = error_of_copy(leat::from::range(10000000), leat::to::lines(path));
    std::fputs(message.c_str(), stderr);
    return message.empty() ? 0 : 1;
  });
  int const reader = ::open(path.c_str(), O_RDONLY);
  char byte = 0;
  CHECK(::read(reader, &byte, 1) == 1);
  ::close(reader);
  CHECK(writer.ends() == 1);
  CHECK(has(writer.err, "step \"copy.out\" (output, "));
  CHECK(has(writer.err, "cannot write \"" + path + "\": Broken pipe: its reader has gone"));
}

TEST_CASE("many files are shared out without comparing each with each, and what cannot be opened is an error") {
  if (sanitizers::undefined_behavior) {
    MESSAGE("skipped: the undefined behaviour sanitizer needs descriptors where this test leaves none");
    return;
  }
  child program([] {
    rlimit const few{100, 100};
    ::setrlimit(RLIMIT_NOFILE, &few);
    scratch dir;
    std::string const message = error_of_copy(leat::from::iterable(std::vector<std::pair<int, int>>{{1, 2}}),
                                              leat::to::files(dir.path("many"), 100000));
    return has(message, "Too many open files") ? 0 : 1;
  });
  CHECK(program.ends() == 0);
}
