// SPDX-License-Identifier: BSL-1.0
// expect: leat: from::poll(interval, f): f is called as f() and must return the record
#include <leat/flow.hpp>
#include <leat/from/poll.hpp>
#include <leat/to/out.hpp>
#include <leat/to/output.hpp>

#include <chrono>

int main() {
  leat::flow flow("misuse");
  flow.input("in", leat::from::poll(std::chrono::seconds(1), [](int x) { return x; })) |
      leat::output("out", leat::to::out());
}
