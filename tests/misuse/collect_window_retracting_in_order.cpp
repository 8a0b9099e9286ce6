// SPDX-License-Identifier: BSL-1.0
// expect: leat: a step with windows: leat::retracting needs leat::unordered
#include <leat/from/iterable.hpp>
#include <leat/time.hpp>

#include <chrono>
#include <utility>
#include <vector>

int main() {
  using namespace std::chrono_literals;
  leat::flow flow("f");
  flow.input("in", leat::from::iterable(std::vector<std::pair<int, int>>())) |
      leat::collect_window("w", leat::event_clock([](int x) { return std::chrono::seconds(x); }, leat::late_by(1s)),
                           leat::tumbling(1min), leat::early(leat::after_records(2)), leat::retracting);
}
