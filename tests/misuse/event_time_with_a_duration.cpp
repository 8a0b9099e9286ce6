// SPDX-License-Identifier: BSL-1.0
// expect: leat: event_time(name, ts, late_by(d)): how far a record may lie behind
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
  times | leat::event_time("dated", itself, 5s);
}
