// SPDX-License-Identifier: BSL-1.0
// expect: leat: a plain number has no unit
#include <leat/from/iterable.hpp>
#include <leat/op/key_on.hpp>
#include <leat/time.hpp>

#include <chrono>
#include <utility>
#include <vector>

int main() {
  using namespace std::chrono_literals;
  leat::flow flow("f");
  leat::stream times = flow.input("in", leat::from::iterable(std::vector<std::chrono::sys_seconds>()));
  auto const itself = [](std::chrono::sys_seconds at) { return at; };
  times | leat::count_window("minutes", leat::event_clock(itself, leat::late_by(5s)), leat::tumbling(60),
                             [](std::chrono::sys_seconds) { return 0; });
}
