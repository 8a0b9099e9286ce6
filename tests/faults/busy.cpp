// SPDX-License-Identifier: BSL-1.0
// A flow without an end, that exchanges all the time, for tests that kill its processes and cut its connections. Each
// process prints a line when the first record has come. `fails=N`: process N fails a little later.
#include <leat/leat.hpp>
#include <leat/run/tcp.hpp>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>

namespace {

struct endless {
  leat::task<> operator()(leat::emitter<int>& out) const {
    for (int i = 0;; ++i) {
      for (int n = 0; n != 100; ++n) out(i + n);
      co_await leat::sleep(std::chrono::milliseconds(1));
    }
  }
};

}  // namespace

int main(int argc, char** argv) {
  leat::command_line const cli(argc, argv, "[fails=N]");
  bool const fails = !cli.rest().empty() && cli.rest().front() == "fails=" + std::to_string(cli.options().process);
  auto const seen = std::make_shared<std::atomic<int>>(0);
  leat::flow flow("busy");
  flow.input("in", leat::from::generate(endless{})) | leat::redistribute("spread") |
      leat::map("see",
                [seen, fails](int x) {
                  int const before = seen->fetch_add(1);
                  if (before == 0) {
                    std::puts("begun");
                    std::fflush(stdout);
                  }
                  if (fails && before == 2000) throw std::runtime_error("two thousand came");
                  return x % 100;
                }) |
      leat::count_final("count", [](int x) { return x; }) | leat::output("out", leat::to::for_each([](auto const&) {}));
  return leat::main(cli, flow);
}
