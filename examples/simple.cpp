// SPDX-License-Identifier: BSL-1.0
// The smallest flow: three numbers, plus one, printed.
#include <leat/leat.hpp>

leat::flow simple() {
  leat::flow flow("simple");
  flow.input("in", leat::from::range(3)) | leat::map([](int x) { return x + 1; }) |
      leat::output("out", leat::to::out());
  return flow;
}

int main(int argc, char** argv) { return leat::main(argc, argv, simple); }
