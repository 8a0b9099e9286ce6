// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/concat.hpp>
#include <leat/route/codec/error.hpp>
#include <leat/state/entry_stamp.hpp>
#include <leat/state/state_base.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>

namespace leat::detail {

/// A slot's flag for a full part stands beside that for changes of the same generation.
inline constexpr unsigned full_beside_changed = 2;
/// To write so many bytes of rows takes about as long as to look at an entry.
inline constexpr std::size_t bytes_per_entry = 16;

LEAT_INLINE state_base::state_base(slot_range owned) : owned_(owned), next_slot_(owned.hi) {}
LEAT_INLINE state_base::state_base(state_base& whole)
    : owned_(whole.owned_), whole_(&whole), next_slot_(whole.owned_.hi) {}
LEAT_INLINE state_base::~state_base() = default;

LEAT_INLINE std::uint32_t state_base::swept_generation() const { return entry_stamp::generations ^ generation(); }

LEAT_INLINE stamp_set state_base::rows_of(row_choice choice) const {
  return stamps_where([&](std::uint32_t stamp) {
    bool const live = (live_stamps & 1u << stamp) != 0;
    bool const changed = (stamp & swept_generation()) != 0;
    if (choice == row_choice::changed) return changed;
    return live && (changed || choice == row_choice::all_now || (stamp & entry_stamp::generations) == 0);
  });
}

LEAT_INLINE void state_base::track(part_sink& to) {
  flags_.assign(owned_.size(), static_cast<std::uint8_t>(keys() == 0 ? 0 : generation_));
  first_copies_.assign(owned_.size(), 0);
  sink_ = &to;
}

LEAT_INLINE void state_base::barrier(std::uint64_t epoch) {
  sweep((std::numeric_limits<std::size_t>::max)());
  epoch_ = epoch;
  generation_ = swept_generation();
  next_slot_ = owned_.lo;
}

LEAT_INLINE bool state_base::sweep(std::size_t entries) {
  if (next_slot_ == owned_.hi) return true;
  auto const changed = static_cast<std::uint8_t>(swept_generation());
  auto const full = static_cast<std::uint8_t>(changed << full_beside_changed);
  for (; next_slot_ != owned_.hi; ++next_slot_) {
    std::uint8_t& slot_flags = flags_of(next_slot_);
    if ((slot_flags & (changed | full)) == 0) continue;
    if (entries == 0) return false;
    bool whole = (slot_flags & full) != 0;
    rows_.clear();
    rows_written const written =
        write_rows(next_slot_, whole ? row_choice::all_at_barrier : row_choice::changed, rows_);
    slot_flags = static_cast<std::uint8_t>(slot_flags & ~(changed | full));
    whole = whole || (written.all_keys && written.rows != 0);
    std::size_t const copied = append_copies(next_slot_);
    std::size_t const rows = written.rows + copied;
    if (whole || rows != 0) sink_->take({next_slot_, epoch_, whole, rows, rows_.bytes()});
    entries -= (std::min)(entries, written.entries + rows_.size() / bytes_per_entry + copied + 1);
  }
  copies_.clear();
  copied_.clear();
  return true;
}

LEAT_INLINE void state_base::forget_changes(slot_range range) {
  if (!tracked()) return;
  whole_->sweep((std::numeric_limits<std::size_t>::max)());
  for (unsigned slot = range.lo; slot < range.hi; ++slot) whole_->flags_of(slot) = 0;
}

LEAT_INLINE void state_base::want_full(unsigned slot) {
  flags_of(slot) = static_cast<std::uint8_t>(flags_of(slot) | generation_ << full_beside_changed);
}

LEAT_INLINE void state_base::extract(slot_range range, part_sink& to) {
  unsigned const end = (std::min)(range.hi, owned_.hi);
  for (unsigned slot = (std::max)(range.lo, owned_.lo); slot < end; ++slot) {
    rows_.clear();
    rows_written const written = write_rows(slot, row_choice::all_now, rows_);
    if (written.rows != 0) to.take({slot, epoch_, true, written.rows, rows_.bytes()});
  }
}

LEAT_INLINE bool state_base::note_tracked_change(unsigned slot, std::uint32_t stamp) {
  std::uint8_t& slot_flags = flags_of(slot);
  bool const to_be_swept =
      (stamp & swept_generation()) != 0 ||
      ((slot_flags & swept_generation() << full_beside_changed) != 0 && (stamp & entry_stamp::generations) == 0);
  slot_flags = static_cast<std::uint8_t>(slot_flags | generation_);
  return stamp != entry_stamp::empty && to_be_swept && awaits_sweep(slot);
}

LEAT_INLINE byte_buffer& state_base::begin_copy(unsigned slot) {
  std::size_t& first = whole_->first_copies_[slot - owned_.lo];
  whole_->copied_.push_back({first, whole_->copies_.size()});
  first = whole_->copied_.size();
  return whole_->copies_;
}

LEAT_INLINE void state_base::refuse_to_save() {
  throw std::logic_error("keyed_state: keys or states without a codec cannot be saved, nor loaded");
}

LEAT_INLINE void state_base::refuse_slot(unsigned slot) {
  refuse(concat({"a key was to be loaded into slot ", std::to_string(slot),
                 ", which is not the slot of its hash or is owned by another worker"}));
}

LEAT_INLINE std::size_t state_base::append_copies(unsigned slot) {
  std::size_t count = 0;
  std::size_t next = std::exchange(first_copies_[slot - owned_.lo], 0);
  for (std::span<std::byte const> const bytes = copies_; next != 0; ++count) {
    std::size_t const begin = copied_[next - 1].begin;
    std::size_t const end = next == copied_.size() ? bytes.size() : copied_[next].begin;
    rows_.append(bytes.data() + begin, end - begin);
    next = copied_[next - 1].next;
  }
  return count;
}

}  // namespace leat::detail
