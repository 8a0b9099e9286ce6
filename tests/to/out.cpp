// SPDX-License-Identifier: BSL-1.0
#include <leat/flow.hpp>
#include <leat/from/range.hpp>
#include <leat/from/test.hpp>
#include <leat/op/inspect.hpp>
#include <leat/op/inspect_debug.hpp>
#include <leat/op/map.hpp>
#include <leat/run/main.hpp>
#include <leat/run/run.hpp>
#include <leat/to/out.hpp>
#include <leat/to/output.hpp>

#include "../from/scratch.hpp"
#include "../run/child.hpp"

#include <doctest/doctest.h>

#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <exception>
#include <sstream>
#include <string>
#include <utility>

namespace {

struct secret {};
static_assert(leat::dynamic_sink<leat::to::out, std::pair<std::string, int>>);
static_assert(!leat::dynamic_sink<leat::to::out, secret>);

/// Standard output goes elsewhere while this lives.
class redirected {
 public:
  explicit redirected(std::string const& path) : redirected(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600)) {}
  explicit redirected(int instead) {
    std::fflush(stdout);
    before_ = ::dup(1);
    ::dup2(instead, 1);
    ::close(instead);
  }
  redirected(redirected const&) = delete;
  redirected& operator=(redirected const&) = delete;
  ~redirected() {
    std::fflush(stdout);
    std::clearerr(stdout);
    ::dup2(before_, 1);
    ::close(before_);
  }

 private:
  int before_ = -1;
};

}  // namespace

TEST_CASE("each record is a line of standard output") {
  scratch dir;
  using pair = std::pair<std::string, int>;
  leat::flow flow("out");
  flow.input("in", leat::from::test<pair>({pair("a", 1), pair("b", 2)})) | leat::output("out", leat::to::out());
  {
    redirected const to(dir.path("x"));
    leat::run(flow);
  }
  CHECK(dir.read("x") == "(a, 1)\n(b, 2)\n");
}

TEST_CASE("lines of several workers and sinks do not mix") {
  scratch dir;
  leat::flow flow("out");
  for (int i = 0; i != 3; ++i) {
    std::string const letter(1, static_cast<char>('a' + i));
    flow.input("in " + letter, leat::from::range(5000)) |
        leat::map([letter](int n) { return letter + std::string(static_cast<std::size_t>(n % 50), '.') + letter; }) |
        leat::output("out " + letter, leat::to::out());
  }
  {
    redirected const to(dir.path("x"));
    leat::run(flow, {.workers = 3});
  }
  std::istringstream in(dir.read("x"));
  std::size_t count = 0;
  bool whole = true;
  for (std::string line; std::getline(in, line); ++count)
    whole = whole && line.size() >= 2 && line == line[0] + std::string(line.size() - 2, '.') + line[0];
  CHECK(count == 15000);
  CHECK(whole);
}

TEST_CASE("what cannot be written is an error") {
  leat::flow flow("out");
  flow.input("in", leat::from::range(10)) | leat::output("out", leat::to::out());
  std::string full;
  {
    redirected const to("/dev/full");
    full = message_of([&] { leat::run(flow); });
  }
  CHECK(has(full, "step \"out.out\" (output, "));
  CHECK(has(full, "cannot write to standard output: No space left on device"));

  auto const before = std::signal(SIGPIPE, SIG_IGN);
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  ::close(ends[0]);
  std::string broken;
  {
    redirected const to(ends[1]);
    broken = message_of([&] { leat::run(flow); });
  }
  std::signal(SIGPIPE, before);
  CHECK(has(broken, "cannot write to standard output: Broken pipe"));
}

TEST_CASE("a flow that ends in what it shows fails where that cannot be written") {
  leat::flow flow("out");
  flow.input("in", leat::from::range(10)) | leat::inspect("look");
  flow.input("again", leat::from::range(10)) | leat::inspect_debug("look closely");
  std::string full;
  {
    redirected const to("/dev/full");
    full = message_of([&] { leat::run(flow); });
  }
  CHECK(has(full, "step \"out.look"));
  CHECK(has(full, "cannot write to standard output: No space left on device"));
}

TEST_CASE("a reader that has gone ends a program as it ends any filter: without a word, unless SIGPIPE is ignored") {
  for (bool const ignored : {false, true}) {
    child program([&] {
      std::signal(SIGPIPE, ignored ? SIG_IGN : SIG_DFL);
      int ends[2];
      if (::pipe(ends) != 0) return 98;
      ::close(ends[0]);
      ::dup2(ends[1], 1);
      char const* const words[] = {"/opt/out", nullptr};
      leat::flow flow("out");
      flow.input("in", leat::from::range(10)) | leat::output("out", leat::to::out());
      return leat::main(1, words, flow);
    });
    CHECK(program.ends() == (ignored ? 1 : 1000 + SIGPIPE));
    CHECK(has(program.err, "cannot write to standard output: Broken pipe") == ignored);
    if (!ignored) CHECK(program.err.empty());
  }
}

TEST_CASE("the signal stays away from the rest of the program, and what it does about it stays as it was") {
  auto const before = std::signal(SIGPIPE, SIG_DFL);
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  ::close(ends[0]);
  leat::flow flow("out");
  flow.input("in", leat::from::range(10)) | leat::output("out", leat::to::out());
  bool gone = false;
  {
    redirected const to(ends[1]);
    try {
      leat::run(flow);
    } catch (leat::run_error const& error) {
      try {
        std::rethrow_if_nested(error);
      } catch (leat::reader_gone const&) {
        gone = true;
      }
    }
  }
  CHECK(gone);
  sigset_t pending;
  ::sigpending(&pending);
  CHECK(::sigismember(&pending, SIGPIPE) == 0);
  CHECK((std::signal(SIGPIPE, before) == SIG_DFL));
}

TEST_CASE("a standard output that another program has made non-blocking is waited for") {
  child program([] {
    ::fcntl(1, F_SETFL, ::fcntl(1, F_GETFL) | O_NONBLOCK);
    leat::flow flow("out");
    flow.input("in", leat::from::range(200000)) | leat::output("out", leat::to::out());
    return message_of([&] { leat::run(flow); }).empty() ? 0 : 1;
  });
  CHECK(program.ends() == 0);
  std::string expected;
  for (int i = 0; i != 200000; ++i) expected += std::to_string(i) + "\n";
  CHECK(program.out == expected);
}

TEST_CASE("lines stand behind what the program printed before") {
  child program([] {
    std::printf("before\n");
    leat::flow flow("out");
    flow.input("in", leat::from::range(2)) | leat::output("out", leat::to::out());
    leat::run(flow);
    std::printf("after\n");
    return 0;
  });
  CHECK(program.ends() == 0);
  CHECK(program.out == "before\n0\n1\nafter\n");
}
