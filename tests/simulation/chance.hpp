// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>

namespace simulation {

/// A good mixture of the bits of a number: the finalizer of splitmix64 (Steele, Lea, Flood 2014).
constexpr std::uint64_t mixed(std::uint64_t n) {
  n = (n ^ (n >> 30)) * 0xbf58476d1ce4e5b9u;
  n = (n ^ (n >> 27)) * 0x94d049bb133111ebu;
  return n ^ (n >> 31);
}

/// All that is drawn for a seed is drawn from here, so that the seed alone decides it.
class chance {
 public:
  explicit chance(std::uint64_t seed) : state_(mixed(seed + 0x9e3779b97f4a7c15u)) {}

  std::uint64_t number() { return mixed(state_ += 0x9e3779b97f4a7c15u); }
  std::uint64_t below(std::uint64_t limit) { return number() % limit; }
  std::uint64_t between(std::uint64_t least, std::uint64_t most) { return least + below(most - least + 1); }
  bool one_in(std::uint64_t times) { return below(times) == 0; }
  template <class T>
  T pick(std::initializer_list<T> values) {
    return values.begin()[below(values.size())];
  }

 private:
  std::uint64_t state_;
};

}  // namespace simulation
