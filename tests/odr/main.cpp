// SPDX-License-Identifier: BSL-1.0
#include "flow_of_two.hpp"

#include <cstdio>

int main() {
  other_side const other = other_translation_unit(21);
  if (other.double_of != &double_of) {
    std::puts("the two translation units have a function of their own where there should be one of both");
    return 1;
  }
  if (other.doubled != 42 || double_of(4) != 8) {
    std::puts("a flow of one translation unit does not give the right result");
    return 1;
  }
}
