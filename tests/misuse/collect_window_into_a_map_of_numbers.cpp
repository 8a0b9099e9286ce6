// SPDX-License-Identifier: BSL-1.0
// expect: leat: collect_window(name, clock, windower, leat::into<container>): the container must take the values
#include <leat/from/range.hpp>
#include <leat/op/key_on.hpp>
#include <leat/time.hpp>

#include <map>

int main() {
  leat::flow flow("f");
  flow.input("in", leat::from::range(3)) | leat::key_on([](int x) { return x; }) |
      leat::collect_window("w", leat::counting(2), leat::into<std::map<int, int>>);
}
