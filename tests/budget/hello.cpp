// SPDX-License-Identifier: BSL-1.0
// The smallest program: what all others pay too.
#include <leat/leat.hpp>

int main(int argc, char** argv) {
  leat::flow flow("hello");
  flow.input("in", leat::from::range(10)) | leat::map([](auto x) { return x * 2; }) |
      leat::output("out", leat::to::out());
  return leat::main(argc, argv, flow);
}
