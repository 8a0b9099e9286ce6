// SPDX-License-Identifier: BSL-1.0
#include <leat/flow.hpp>
#include <leat/from/range.hpp>
#include <leat/from/test.hpp>
#include <leat/op/map.hpp>
#include <leat/run/run.hpp>
#include <leat/to/out.hpp>
#include <leat/to/output.hpp>

#include "../from/scratch.hpp"

#include <doctest/doctest.h>

#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
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
