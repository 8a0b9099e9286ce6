// SPDX-License-Identifier: BSL-1.0
// expect: leat: stateful_timed(name, clock, builder): the logic needs on_item(value, leat::moment
#include <leat/from/iterable.hpp>
#include <leat/op/key_on.hpp>
#include <leat/time/event_clock.hpp>
#include <leat/time/late_by.hpp>
#include <leat/time/stateful_timed.hpp>
#include <leat/time/tumbling.hpp>

#include <chrono>
#include <optional>
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

struct counted : leat::timed_logic<trade, int, int> {
  leat::retention on_item(trade const&, leat::logic_results<int>&) { return leat::retention::retain; }
  int snapshot() const { return 0; }
};

int main() {
  using namespace std::chrono_literals;
  leat::flow flow("f");
  leat::stream trades = flow.input("in", leat::from::iterable(std::vector<trade>()));
  leat::stream keyed = trades | leat::key_on([](trade const& t) { return t.symbol; });
  auto const clock = leat::event_clock(&trade::at, leat::late_by(5s));
  keyed | leat::stateful_timed("s", clock, [](std::optional<int>) { return counted(); });
}
