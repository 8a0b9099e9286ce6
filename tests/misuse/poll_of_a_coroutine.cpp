// SPDX-License-Identifier: BSL-1.0
// expect: leat: from::poll(interval, f): f returns something to be awaited
#include <leat/flow.hpp>
#include <leat/from/poll.hpp>
#include <leat/op/coroutine/task.hpp>
#include <leat/to/out.hpp>
#include <leat/to/output.hpp>

#include <chrono>

int main() {
  leat::flow flow("misuse");
  flow.input("in", leat::from::poll(std::chrono::seconds(1), []() -> leat::task<int> { co_return 1; })) |
      leat::output("out", leat::to::out());
}
