// SPDX-License-Identifier: BSL-1.0
// expect: leat: a step with windows: what stands behind the clock is no windower
#include <leat/from/range.hpp>
#include <leat/op/key_on.hpp>
#include <leat/time.hpp>

int main() {
  using namespace std::chrono_literals;
  leat::flow flow("f");
  flow.input("in", leat::from::range(3)) | leat::key_on([](int x) { return x; }) |
      leat::collect_window("w", leat::event_clock([](int x) { return std::chrono::seconds(x); }, leat::late_by(1s)),
                           60);
}
