// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>

namespace histories {

/// splitmix64 (Steele, Lea, Flood 2014).
class chance {
 public:
  explicit chance(std::uint64_t seed) : state_(seed) {}
  /// From 0 to `most`.
  std::uint64_t up_to(std::uint64_t most) { return next() % (most + 1); }
  bool once_in(std::uint64_t n) { return next() % n == 0; }
  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }

 private:
  std::uint64_t state_;
};

}  // namespace histories
