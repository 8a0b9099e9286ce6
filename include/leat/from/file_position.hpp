// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace leat {

/// Where a file is gone on with: a byte, and what stood before it, so that another file of the same name is not taken
/// for the one that was read or written.
struct file_position {
  /// How many bytes before the byte are known.
  static constexpr std::size_t most_known = 64;

  file_position() = default;
  /// Of a byte before which nothing is known.
  file_position(std::uint64_t at) : byte(at) {}
  /// Of a byte, and the last bytes before it.
  file_position(std::uint64_t at, std::string_view before) : byte(at) {
    if (before.size() > most_known) before.remove_prefix(before.size() - most_known);
    known = static_cast<std::uint32_t>(before.size());
    sum = sum_of(before);
  }

  std::uint64_t byte = 0;   ///< the next one to be read or written
  std::uint32_t known = 0;  ///< so many bytes before it are summed up
  std::uint64_t sum = 0;    ///< by FNV-1a

  /// Whether these bytes, the `known` ones before the byte, are those of then.
  bool stands_behind(std::string_view before) const { return before.size() == known && sum_of(before) == sum; }

  /// The same byte.
  friend bool operator==(file_position const& a, file_position const& b) { return a.byte == b.byte; }

  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive & byte & known & sum;
  }

 private:
  static std::uint64_t sum_of(std::string_view bytes) {
    std::uint64_t result = 0xcbf29ce484222325u;
    for (char const each : bytes) result = (result ^ static_cast<unsigned char>(each)) * 0x100000001b3u;
    return result;
  }
};

}  // namespace leat
