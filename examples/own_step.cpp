// SPDX-License-Identifier: BSL-1.0
// A step of one's own as a coroutine: it keeps what it needs in local variables and waits batch by batch. And an
// operator of one's own as a function over leat's: it is used like leat's, and its steps are named inside its name.
#include <leat/leat.hpp>

#include <string>
#include <vector>

namespace {

/// Passes a reading on only when it differs from the one before it.
leat::task<> changes(leat::inlet<int>& in, leat::outlet<int>& out) {
  int last = -1;
  while (auto batch = co_await in.next())
    for (int value : batch) {
      if (value != last) out(value);
      last = value;
    }
}

/// Values as bars, with the short ones left out.
auto bars(std::string name, int at_least) {
  return leat::compose(std::move(name), [at_least](auto values) {
    return std::move(values) | leat::filter("long enough", [at_least](int value) { return value >= at_least; }) |
           leat::map("draw", [](int value) { return std::string(static_cast<std::size_t>(value), '#'); });
  });
}

}  // namespace

leat::flow changes_as_bars() {
  leat::flow flow("own_step");
  flow.input("readings", leat::from::iterable(std::vector<int>{3, 3, 5, 5, 5, 1, 4, 4, 2, 6})) |
      leat::step("changes", changes) | bars("bars", 3) | leat::output("out", leat::to::out());
  return flow;
}

int main(int argc, char** argv) { return leat::main(argc, argv, changes_as_bars); }
