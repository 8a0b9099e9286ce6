// SPDX-License-Identifier: BSL-1.0
#include <leat/flow.hpp>
#include <leat/from/lines.hpp>
#include <leat/run/run.hpp>
#include <leat/to/collect.hpp>
#include <leat/to/for_each.hpp>
#include <leat/to/output.hpp>

#include "../run/child.hpp"
#include "fixture/shapes.hpp"
#include "scratch.hpp"

#include <doctest/doctest.h>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

using texts = std::vector<std::string>;

template <class Source>
auto run_of(Source source, unsigned workers = 1) {
  std::vector<typename Source::record> seen;
  leat::flow flow("lines");
  flow.input("in", source) | leat::output("out", leat::to::collect(seen));
  leat::run(flow, {.workers = workers});
  return seen;
}

/// Standard input is something else while this lives.
class redirected {
 public:
  explicit redirected(int instead) : before_(::dup(0)) {
    ::dup2(instead, 0);
    ::close(instead);
  }
  redirected(redirected const&) = delete;
  redirected& operator=(redirected const&) = delete;
  ~redirected() {
    ::dup2(before_, 0);
    ::close(before_);
  }

 private:
  int before_;
};

}  // namespace

TEST_CASE("lines end in LF or CR LF, blank ones are kept, the last one may lack its end") {
  scratch dir;
  CHECK(run_of(leat::from::lines(dir.write("a", "one\r\n\ntwo\n\r\n\nthree"))) ==
        texts{"one", "", "two", "", "", "three"});
  CHECK(run_of(leat::from::lines(dir.write("a", "one\n"))) == texts{"one"});
  CHECK(run_of(leat::from::lines(dir.write("a", ""))).empty());
  CHECK(run_of(leat::from::lines(dir.write("a", "a\rb\n\n"))) == texts{"a\rb", ""});
  CHECK(run_of(leat::from::lines(dir.write("a", std::string("\0x\n", 3)))) == texts{std::string("\0x", 2)});
}

TEST_CASE("lines cross the borders of the buffer, and may be longer than it") {
  scratch dir;
  texts expected;
  std::string content;
  for (std::size_t i = 0; i != 3000; ++i) {
    expected.push_back(std::string(i * 7 % 911, static_cast<char>('a' + i % 26)));
    content += expected.back() + (i % 2 == 0 ? "\n" : "\r\n");
  }
  expected.push_back(std::string(leat::detail::input_file::read_size * 3 + 17, 'L'));
  expected.push_back("after");
  content += expected[3000] + "\nafter";
  CHECK(content.size() > leat::detail::input_file::read_size * 6);
  CHECK(run_of(leat::from::lines(dir.write("a", content))) == expected);

  SUBCASE("a line that ends exactly with the buffer") {
    std::string const line(leat::detail::input_file::read_size - 1, 'x');
    CHECK(run_of(leat::from::lines(dir.write("b", line + "\ny"))) == texts{line, "y"});
    CHECK(run_of(leat::from::lines(dir.write("b", line + "\r\ny"))) == texts{line, "y"});
  }
}

TEST_CASE("a line beyond the longest allowed is an error that says where") {
  scratch dir;
  std::string const path = dir.write("a", "short\n" + std::string(600000, 'x') + "\n");
  std::string const message = message_of([&] { run_of(leat::from::lines(path).longest(300000)); });
  CHECK(has(message, "a record of \"" + path + "\" that begins at byte 6 is longer than 300000 bytes"));
  CHECK(run_of(leat::from::lines(path).longest(700000)).size() == 2);
}

TEST_CASE("whether a line is too long depends on nothing but its length") {
  scratch dir;
  std::string const just(1000, 'x');
  for (std::string const end : {"\n", "\r\n", "\ny\n", ""}) {
    CHECK(run_of(leat::from::lines(dir.write("a", just + end)).longest(1000)).front() == just);
    CHECK(has(message_of([&] { run_of(leat::from::lines(dir.write("a", just + "x" + end)).longest(1000)); }),
              "begins at byte 0 is longer than 1000 bytes"));
  }
  // Wherever the border of the buffer is among them.
  std::string many;
  while (many.size() < 3 * leat::detail::input_file::read_size) many += just + "\r\n";
  CHECK(run_of(leat::from::lines(dir.write("b", many)).longest(1000)).size() == many.size() / 1002);
  CHECK(has(message_of([&] { run_of(leat::from::lines(dir.path("b")).longest(999)); }), "begins at byte 0 is longer"));
}

TEST_CASE("a file that cannot be read: the error names it and the reason") {
  scratch dir;
  std::string const missing = message_of([&] { run_of(leat::from::lines(dir.path("nowhere.txt"))); });
  CHECK(has(missing, "step \"lines.in\" (input, "));
  CHECK(has(missing, ") cannot begin: cannot read"));  // no worker and no epoch: none has begun
  CHECK(has(missing, "cannot read \"" + dir.path("nowhere.txt") + "\": No such file or directory"));
  CHECK(has(message_of([&] { run_of(leat::from::lines(dir.path())); }),
            "cannot read \"" + dir.path() + "\": it is a directory; to read the files in it use from::files"));
  if (::geteuid() != 0) {
    std::string const path = dir.write("secret", "x\n");
    ::chmod(path.c_str(), 0);
    CHECK(has(message_of([&] { run_of(leat::from::lines(path)); }), "Permission denied"));
  }
  CHECK(has(message_of([&] { run_of(leat::from::lines("/proc/self/mem")); }),
            "cannot read \"/proc/self/mem\": Input/output error"));
  CHECK(has(message_of([&] { run_of(leat::from::lines(texts{})); }), "the list of files to read is empty"));
  std::string const file = dir.write("one", "");
  CHECK(has(message_of([&] { run_of(leat::from::lines(texts{file, file})); }), "is given twice"));
}

TEST_CASE("a file is resumed after the last line emitted") {
  scratch dir;
  std::string content;
  for (int i = 0; i != 3000; ++i) content += "line " + std::to_string(i) + (i % 3 == 0 ? "\r\n" : "\n");
  auto const source = leat::from::lines(dir.write("a", content + "last"));
  polled whole(source);
  texts const first = whole.next();
  CHECK(first.size() == 1024);
  CHECK(whole.partition.snapshot() == content.find("line 1024"));

  polled resumed(source, "", whole.partition.snapshot());
  texts const rest = resumed.rest();
  CHECK(rest.size() == 3001 - 1024);
  CHECK(rest.front() == "line 1024");
  CHECK(rest.back() == "last");
  CHECK(resumed.partition.snapshot() == content.size() + 4);

  CHECK(polled(source, "", resumed.partition.snapshot()).rest().empty());
  CHECK(has(message_of([&] { polled beyond(source, "", 1u << 30); }), "it has only"));
}

TEST_CASE("the files of a directory are partitions, in the order of their names") {
  scratch dir;
  dir.write("b.txt", "b1\nb2\n");
  dir.write("a.txt", "a1\n");
  dir.write("c.log", "c1\n");
  dir.write(".hidden.txt", "h\n");
  std::filesystem::create_directory(dir.path("d.txt"));

  CHECK(leat::from::files(dir.path(), "*.txt").list_parts(leat::detail::machine_files()) == texts{"a.txt", "b.txt"});
  CHECK(leat::from::files(dir.path()).list_parts(leat::detail::machine_files()) == texts{"a.txt", "b.txt", "c.log"});
  for (unsigned const workers : {1u, 4u}) {
    texts seen = run_of(leat::from::files(dir.path()), workers);
    std::sort(seen.begin(), seen.end());
    CHECK(seen == texts{"a1", "b1", "b2", "c1"});

    auto named = run_of(leat::from::files(dir.path(), "[ab].txt").with_name(), workers);
    std::sort(named.begin(), named.end());
    CHECK(named == std::vector<std::pair<std::string, std::string>>{{"a.txt", "a1"}, {"b.txt", "b1"}, {"b.txt", "b2"}});
  }
  CHECK(run_of(leat::from::lines(texts{dir.path("b.txt"), dir.path("c.log")}).with_name()).back() ==
        std::pair<std::string, std::string>("c.log", "c1"));
}

TEST_CASE("a directory that cannot be read, or holds nothing that matches, is an error") {
  scratch dir;
  std::string const file = dir.write("a.txt", "");
  CHECK(has(message_of([&] { run_of(leat::from::files(dir.path("nowhere"))); }), "No such file or directory"));
  CHECK(has(message_of([&] { run_of(leat::from::files(file)); }), "it is a file; to read one file use from::lines"));
  CHECK(has(message_of([&] { run_of(leat::from::files(dir.path(), "*.csv")); }),
            "no file in the directory \"" + dir.path() + "\" matches \"*.csv\""));
}

TEST_CASE("a pipe is read as its bytes come, and never waited for") {
  scratch dir;
  std::string const path = dir.path("pipe");
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  polled reader(leat::from::lines(path));
  CHECK(reader.next().empty());
  CHECK(reader.reading);
  CHECK(reader.worker.watched.size() == 1);
  CHECK(reader.partition.next_awake() == leat::steady_time::max());
  CHECK(!reader.partition.ready());

  int const writer = ::open(path.c_str(), O_WRONLY);
  REQUIRE(::write(writer, "one\ntw", 6) == 6);
  CHECK(reader.partition.ready());
  CHECK(reader.next() == texts{"one"});
  CHECK(reader.partition.next_awake() == leat::steady_time::min());
  CHECK(reader.next().empty());
  CHECK(reader.worker.watched.size() == 2);
  REQUIRE(::write(writer, "o\nrest", 6) == 6);
  CHECK(reader.next() == texts{"two"});
  ::close(writer);
  CHECK(reader.rest() == texts{"rest"});

  CHECK(
      has(message_of([&] { polled again(leat::from::lines(path), "", 5); }), "only a regular file can be read again"));
}

TEST_CASE("standard input: a pipe, and a file") {
  SUBCASE("a pipe") {
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    redirected const input(ends[0]);
    std::thread writer([&] {
      for (int i = 0; i != 1000; ++i) {
        std::string const line = std::to_string(i) + "\n";
        if (::write(ends[1], line.data(), line.size()) < 0) break;
      }
      ::close(ends[1]);
    });
    texts const seen = run_of(leat::from::lines("-"), 2);
    writer.join();
    REQUIRE(seen.size() == 1000);
    CHECK(seen.front() == "0");
    CHECK(seen.back() == "999");
  }
  SUBCASE("a file") {
    scratch dir;
    redirected const input(::open(dir.write("a", "x\ny").c_str(), O_RDONLY));
    CHECK(run_of(leat::from::lines("-")) == texts{"x", "y"});
  }
}

TEST_CASE("more files than there are descriptors are read in turn") {
  child program([] {
    rlimit const few{200, 200};
    ::setrlimit(RLIMIT_NOFILE, &few);
    scratch dir;
    texts expected;
    for (int i = 0; i != 3000; ++i) {
      dir.write("f" + std::to_string(i), i % 7 == 0 ? "" : std::to_string(i) + "\nx");
      if (i % 7 != 0) expected.insert(expected.end(), {std::to_string(i), "x"});
    }
    std::sort(expected.begin(), expected.end());
    for (unsigned const workers : {1u, 5u}) {
      texts seen = run_of(leat::from::files(dir.path()), workers);
      std::sort(seen.begin(), seen.end());
      if (seen != expected) return 1;
    }
    return 0;
  });
  CHECK(program.ends() == 0);
}

TEST_CASE("many files give their lines at every shape") {
  scratch dir;
  texts expected;
  for (int i = 0; i != 300; ++i) {
    dir.write("f" + std::to_string(i), std::to_string(i) + "\n");
    expected.push_back(std::to_string(i));
  }
  std::sort(expected.begin(), expected.end());
  leat::test::for_each_shape([&](leat::test::shape const& shape) {
    texts seen;
    leat::flow flow("many");
    flow.input("in", leat::from::files(dir.path())) | leat::output("out", leat::to::collect(seen));
    shape.run(flow, seen);
    std::sort(seen.begin(), seen.end());
    CHECK(seen == expected);
  });
}

TEST_CASE("files have their turn beside pipes that do not end") {
  scratch dir;
  texts lines;
  for (int i = 0; i != 70; ++i) {
    lines.push_back(dir.path("pipe" + std::to_string(i)));
    REQUIRE(::mkfifo(lines.back().c_str(), 0600) == 0);
  }
  lines.push_back(dir.write("zz", "last\n"));
  std::vector<int> writers;
  child reader([&] {
    leat::flow flow("both");
    flow.input("in", leat::from::lines(lines)) | leat::output("out", leat::to::for_each([](std::string const& line) {
                                                                std::printf("%s\n", line.c_str());
                                                                std::fflush(stdout);
                                                              }));
    leat::run(flow);
    return 0;
  });
  for (int i = 0; i != 70; ++i) writers.push_back(::open(lines[static_cast<std::size_t>(i)].c_str(), O_WRONLY));
  CHECK(reader.says("last\n"));
  for (int const writer : writers) ::close(writer);
  CHECK(reader.ends() == 0);
}

TEST_CASE("a file that cannot be looked at is an error, and is not left out") {
  scratch dir;
  dir.write("a", "1\n");
  std::filesystem::create_symlink("nowhere", dir.path("dangling"));
  std::filesystem::create_symlink("loop", dir.path("loop"));
  CHECK(has(message_of([&] { run_of(leat::from::files(dir.path())); }), "/dangling\": No such file or directory"));
  CHECK(run_of(leat::from::files(dir.path(), "a*")) == texts{"1"});
  std::filesystem::remove(dir.path("dangling"));
  CHECK(has(message_of([&] { run_of(leat::from::files(dir.path())); }), "/loop\": Too many levels of symbolic links"));
}

TEST_CASE("a file that is taken away before its turn is an error, and is not left out") {
  scratch dir;
  for (int i = 100; i != 200; ++i) dir.write("f" + std::to_string(i), "x\n");
  leat::flow flow("taken");
  flow.input("in", leat::from::files(dir.path())) |
      leat::output("out", leat::to::for_each([&](std::string const&) { std::filesystem::remove(dir.path("f199")); }));
  CHECK(has(message_of([&] { leat::run(flow); }), "/f199\": No such file or directory"));
}

TEST_CASE("a pipe in whose place a file is put while it is read is not read a second time") {
  scratch dir;
  texts lines;
  for (int i = 100; i != 200; ++i) lines.push_back(dir.write("f" + std::to_string(i), "x\n"));
  std::string const pipe = dir.path("pipe");
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  lines.push_back(pipe);
  texts seen;
  leat::flow flow("replaced");
  flow.input("in", leat::from::lines(lines)) | leat::output("out", leat::to::for_each([&](std::string const& line) {
                                                              seen.push_back(line);
                                                              if (seen.size() != 1) return;
                                                              ::close(::open(pipe.c_str(), O_WRONLY | O_NONBLOCK));
                                                              std::filesystem::remove(pipe);
                                                              dir.write("pipe", "a second time\n");
                                                            }));
  leat::run(flow);
  CHECK(seen == texts(100, "x"));
}
