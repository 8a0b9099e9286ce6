// SPDX-License-Identifier: BSL-1.0
// expect: leat: to::for_each(f): f returns something to be awaited
#include <leat/flow.hpp>
#include <leat/from/range.hpp>
#include <leat/op/coroutine/task.hpp>
#include <leat/to/for_each.hpp>
#include <leat/to/output.hpp>

int main() {
  leat::flow flow("misuse");
  flow.input("in", leat::from::range(3)) |
      leat::output("out", leat::to::for_each([](int) -> leat::task<> { co_return; }));
}
