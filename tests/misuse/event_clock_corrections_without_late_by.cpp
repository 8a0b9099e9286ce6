// SPDX-License-Identifier: BSL-1.0
// expect: leat: event_clock(ts, leat::late_by(time)): how far a record may lie behind the latest one of its key is for you to say
#include <leat/from/iterable.hpp>
#include <leat/time.hpp>

#include <chrono>
#include <utility>
#include <vector>

int main() {
  using namespace std::chrono_literals;
  leat::flow flow("f");
  flow.input("in", leat::from::iterable(std::vector<std::pair<int, int>>())) |
      leat::max_window("w", leat::event_clock([](int x) { return std::chrono::seconds(x); }, leat::corrections(1h)),
                       leat::tumbling(1min));
}
