// SPDX-License-Identifier: BSL-1.0
// expect: leat: stream_clock(ts): ts is given a const reference to the value, of a keyed stream without its
// expect: key, and must return a time of std::chrono::system_clock, a duration, or a std::optional of one
#include <leat/from/range.hpp>
#include <leat/op/key_on.hpp>
#include <leat/time.hpp>

int main() {
  using namespace std::chrono_literals;
  leat::flow flow("f");
  flow.input("in", leat::from::range(3)) | leat::key_on([](int x) { return x; }) |
      leat::collect_window("w", leat::stream_clock([](int x) { return x; }, leat::late_by(1s)), leat::tumbling(1min));
}
