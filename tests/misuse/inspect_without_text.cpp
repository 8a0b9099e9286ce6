// SPDX-License-Identifier: BSL-1.0
// expect: leat: inspect(): this record has no text: give it std::string to_text(record const&), or use
// expect: inspect(f)
#include <leat/flow.hpp>
#include <leat/from/range.hpp>
#include <leat/op/inspect.hpp>
#include <leat/op/map.hpp>

struct without_text {};

int main() {
  leat::flow flow("misuse");
  flow.input("in", leat::from::range(3)) | leat::map([](int) { return without_text{}; }) | leat::inspect("look");
}
