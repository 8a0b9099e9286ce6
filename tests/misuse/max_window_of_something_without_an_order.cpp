// SPDX-License-Identifier: BSL-1.0
// expect: leat: max_window(name, clock, windower, by): what is to be compared has no <
#include <leat/from/range.hpp>
#include <leat/op/key_on.hpp>
#include <leat/op/map.hpp>
#include <leat/time.hpp>

struct trade {
  int price = 0;
  std::chrono::sys_seconds time() const { return {}; }
  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive & price;
  }
};

int main() {
  using namespace std::chrono_literals;
  leat::flow flow("f");
  flow.input("in", leat::from::range(3)) | leat::map([](int x) { return trade{x}; }) |
      leat::key_on([](trade const& t) { return t.price; }) |
      leat::max_window("w", leat::event_clock(&trade::time, leat::late_by(1s)), leat::tumbling(1min));
}
