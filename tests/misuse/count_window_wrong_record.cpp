// SPDX-License-Identifier: BSL-1.0
// expect: leat: count_window(name, clock, windower, key): key must be callable with the record
#include <leat/from/range.hpp>
#include <leat/time.hpp>

#include <string>

int main() {
  using namespace std::chrono_literals;
  leat::flow flow("f");
  flow.input("in", leat::from::range(3)) |
      leat::count_window("w", leat::event_clock([](int x) { return std::chrono::seconds(x); }, leat::late_by(1s)),
                         leat::tumbling(1min), [](std::string const& text) { return text; });
}
