// SPDX-License-Identifier: BSL-1.0
// A flow of which every process prints what it is told to, for tests of what -p passes on.
#include <leat/leat.hpp>
#include <leat/run/tcp.hpp>

#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <string>
#include <string_view>

namespace {

void print(std::string_view bytes) {
  std::fwrite(bytes.data(), 1, bytes.size(), stdout);
  std::fflush(stdout);
}

/// Prints by itself, whatever a sink would do.
leat::task<> speak(std::string_view mode, leat::emitter<int>& out) {
  if (mode == "nul") {
    print(std::string_view("\0\0after\nmid\0dle\n", 16));
  } else if (mode == "unended") {
    print("one\ntwo");
  } else if (mode == "long") {
    std::string const part(std::size_t{1} << 20, 'x');
    for (int i = 0; i != 64; ++i) print(part);
    print("\n");
  } else if (mode == "leaves") {
    pid_t const left = ::fork();
    if (left == 0)
      for (;;) ::pause();
    print(std::to_string(left) + "\n");
  } else if (mode == "dies") {
    ::kill(::getpid(), SIGKILL);
  }
  out(0);
  co_return;
}

leat::task<int> ask(int) {
  print("asked\n");
  leat::completion<int> const answer;  // nobody gives it
  co_return co_await answer;
}

leat::task<> count(leat::emitter<int>& out) {
  for (int i = 0; i != 200'000; ++i) {
    out(i);
    if (i % 1000 == 0) co_await leat::next_turn();
  }
}

leat::task<> count_for_ever(leat::emitter<int>& out) {
  for (int i = 0;; ++i) {
    out(i);
    if (i % 1000 == 0) co_await leat::next_turn();
  }
}

}  // namespace

int main(int argc, char** argv) {
  leat::command_line const cli(argc, argv, "WHAT");
  std::string const mode = cli.rest().empty() ? "" : cli.rest().front();
  leat::flow flow("speaker");
  if (mode == "count") {
    flow.input("in", leat::from::generate(count).on_every_worker()) | leat::output("out", leat::to::out());
  } else if (mode == "asks") {
    flow.input("in", leat::from::generate([](leat::emitter<int>& out) -> leat::task<> {
                 out(0);
                 for (;;) co_await leat::sleep(std::chrono::hours(1));
               })) |
        leat::async_map("ask", ask) | leat::output("out", leat::to::out());
  } else if (mode == "for-ever") {
    flow.input("in", leat::from::generate(count_for_ever).on_every_worker()) | leat::output("out", leat::to::out());
  } else {
    flow.input("in",
               leat::from::generate([mode](leat::emitter<int>& out) { return speak(mode, out); }).on_every_worker()) |
        leat::output("out", leat::to::for_each([](int) {}));
  }
  return leat::main(cli, flow);
}
