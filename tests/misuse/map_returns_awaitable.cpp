// SPDX-License-Identifier: BSL-1.0
// expect: leat: map(f): f returns something to be awaited; use async_map, which awaits it
#include <leat/flow.hpp>
#include <leat/from/range.hpp>
#include <leat/op/map.hpp>

struct later {
  bool await_ready();
  void await_suspend(int);
  int await_resume();
};

int main() {
  leat::flow flow("misuse");
  flow.input("in", leat::from::range(3)) | leat::map([](int) { return later{}; }) | leat::map([](int i) { return i; });
}
