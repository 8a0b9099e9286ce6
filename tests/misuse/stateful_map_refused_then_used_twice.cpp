// SPDX-License-Identifier: BSL-1.0
// expect: leat: stateful_map(name, f): f must be callable with
// A stream after a refused step is named and used twice: still one error.
#include <leat/from/range.hpp>
#include <leat/op/key_on.hpp>
#include <leat/op/map.hpp>
#include <leat/state/stateful_map.hpp>

#include <string>

int main() {
  leat::flow flow("f");
  leat::stream bad = flow.input("in", leat::from::range(3)) | leat::key_on([](int x) { return x; }) |
                     leat::stateful_map("sum", [](std::optional<int>&, std::string const&) { return 1; });
  bad | leat::map([](int x) { return x; });
  bad | leat::stateful_map("again", [](std::optional<int>&, int) { return 1; });
}
