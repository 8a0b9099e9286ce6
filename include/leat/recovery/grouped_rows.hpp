// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/recovery/store_file.hpp>
#include <leat/state/state_base.hpp>

#include <span>
#include <vector>

namespace leat::detail {

/// Puts rows of one slot behind those that a group has. All are of one step, group and epoch.
void add_rows(kept_group& to, state_part const& part);

/// Which slots of the group are given in full by these, or by later ones of the same group.
std::uint16_t full_from(std::span<kept_group const> groups, std::size_t from);

/// Who has written the rows of a group.
struct rows_writer {
  codec_versions const* versions = nullptr;  ///< of its types; null: they are those of this program
  bool other_slots = false;                  ///< keys had other bytes then, and so other slots
};

/// Loads the rows of all slots that the state owns; where slots are others now, of all keys that it owns. The groups
/// are one group's, in the order of their epochs, each with its writer. Throws std::runtime_error for bytes that are no
/// rows.
void load_rows(std::span<kept_group const> groups, std::span<rows_writer const> writers, state_base& into);

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/recovery/grouped_rows.ipp>
#endif
