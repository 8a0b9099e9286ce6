// SPDX-License-Identifier: BSL-1.0
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <leat/op/running/slot_ownership.hpp>
#include <leat/route/exchange/slot.hpp>

#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace {

using leat::key_hash;

enum class side : std::uint8_t { left = 1 };

struct account {
  std::uint64_t number = 0;
  std::uint64_t looked_up = 0;  // not part of the key
  template <class A>
  void serialize(A& a, unsigned) {
    a & number;
  }
};

template <class K>
std::uint64_t hash_of_codec_bytes(K const& key) {
  leat::byte_buffer bytes;
  leat::encode(key, bytes);
  return XXH3_64bits(bytes.data(), bytes.size());
}

TEST_CASE("key_hash: is the same in every build") {
  CHECK(key_hash(std::uint64_t{0}) == 0xc77b3abb6f87acd9u);
  CHECK(key_hash(std::uint64_t{0x0123456789abcdef}) == 0xb78df414284277a6u);
  CHECK(key_hash(std::int32_t{-1}) == 0xcd6b1c920d3f662cu);
  CHECK(key_hash(std::uint8_t{7}) == 0x4c5cca45d0f4811fu);
  CHECK(key_hash(std::uint16_t{7}) == 0xf63274eaeedf0eecu);
  CHECK(key_hash('k') == 0xa921e3704fda881du);
  CHECK(key_hash(true) == 0xe12ef9d2eb86ceebu);
  CHECK(key_hash(1.5) == 0x2561a4889ff63458u);
  CHECK(key_hash(std::string{}) == 0x2d06800538d394c2u);
  CHECK(key_hash(std::string{"leat"}) == 0xed715a3ae124e62du);
  CHECK(key_hash(std::string{"a channel cut to carry water to a mill"}) == 0x8dc5f23acec10490u);
  CHECK(key_hash(std::string(300, 'x')) == 0xa5d1b4607dc83554u);
  CHECK(key_hash(std::pair<std::uint32_t, std::uint32_t>{1, 2}) == 0x0389e2c8892d5450u);
  CHECK(key_hash(std::pair<std::uint64_t, std::uint64_t>{1, 2}) == 0x07ee86c281446befu);
  CHECK(key_hash(std::pair<std::string, std::uint32_t>{"leat", 3}) == 0xc7c361e2b1b6cd87u);
  CHECK(key_hash(std::tuple<std::uint8_t, std::uint32_t>{1, 2}) == 0xe0683a7798231665u);
  CHECK(key_hash(std::vector<std::string>{"a", "b"}) == 0xa5503e1a9714e24du);
  CHECK(key_hash(account{5, 1}) == 0x8e03e9aa39aaa78cu);
}

TEST_CASE("key_hash: is XXH3 of the codec bytes, of every length") {
  std::uint64_t state = 1;
  for (int i = 0; i != 1000; ++i) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    CHECK(key_hash(state) == hash_of_codec_bytes(state));
    CHECK(key_hash(static_cast<std::uint32_t>(state >> 32)) ==
          hash_of_codec_bytes(static_cast<std::uint32_t>(state >> 32)));
    CHECK(key_hash(static_cast<std::uint16_t>(state >> 48)) ==
          hash_of_codec_bytes(static_cast<std::uint16_t>(state >> 48)));
    CHECK(key_hash(static_cast<std::uint8_t>(state >> 56)) ==
          hash_of_codec_bytes(static_cast<std::uint8_t>(state >> 56)));
    std::array<std::uint8_t, 5> const five{1, 2, static_cast<std::uint8_t>(state >> 56), 4, 5};
    CHECK(key_hash(five) == hash_of_codec_bytes(five));
    std::array<std::uint16_t, 3> const six{1, static_cast<std::uint16_t>(state >> 48), 4};
    CHECK(key_hash(six) == hash_of_codec_bytes(six));
    CHECK(key_hash(std::pair<std::uint64_t, std::uint64_t>{state, 2}) ==
          hash_of_codec_bytes(std::pair<std::uint64_t, std::uint64_t>{state, 2}));
  }
  CHECK(key_hash(true) == hash_of_codec_bytes(true));
  CHECK(key_hash(side::left) == hash_of_codec_bytes(side::left));
  CHECK(key_hash(std::chrono::seconds{5}) == hash_of_codec_bytes(std::chrono::seconds{5}));
  CHECK(key_hash(2.5) == hash_of_codec_bytes(2.5));
  std::pair<std::string, std::uint32_t> const compound{std::string(1000, 'k'), 7};
  CHECK(key_hash(compound) == hash_of_codec_bytes(compound));
  std::pair<std::uint64_t, std::uint32_t> const padded{1, 2};
  CHECK(key_hash(padded) == hash_of_codec_bytes(padded));
}

TEST_CASE("key_hash: equal keys hash alike") {
  CHECK(key_hash(std::string{"a key"}) == key_hash(std::string_view{"a key"}));
  CHECK(key_hash(0.0) == key_hash(-0.0));
  CHECK(key_hash(0.0f) == key_hash(-0.0f));
  CHECK(key_hash(account{5, 1}) == key_hash(account{5, 2}));
  CHECK(key_hash(account{5, 1}) == key_hash(std::uint64_t{5}));
  CHECK(key_hash(account{5, 1}) != key_hash(account{6, 1}));
}

TEST_CASE("slot_of, slot_ownership: every slot has one owner, in contiguous ranges of nearly equal size") {
  static_assert(leat::slot_count == 4096);
  CHECK(leat::slot_of(0xffffffffffffffffu) == 4095);
  CHECK(leat::slot_of(4096) == 0);
  for (unsigned const workers : {1u, 2u, 3u, 7u, 64u, 4096u, 5000u}) {
    std::vector<unsigned> owned(workers);
    unsigned last = 0;
    for (unsigned slot = 0; slot != leat::slot_count; ++slot) {
      unsigned const owner = leat::slot_ownership(workers).owner(slot);
      REQUIRE(owner < workers);
      CHECK(owner >= last);
      last = owner;
      ++owned[owner];
    }
    for (unsigned const count : owned) {
      CHECK(count >= leat::slot_count / workers);
      CHECK(count <= leat::slot_count / workers + 1);
    }
  }
}

}  // namespace
