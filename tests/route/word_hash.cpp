// SPDX-License-Identifier: BSL-1.0
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <leat/route/exchange/slot.hpp>
#include <leat/route/exchange/word_hash.hpp>

#include <doctest/doctest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

namespace {

std::vector<std::uint64_t> noise(std::size_t count) {
  std::vector<std::uint64_t> words(count);
  std::uint64_t state = 1;
  for (std::uint64_t& word : words) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    word = state ^ state >> 29;
  }
  return words;
}

template <std::size_t Size>
void check_keys_of() {
  CAPTURE(Size);
  for (std::size_t count : {0u, 1u, 7u, 8u, 9u, 16u, 255u, 256u}) {
    CAPTURE(count);
    std::vector<std::uint64_t> words = noise(count);
    std::vector<std::uint64_t> expected;
    for (std::uint64_t& word : words) {
      std::array<std::byte, Size> key;
      std::memcpy(key.data(), &word, Size);
      expected.push_back(XXH3_64bits(key.data(), Size));
      word = leat::detail::word_of(key);
    }
    leat::detail::hash_words<Size>(words.data(), count);
    CHECK(words == expected);
  }
}

TEST_CASE("hash_words: many keys at once have the hashes that each has alone") {
  check_keys_of<4>();
  check_keys_of<5>();
  check_keys_of<6>();
  check_keys_of<7>();
  check_keys_of<8>();
}

}  // namespace
