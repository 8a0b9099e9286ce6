// SPDX-License-Identifier: BSL-1.0
// expect: leat: this step keeps state by key, so it needs a keyed stream
#include <leat/from/iterable.hpp>
#include <leat/op/key_on.hpp>
#include <leat/time/dedupe.hpp>
#include <leat/time/event_clock.hpp>
#include <leat/time/late_by.hpp>
#include <leat/time/tumbling.hpp>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

struct trade {
  std::string symbol;
  std::chrono::sys_seconds at;
  double price = 0;

  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive & symbol & at & price;
  }
};

int main() {
  using namespace std::chrono_literals;
  leat::flow flow("f");
  leat::stream trades = flow.input("in", leat::from::iterable(std::vector<trade>()));
  leat::stream keyed = trades | leat::key_on([](trade const& t) { return t.symbol; });
  auto const clock = leat::event_clock(&trade::at, leat::late_by(5s));
  trades | leat::dedupe("once", clock, leat::within(5s));
}
