// SPDX-License-Identifier: BSL-1.0
// expect: leat: compose(name, f): f must be callable with the stream that the step before it makes
#include <leat/flow.hpp>
#include <leat/from/range.hpp>
#include <leat/op/compose.hpp>

#include <string>

int main() {
  leat::flow flow("misuse");
  flow.input("in", leat::from::range(3)) | leat::compose("own", [](leat::stream<std::string> lines) { return lines; });
}
