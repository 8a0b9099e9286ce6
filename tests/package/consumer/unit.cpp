// SPDX-License-Identifier: BSL-1.0
// A second unit of the consumer: a part of its flow.
#include <leat/leat.hpp>

leat::stream<int> squares(leat::stream<int> numbers) {
  return numbers | leat::map([](int n) { return n * n; });
}
