// SPDX-License-Identifier: BSL-1.0
// A stream is split in two by a predicate, each half is treated in its own way, and the halves come together again.
#include <leat/leat.hpp>

#include <string>

leat::flow branch_merge() {
  leat::flow flow("branch_merge");
  auto [evens, odds] =
      flow.input("numbers", leat::from::range(10)) | leat::branch("even?", [](int x) { return x % 2 == 0; });

  auto halves = evens | leat::map("halve", [](int x) { return x / 2; });
  auto doubles = odds | leat::map("double", [](int x) { return x * 2; });

  leat::merge("both", halves, doubles) | leat::map("less one", [](int x) { return x - 1; }) |
      leat::map("mark up", [](int x) { return "<dance>" + std::to_string(x) + "</dance>"; }) |
      leat::output("out", leat::to::out());
  return flow;
}

int main(int argc, char** argv) { return leat::main(argc, argv, branch_merge); }
