// SPDX-License-Identifier: BSL-1.0
// expect: leat: stream_clock(ts) goes by what has dated its stream: give that event_time these options
#include <leat/from/iterable.hpp>
#include <leat/time.hpp>

#include <chrono>
#include <utility>
#include <vector>

int main() {
  using namespace std::chrono_literals;
  leat::flow flow("f");
  flow.input("in", leat::from::iterable(std::vector<std::pair<int, int>>())) |
      leat::max_window("w", leat::stream_clock([](int x) { return std::chrono::seconds(x); }, leat::corrections(1h)),
                       leat::tumbling(1min));
}
