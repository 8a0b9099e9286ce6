// SPDX-License-Identifier: BSL-1.0
// expect: leat: async_map(name, f, options...): the name is the first argument
#include <leat/flow.hpp>
#include <leat/from/range.hpp>
#include <leat/op/async_map.hpp>
#include <leat/op/coroutine/task.hpp>
#include <leat/to/out.hpp>
#include <leat/to/output.hpp>

leat::task<int> echo(int x) { co_return x; }

int main() {
  leat::flow flow("misuse");
  flow.input("in", leat::from::range(3)) | leat::async_map(echo, "look up") | leat::output("out", leat::to::out());
}
