// SPDX-License-Identifier: BSL-1.0
// expect: leat: max_final(name, f): what is to be compared has no <
#include <leat/flow.hpp>
#include <leat/from/range.hpp>
#include <leat/op/map.hpp>
#include <leat/state/reduce_final.hpp>

#include <utility>

struct point {
  int x = 0;
  template <class A>
  void serialize(A& a, unsigned) {
    a & x;
  }
};

int main() {
  leat::flow flow("misuse");
  flow.input("in", leat::from::range(3)) | leat::map([](int x) { return std::pair<int, point>(x, point()); }) |
      leat::max_final("max");
}
