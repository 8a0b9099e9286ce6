// SPDX-License-Identifier: BSL-1.0
#include <leat/run/local/standard_descriptors.hpp>

#include <leat/from/lines.hpp>
#include <leat/from/range.hpp>
#include <leat/run/main.hpp>
#include <leat/run/tcp.hpp>
#include <leat/to/for_each.hpp>
#include <leat/to/out.hpp>
#include <leat/to/output.hpp>

#include "child.hpp"

#include <doctest/doctest.h>

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

namespace {

/// What a program prints on standard error, and its exit status, that is started without these descriptors.
template <class Source>
std::string without(std::initializer_list<int> closed, Source source, char const* flag) {
  child process([&] {
    for (int const descriptor : closed) ::close(descriptor);
    char const* const words[] = {"/opt/copy", flag, nullptr};
    leat::flow flow("copy");
    flow.input("in", source) | leat::output("out", leat::to::out());
    return leat::main(2, words, flow);
  });
  int const status = process.ends();
  return std::to_string(status) + " " + process.err;
}

bool has(std::string const& text, std::string const& part) { return text.find(part) != std::string::npos; }

int next_descriptor() {
  int const next = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  ::close(next);
  return next;
}

}  // namespace

TEST_CASE("standard input that is closed is an error at once, and nothing of leat's is read in its place") {
  for (char const* const workers : {"-w1", "-w3"}) {
    CAPTURE(workers);
    CHECK(has(without({0}, leat::from::lines("-"), workers), "cannot read standard input: it is closed"));
    std::string const printed = without({0, 1}, leat::from::lines("-"), workers);
    CHECK(printed.starts_with("1 "));
    CHECK(has(printed, "cannot read standard input: it is closed"));
  }
}

TEST_CASE("standard output that is closed is an error at once, and no record goes into a pipe of leat's") {
  for (char const* const workers : {"-w1", "-w3"}) {
    CAPTURE(workers);
    std::string const text = without({0, 1}, leat::from::range(100), workers);
    CHECK(text.starts_with("1 "));
    CHECK(has(text, "cannot write to standard output: it is closed"));
  }
}

TEST_CASE("a program that is started without standard descriptors hears SIGTERM, and ends in order") {
  for (auto const& closed : {std::vector<int>{0}, {0, 1}, {0, 1, 2}})
    for (char const* const workers : {"-w1", "-w3"}) {
      CAPTURE(closed.size());
      CAPTURE(workers);
      child process([&] {
        int const told = ::fcntl(STDOUT_FILENO, F_DUPFD, 10);
        for (int const descriptor : closed) ::close(descriptor);
        std::atomic<bool> begun = false;
        char const* const words[] = {"/opt/endless", workers, nullptr};
        leat::flow flow("endless");
        flow.input("in", leat::from::range(std::uint64_t{1} << 62)) |
            leat::output("out", leat::to::for_each([&begun, told](std::uint64_t) {
                           if (!begun.exchange(true) && ::write(told, "ready", 5) != 5) std::abort();
                         }));
        return leat::main(2, words, flow);
      });
      REQUIRE(process.says("ready"));
      process.send(SIGTERM);
      CHECK(process.ends() == 0);
      CHECK(process.out == "ready");
      CHECK(process.err.empty());
    }
}

TEST_CASE("what is made meanwhile stands above the standard descriptors, and they are closed again afterwards") {
  child process([] {
    ::close(0);
    ::close(1);
    int wrong = 0;
    {
      leat::tcp_network const network;
      wrong += next_descriptor() > 2 ? 0 : 1;
      {
        leat::detail::standard_descriptors const kept;
        leat::detail::standard_descriptors const other;
        wrong += next_descriptor() > 2 ? 0 : 2;
        char byte = 0;
        wrong += ::read(0, &byte, 1) < 0 && errno == EBADF ? 0 : 4;
        wrong += ::write(1, &byte, 1) < 0 && errno == EBADF ? 0 : 8;
      }
      wrong += next_descriptor() > 2 ? 0 : 16;
    }
    wrong += next_descriptor() == 0 ? 0 : 32;
    {
      leat::detail::standard_descriptors const kept;
      int const of_the_program = ::open("/dev/null", O_RDONLY);
      ::dup2(of_the_program, 0);
      ::close(of_the_program);
    }
    wrong += next_descriptor() == 1 ? 0 : 64;
    return wrong;
  });
  CHECK(process.ends() == 0);
}
