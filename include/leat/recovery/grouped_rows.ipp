// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/recovery/grouped_rows.hpp>
#include <leat/recovery/store_file.hpp>
#include <leat/state/state_base.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <stdexcept>

namespace leat::detail {

/// Before the rows of one slot: the slot of the group, whether they are all rows of the slot, how many rows and how
/// many bytes they are. The lowest byte of a number comes first.
inline constexpr std::size_t row_count_at = 2;
inline constexpr std::size_t row_bytes_at = row_count_at + 4;
inline constexpr std::size_t rows_header = row_bytes_at + 8;

inline void put_number(std::byte* to, std::size_t bytes, std::uint64_t number) {
  for (std::size_t i = 0; i != bytes; ++i) to[i] = static_cast<std::byte>(number >> (8 * i));
}
inline std::uint64_t number_at(std::byte const* from, std::size_t bytes) {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i != bytes; ++i) number |= std::to_integer<std::uint64_t>(from[i]) << (8 * i);
  return number;
}

LEAT_INLINE void add_rows(kept_group& to, state_part const& part) {
  unsigned const slot = part.slot % slots_in_group;
  std::byte header[rows_header] = {};
  header[0] = static_cast<std::byte>(slot);
  header[1] = static_cast<std::byte>(part.full ? 1 : 0);
  put_number(header + row_count_at, 4, part.rows);
  put_number(header + row_bytes_at, 8, part.bytes.size());
  to.bytes.insert(to.bytes.end(), header, header + rows_header);
  to.bytes.insert(to.bytes.end(), part.bytes.begin(), part.bytes.end());
  auto const bit = static_cast<std::uint16_t>(1u << slot);
  to.present = static_cast<std::uint16_t>(to.present | bit);
  if (part.full) to.full = static_cast<std::uint16_t>(to.full | bit);
}

LEAT_INLINE std::uint16_t full_from(std::span<kept_group const> groups, std::size_t from) {
  unsigned full = 0;
  for (std::size_t i = from; i < groups.size(); ++i) full |= groups[i].full;
  return static_cast<std::uint16_t>(full);
}

LEAT_INLINE void load_rows(std::span<kept_group const> groups, std::span<rows_writer const> writers, state_base& into) {
  for (std::size_t i = 0; i != groups.size(); ++i) {
    unsigned const superseded = full_from(groups, i + 1);
    for (std::span<std::byte const> left = groups[i].bytes; !left.empty();) {
      if (left.size() < rows_header) throw std::runtime_error("rows of a state are cut off");
      auto const slot = std::to_integer<unsigned>(left[0]);
      std::uint64_t const rows = number_at(&left[row_count_at], 4);
      std::uint64_t const length = number_at(&left[row_bytes_at], 8);
      left = left.subspan(rows_header);
      if (slot >= slots_in_group || length > left.size()) throw std::runtime_error("rows of a state are cut off");
      unsigned const at = groups[i].group * slots_in_group + slot;
      bool const anywhere = writers[i].other_slots;
      if ((superseded & (1u << slot)) == 0 && (anywhere || into.owned().contains(at))) {
        if (!anywhere) into.expect(at, static_cast<std::size_t>((std::min)(rows, length)));
        into.load(anywhere ? state_base::slots_of_then : at, left.first(static_cast<std::size_t>(length)),
                  writers[i].versions);
      }
      left = left.subspan(static_cast<std::size_t>(length));
    }
  }
}

}  // namespace leat::detail
