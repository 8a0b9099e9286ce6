// SPDX-License-Identifier: BSL-1.0
// expect: leat: fold_window(name, clock, session(gap), builder, folder, leat::unordered): a late value may
#include <leat/from/range.hpp>
#include <leat/op/key_on.hpp>
#include <leat/time.hpp>

int main() {
  using namespace std::chrono_literals;
  leat::flow flow("f");
  flow.input("in", leat::from::range(3)) | leat::key_on([](int x) { return x; }) |
      leat::fold_window(
          "w", leat::event_clock([](int x) { return std::chrono::seconds(x); }, leat::late_by(1s)), leat::session(1min),
          [] { return 0; }, [](int a, int b) { return a + b; }, leat::unordered);
}
