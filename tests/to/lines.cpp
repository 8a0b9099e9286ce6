// SPDX-License-Identifier: BSL-1.0
#include <leat/flow.hpp>
#include <leat/from/range.hpp>
#include <leat/from/test.hpp>
#include <leat/op/filter.hpp>
#include <leat/op/map.hpp>
#include <leat/route/exchange/to_partitions.hpp>
#include <leat/run/run.hpp>
#include <leat/to/lines.hpp>
#include <leat/to/out.hpp>
#include <leat/to/output.hpp>

#include "../from/scratch.hpp"

#include <doctest/doctest.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <map>
#include <optional>
#include <span>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace {

/// The inode of a file that seems to lie on another machine, which finds out that it has no room when one is closed.
std::atomic<ino_t> full_elsewhere{0};

}  // namespace

/// Of this program, in the place of the system's.
extern "C" int close(int descriptor) {
  struct stat facts{};
  bool const full = full_elsewhere != 0 && ::fstat(descriptor, &facts) == 0 && facts.st_ino == full_elsewhere;
  auto const done = static_cast<int>(::syscall(SYS_close, descriptor));
  if (!full) return done;
  errno = EDQUOT;
  return -1;
}

namespace {

/// Each worker's own records: `worker * 10000 + n`.
class on_every_worker {
 public:
  using record = int;
  explicit on_every_worker(int count) : count_(count) {}
  struct part {
    int next;
    int end;
    bool next_batch(leat::emitter<int>& out) {
      for (int n = 0; n != 100 && next != end; ++n) out(next++);
      return next != end;
    }
  };
  part build(leat::step_services const& services) const {
    int const first = static_cast<int>(services.worker_index()) * 10000;
    return {first, first + count_};
  }

 private:
  int count_;
};

std::vector<int> numbers_of(std::string const& text) {
  std::istringstream in(text);
  std::vector<int> numbers;
  for (int n; in >> n;) numbers.push_back(n);
  return numbers;
}

template <class Source, class Sink>
void run_into(Source source, Sink sink, unsigned workers = 1) {
  leat::flow flow("out");
  flow.input("in", source) | leat::output("out", sink);
  leat::run(flow, {.workers = workers});
}

template <class Source, class Sink>
std::string error_of(Source source, Sink sink, unsigned workers = 1) {
  return message_of([&] { run_into(source, sink, workers); });
}

int key_of(int n) { return n % 50 + n / 10000 * 50; }

}  // namespace

TEST_CASE("records of all workers go into one file, each worker's in order") {
  scratch dir;
  for (unsigned const workers : {1u, 4u}) {
    run_into(on_every_worker(3000), leat::to::lines(dir.path("x")), workers);
    std::vector<int> const seen = numbers_of(dir.read("x"));
    REQUIRE(seen.size() == 3000 * workers);
    std::map<int, int> next;
    bool in_order = true;
    for (int const n : seen) in_order = in_order && n % 10000 == next[n / 10000]++;
    CHECK(in_order);
  }
}

TEST_CASE("what can be printed is a line; what was in the file is gone; no record leaves an empty file") {
  scratch dir;
  dir.write("x", std::string(1000, 'o'));
  using pair = std::pair<std::string, double>;
  run_into(leat::from::test<pair>({pair("a", 0.1), pair("b", 2)}), leat::to::lines(dir.path("x")));
  CHECK(dir.read("x") == "(a, 0.1)\n(b, 2)\n");
  for (unsigned const workers : {1u, 4u}) {
    dir.write("x", "old");
    run_into(leat::from::range(0), leat::to::lines(dir.path("x")), workers);
    CHECK(dir.read("x").empty());
    CHECK(std::filesystem::exists(dir.path("x")));
  }
}

TEST_CASE("a stream that has other consumers is written too") {
  scratch dir;
  leat::flow flow("two");
  leat::stream s = flow.input("in", leat::from::range(3)) | leat::map([](int n) { return std::to_string(n); });
  s | leat::output("one", leat::to::lines(dir.path("1")));
  s | leat::filter([](std::string const& n) { return n != "1"; }) | leat::output("two", leat::to::lines(dir.path("2")));
  leat::run(flow, {.workers = 2});
  CHECK(dir.read("1") == "0\n1\n2\n");
  CHECK(dir.read("2") == "0\n2\n");
}

TEST_CASE("a file that cannot be written: the error names it and the reason") {
  scratch dir;
  std::string const missing = error_of(leat::from::range(1), leat::to::lines(dir.path("no/x")), 4);
  CHECK(has(missing, "step \"out.out\" (output, "));
  CHECK(has(missing, "cannot write \"" + dir.path("no/x") + "\": No such file or directory"));
  CHECK(has(error_of(leat::from::range(1), leat::to::lines(dir.path())),
            "\": it is a directory; to write several files into it use to::files"));
  CHECK(has(error_of(leat::from::range(1), leat::to::lines("/dev/full")),
            "cannot write \"/dev/full\": No space left on device"));
  CHECK(has(error_of(leat::from::range(1000000), leat::to::lines("/dev/full"), 4), "No space left on device"));
}

TEST_CASE("a keyed stream goes into several files by its key") {
  scratch dir;
  for (unsigned const workers : {1u, 4u}) {
    leat::flow flow("parts");
    flow.input("in", on_every_worker(5000)) |
        leat::map([](int n) { return std::pair<std::string, int>("key " + std::to_string(key_of(n)), n); }) |
        leat::output("out", leat::to::files(dir.path("parts"), 3));
    leat::run(flow, {.workers = workers});

    std::map<int, int> file_of_key;
    std::map<int, int> last_of_key;
    std::size_t count = 0;
    bool in_order = true;
    bool one_file_per_key = true;
    for (int file = 0; file != 3; ++file) {
      std::vector<int> const values = numbers_of(dir.read("parts/part_" + std::to_string(file)));
      CHECK(values.size() > 500);
      count += values.size();
      for (int const n : values) {
        one_file_per_key = one_file_per_key && file_of_key.emplace(key_of(n), file).first->second == file;
        auto const [last, fresh] = last_of_key.emplace(key_of(n), n);
        in_order = in_order && (fresh || last->second < n);
        last->second = n;
      }
    }
    CHECK(count == 5000 * workers);
    CHECK(in_order);
    CHECK(one_file_per_key);
  }
}

TEST_CASE("a directory of files that cannot be made, or of no file, is an error") {
  scratch dir;
  using pair = std::pair<std::string, int>;
  auto const source = leat::from::test<pair>({pair("a", 1)});
  CHECK(has(error_of(source, leat::to::files(dir.path("no/where"), 2)),
            "cannot make the directory \"" + dir.path("no/where") + "\": No such file or directory"));
  CHECK(has(error_of(source, leat::to::files(dir.write("file", ""), 2)), "Not a directory"));
  CHECK(has(error_of(source, leat::to::files(dir.path("d"), 0)), "the count of files must be at least one"));
}

TEST_CASE("a file is resumed at a position: what stands behind it is cut off") {
  scratch dir;
  test_worker worker;
  leat::detail::step_context step(leat::detail::step_info("output", leat::step_name("out")), worker);
  leat::step_services const services(step);
  leat::to::lines const sink(dir.path("x"));
  std::optional<leat::file_position> position;
  {
    auto part = sink.build_part(dir.path("x"), std::nullopt, services);
    std::vector<std::string> first{"one1", "one2", "one3"};
    part.write_batch(std::span<std::string>(first));
    position = part.snapshot();
    part.flush();
    CHECK(part.snapshot() == *position);
    part.write_batch(std::span<std::string>(first).first(1));
    part.flush();
    CHECK(dir.read("x") == "one1\none2\none3\none1\n");
  }
  {
    auto part = sink.build_part(dir.path("x"), position, services);
    std::vector<std::string> const second{"two4", "two5"};
    part.write_batch(std::span<std::string const>(second));
    part.flush();
  }
  CHECK(dir.read("x") == "one1\none2\none3\ntwo4\ntwo5\n");
  CHECK(has(message_of([&] { sink.build_part(dir.path("x"), 1000, services); }),
            "it is to be resumed at byte 1000, but has only 25 bytes"));
  dir.write("x", "one1\nONE2\none3\ntwo4\n");
  CHECK(has(message_of([&] { sink.build_part(dir.path("x"), position, services); }),
            "it is to be resumed at byte 15, but what stands before that has been changed"));
  CHECK(dir.read("x") == "one1\nONE2\none3\ntwo4\n");
}

TEST_CASE("long outputs are whole and in order") {
  scratch dir;
  run_into(leat::from::range(100000), leat::to::lines(dir.path("x")), 2);
  std::vector<int> const seen = numbers_of(dir.read("x"));
  REQUIRE(seen.size() == 100000);
  CHECK(std::is_sorted(seen.begin(), seen.end()));
}

TEST_CASE("what a file system finds out only when a file is closed is an error") {
  scratch dir;
  auto const error_of = [&](std::string const& path, auto const& sink) {
    struct stat facts{};
    REQUIRE(::stat(path.c_str(), &facts) == 0);
    full_elsewhere = facts.st_ino;
    std::string const message = message_of([&] { run_into(leat::from::range(10), sink); });
    full_elsewhere = 0;
    return message;
  };
  std::string const path = dir.write("out", "");
  CHECK(has(error_of(path, leat::to::lines(path)), "cannot write \"" + path + "\": Disk quota exceeded"));

  std::fflush(stdout);
  int const before = ::dup(1);
  int const instead = ::open(path.c_str(), O_WRONLY);
  ::dup2(instead, 1);
  ::close(instead);
  std::string const printed = error_of(path, leat::to::out());
  ::dup2(before, 1);
  ::close(before);
  CHECK(has(printed, "cannot write to standard output: Disk quota exceeded"));
}
