// SPDX-License-Identifier: BSL-1.0
// expect: leat: the elements of the range that f returns cannot be made records of the type given in <...> without a
// cast that may lose something
#include <leat/flow.hpp>
#include <leat/from/range.hpp>
#include <leat/op/flat_map_value.hpp>
#include <leat/op/key_on.hpp>

#include <string>
#include <vector>

int main() {
  leat::flow flow("misuse");
  auto stream = flow.input("in", leat::from::range(3)) | leat::key_on([](int i) { return i; }) |
                leat::flat_map_value<std::string>([](int i) { return std::vector<int*>(1, &i); });
  leat::stream sealed = stream;
}
