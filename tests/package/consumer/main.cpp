// SPDX-License-Identifier: BSL-1.0
// A program of somebody else's. It brings its own source, so that it shows how leat is found and nothing more.
#include <leat/leat.hpp>

#include <cstdio>

struct counting {
  using record = int;
  struct partition {
    int at = 0;
    bool next_batch(leat::emitter<int>& out) {
      while (at != 4) out(++at);
      return false;
    }
  };
  partition build(leat::step_services const&) const { return {}; }
};

#ifdef OF_TWO_UNITS
leat::stream<int> squares(leat::stream<int> numbers);
#else
leat::stream<int> squares(leat::stream<int> numbers) {
  return numbers | leat::map([](int n) { return n * n; });
}
#endif

int main() {
  int sum = 0;
  leat::flow flow{"consumer"};
  squares(flow.input("numbers", counting{})) | leat::output("sum", leat::to::for_each([&sum](int n) { sum += n; }));
  leat::run(flow);
  std::printf("sum of squares: %d\n", sum);
}
