// SPDX-License-Identifier: BSL-1.0
// expect: leat: a step with windows: clock and windower are swapped. The clock stands behind the name, and the windower
// expect: behind the clock
#include <leat/from/range.hpp>
#include <leat/op/key_on.hpp>
#include <leat/time.hpp>

int main() {
  using namespace std::chrono_literals;
  leat::flow flow("f");
  auto const clock = leat::event_clock([](int x) { return std::chrono::seconds(x); }, leat::late_by(1s));
  flow.input("in", leat::from::range(3)) | leat::count_window("w", leat::session(1min), clock, [](int x) { return x; });
}
