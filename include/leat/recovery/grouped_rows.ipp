// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/recovery/grouped_rows.hpp>
#include <leat/recovery/store_file.hpp>
#include <leat/state/state_base.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <stdexcept>

namespace leat::detail {

/// Before the rows of one slot: the slot of the group, whether they are all rows of the slot, three times nothing, and
/// how many bytes they are, the lowest first.
inline constexpr std::size_t rows_header = 1 + 1 + 3 + 8;

LEAT_INLINE void add_rows(kept_group& to, state_part const& part) {
  unsigned const slot = part.slot % slots_in_group;
  std::byte header[rows_header] = {};
  header[0] = static_cast<std::byte>(slot);
  header[1] = static_cast<std::byte>(part.full ? 1 : 0);
  for (unsigned i = 0; i != 8; ++i)
    header[rows_header - 8 + i] = static_cast<std::byte>(std::uint64_t{part.bytes.size()} >> (8 * i));
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
      std::uint64_t length = 0;
      for (unsigned byte = 0; byte != 8; ++byte)
        length |= std::to_integer<std::uint64_t>(left[rows_header - 8 + byte]) << (8 * byte);
      left = left.subspan(rows_header);
      if (slot >= slots_in_group || length > left.size()) throw std::runtime_error("rows of a state are cut off");
      unsigned const at = groups[i].group * slots_in_group + slot;
      bool const anywhere = writers[i].other_slots;
      if ((superseded & (1u << slot)) == 0 && (anywhere || into.owned().contains(at)))
        into.load(anywhere ? state_base::slots_of_then : at, left.first(static_cast<std::size_t>(length)),
                  writers[i].versions);
      left = left.subspan(static_cast<std::size_t>(length));
    }
  }
}

}  // namespace leat::detail
