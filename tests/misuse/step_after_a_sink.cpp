// SPDX-License-Identifier: BSL-1.0
// expect: leat: output(...) ends a stream: no step can be piped after a sink. Name the stream before the
// expect: output and use it twice instead
#include <leat/flow.hpp>
#include <leat/from/range.hpp>
#include <leat/op/map.hpp>
#include <leat/to/collect.hpp>
#include <leat/to/output.hpp>

#include <vector>

int main() {
  leat::flow flow("misuse");
  std::vector<int> got;
  flow.input("in", leat::from::range(3)) | leat::output("out", leat::to::collect(got)) |
      leat::map([](int i) { return i; });
}
