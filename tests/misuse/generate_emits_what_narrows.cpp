// SPDX-License-Identifier: BSL-1.0
// expect: leat: out(x): x may lose its fraction or its higher bits when it becomes a record of this type
// fewer lines than: 12
#include <leat/flow.hpp>
#include <leat/from/generate.hpp>

int main() {
  leat::flow flow("misuse");
  leat::stream in = flow.input("in", leat::from::generate([](leat::emitter<int>& out) -> leat::task<> {
                                 out(0.5);
                                 co_return;
                               }));
}
