// SPDX-License-Identifier: BSL-1.0
// expect: leat: max_final(name, f): f must be callable with a const reference to the value of the keyed stream
#include <leat/flow.hpp>
#include <leat/from/range.hpp>
#include <leat/op/key_on.hpp>
#include <leat/state/reduce_final.hpp>

#include <string>

int main() {
  leat::flow flow("misuse");
  flow.input("in", leat::from::range(3)) | leat::key_on([](int x) { return x % 2; }) |
      leat::max_final("max", [](std::string const& s) { return s.size(); });
}
