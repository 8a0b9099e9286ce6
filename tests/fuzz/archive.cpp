// SPDX-License-Identifier: BSL-1.0
// Bytes as a batch of records of several types: they are decoded, or refused with a codec_error, and however it is,
// within the memory that the archive states. What was decoded is encoded to bytes that decode to the same.
#include <leat/route/codec/codec.hpp>

#include "fuzz/script.hpp"

#include <sanitizer/allocator_interface.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

namespace {

enum class colour : std::uint8_t { red, green };

struct leaf {
  std::uint16_t number = 0;
  std::string text;
  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive & number & text;
  }
  auto operator<=>(leaf const&) const = default;
};
struct tree {
  leaf here;
  std::vector<tree> below;
  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive & here & below;
  }
  bool operator==(tree const&) const = default;
};
/// Writes a count of its own.
struct counted {
  std::vector<std::int32_t> numbers;
  template <class Archive>
  void save(Archive& archive, unsigned) const {
    archive & numbers.size();
    for (std::int32_t number : numbers) archive & number;
  }
  template <class Archive>
  void load(Archive& archive, unsigned) {
    std::size_t count = 0;
    archive & count;
    numbers.clear();
    while (count-- != 0) {
      std::int32_t number = 0;
      archive & number;
      numbers.push_back(number);
    }
  }
  template <class Archive>
  void serialize(Archive& archive, unsigned version) {
    if constexpr (Archive::is_loading::value)
      load(archive, version);
    else
      save(archive, version);
  }
  bool operator==(counted const&) const = default;
};

std::size_t asked_for = 0;
int const hooked = __sanitizer_install_malloc_and_free_hooks(
    [](void const volatile*, std::size_t bytes) { asked_for += bytes; }, [](void const volatile*) {});

/// What reading one record may ask for in all: twice the archive's allowance, and a refusal's own sentences.
std::size_t most_for(std::size_t bytes) { return 2 * (std::size_t{64} * 1024 + 16 * bytes) + 4096; }

template <class T>
void stays_within_the_bound(std::span<std::byte const> bytes) {
  asked_for = 0;
  try {
    leat::decode<T>(bytes);
  } catch (leat::codec_error const&) {
  }
  if (hooked == 0 || asked_for > most_for(bytes.size())) std::abort();
}

template <class T>
void round_trip(std::span<std::byte const> bytes) {
  stays_within_the_bound<T>(bytes);
  std::vector<T> records;
  try {
    leat::decode_batch<T>(bytes, [&](T&& record) { records.push_back(std::move(record)); });
  } catch (leat::codec_error const&) {
    return;
  }
  leat::byte_buffer again;
  leat::encode_batch(records.data(), records.size(), again);
  std::vector<T> back;
  leat::decode_batch<T>(again, [&](T&& record) { back.push_back(std::move(record)); });
  // A number that is none is not equal to itself.
  leat::byte_buffer once_more;
  leat::encode_batch(back.data(), back.size(), once_more);
  if (!std::ranges::equal(again.bytes(), once_more.bytes())) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  fuzz::input in(data, size);
  auto const choice = in.number<std::uint8_t>();
  auto const bytes = in.rest();
  switch (choice % 9) {
    case 0:
      round_trip<std::uint64_t>(bytes);
      break;
    case 1:
      round_trip<std::pair<std::string, std::uint64_t>>(bytes);
      break;
    case 2:
      round_trip<std::variant<bool, std::string, std::vector<double>>>(bytes);
      break;
    case 3:
      round_trip<std::map<std::string, std::optional<std::vector<bool>>>>(bytes);
      break;
    case 4:
      round_trip<tree>(bytes);
      break;
    case 5:
      round_trip<std::tuple<colour, std::array<leaf, 2>, std::chrono::milliseconds>>(bytes);
      break;
    case 6:
      round_trip<std::set<std::pair<leaf, std::int8_t>>>(bytes);
      break;
    case 7:
      round_trip<std::vector<std::vector<std::vector<std::string>>>>(bytes);
      break;
    case 8:
      round_trip<counted>(bytes);
      break;
  }
  return 0;
}
