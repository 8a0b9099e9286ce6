// SPDX-License-Identifier: BSL-1.0
// expect: leat: bridge.function<U(T)>(name): T and U travel as bytes, so both need a codec
#include <leat/connect/bridge.hpp>
#include <leat/leat.hpp>

struct opaque {
  opaque() = default;
  opaque(opaque const&) = default;
  ~opaque() {}
  int* inside = nullptr;
};

int main() {
  leat::bridge const python;
  leat::flow flow("misuse");
  flow.input("in", leat::from::range(3)) | leat::map([](int) { return opaque(); }) |
      leat::async_map("ask", python.function<double(opaque)>("ask")) | leat::output("out", leat::to::out());
}
