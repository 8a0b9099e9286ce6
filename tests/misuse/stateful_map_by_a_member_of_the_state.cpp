// SPDX-License-Identifier: BSL-1.0
// expect: leat: stateful_map(name, f): f must be callable with (std::optional<State>&, value)
#include <leat/from/range.hpp>
#include <leat/op/key_on.hpp>
#include <leat/state/stateful_map.hpp>

#include <cstdint>

struct total {
  int sum = 0;
  int add(int x) { return sum += x; }
  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive & sum;
  }
};

int main() {
  leat::flow flow("f");
  flow.input("in", leat::from::range(3)) | leat::key_on([](std::uint64_t x) { return x; }) |
      leat::stateful_map<total>("sum", &total::add);
}
