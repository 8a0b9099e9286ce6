// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/op/running/slot_ownership.hpp>
#include <leat/route/codec/byte_buffer.hpp>
#include <leat/state/entry_stamp.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace leat::detail {

class codec_versions;

/// Rows of one slot as they stood when an epoch was closed: a row is a key with its state, or a key that was forgotten.
/// A slot has one part in each epoch, at most.
struct state_part {
  unsigned slot = 0;
  std::uint64_t epoch = 0;
  bool full = false;  ///< all keys of the slot; otherwise those that changed since the barrier before
  std::size_t rows = 0;
  std::span<std::byte const> bytes;  ///< valid during the call
};

/// Where parts go.
class part_sink {
 public:
  virtual void take(state_part const& part) = 0;

 protected:
  ~part_sink() = default;
};

/// The state of a step, for code that knows neither the type of its keys nor of their states: it is saved, loaded and
/// dropped by slots. Only the worker that owns the slots uses it, on its thread.
///
/// Snapshots are incremental and lazy. Once `track` was called, the state notes what changes. `barrier` closes an
/// epoch and copies nothing. `sweep` then writes down, in slices, the rows that changed in that epoch. A row that is
/// to change again before the sweep has reached it is copied first, so that a sweep shows the state as it was at the
/// barrier.
class state_base {
 public:
  explicit state_base(slot_range owned);
  /// A part of another state, which lives longer, tracks its changes, closes its epochs and has it written down.
  explicit state_base(state_base& whole);
  state_base(state_base const&) = delete;
  state_base& operator=(state_base const&) = delete;
  virtual ~state_base();

  /// The slots this worker owns; a hash of any other slot must not come here.
  slot_range owned() const { return owned_; }

  static constexpr unsigned slots_of_then = slot_count;

  /// How many keys have a state.
  std::size_t keys() const { return size_; }

  /// From here on changes are noted, and sweeps write to `to`. Keys that are there count as changed, those that are
  /// loaded afterwards do not. A state that is not tracked pays nothing for it.
  void track(part_sink& to);

  /// Ends the epoch: what was changed since the barrier before is for the next sweep. An open sweep is finished first.
  void barrier(std::uint64_t epoch);

  /// Writes rows until `entries` of the table have been looked at, or a few more: a slot is not interrupted. So many
  /// bytes of rows as a small entry has count as one more. True once the snapshot of the last barrier is complete.
  bool sweep(std::size_t entries);

  /// The snapshot of the next barrier has all keys of this slot, so that parts of earlier epochs are needed no more.
  void want_full(unsigned slot);

  /// Writes the rows of these slots as they are now. Changes nothing: to later sweeps this is no snapshot.
  void extract(slot_range range, part_sink& to);

  /// Makes room for so many rows of a slot, which are to be loaded. Rows come in the order of a table: a smaller table
  /// would have them all at its beginning, each behind all before it.
  virtual void expect(unsigned slot, std::size_t rows) = 0;

  /// Takes rows in that were written for this slot; later ones replace earlier ones. Before the first record. Throws
  /// codec_error for bytes that are not rows of this slot.
  /// `versions`: of the program that has written them; null: this one has. The slot `slots_of_then`: keys may have
  /// other slots now, and those that are not owned here are left out.
  void load(unsigned slot, std::span<std::byte const> rows, codec_versions const* versions = nullptr) {
    read_rows(slot, rows, versions);
  }

  /// Removes all keys of these slots, as far as they are owned here, and gives their memory back. An open sweep is
  /// finished first; later snapshots do not hear of it: the slots have another owner from now on.
  virtual void drop(slot_range range) = 0;

 protected:
  enum class row_choice { changed, all_at_barrier, all_now };
  struct rows_written {
    std::size_t rows = 0;
    std::size_t entries = 0;
    bool all_keys = true;  ///< every key that there is has its row among them, and no other key has
  };
  virtual void read_rows(unsigned slot, std::span<std::byte const> rows, codec_versions const* versions) = 0;
  virtual rows_written write_rows(unsigned slot, row_choice choice, byte_buffer& to) = 0;
  /// The same, of a part.
  static rows_written write_rows_of(state_base& part, unsigned slot, row_choice choice, byte_buffer& to) {
    return part.write_rows(slot, choice, to);
  }

  bool tracked() const { return whole_->sink_ != nullptr; }
  /// One of `entry_stamp::generations`: that of changes made now, and that which the open sweep writes.
  std::uint32_t generation() const { return whole_->generation_; }
  std::uint32_t swept_generation() const;
  /// The stamps of the entries of which rows are written.
  stamp_set rows_of(row_choice choice) const;

  /// An entry of this slot with this stamp is about to change, or was added. True when its row has to be copied before.
  bool note_change(unsigned slot, std::uint32_t stamp) { return tracked() && whole_->note_tracked_change(slot, stamp); }
  /// Whether the open sweep has still to visit this slot.
  bool awaits_sweep(unsigned slot) const { return slot >= whole_->next_slot_; }
  /// An entry of this slot is about to change, and no sweep has still to visit it. Of a state that is tracked.
  void note_quiet_change(unsigned slot) {
    std::uint8_t& slot_flags = whole_->flags_of(slot);
    slot_flags = static_cast<std::uint8_t>(slot_flags | generation());
  }
  /// Where that row is written.
  byte_buffer& begin_copy(unsigned slot);

  /// Before the keys of these slots go: an open sweep still writes them as they were at the barrier, and what has
  /// changed since is for nobody.
  void forget_changes(slot_range range);

  [[noreturn, gnu::cold]] static void refuse_to_save();
  [[noreturn, gnu::cold]] static void refuse_slot(unsigned slot);

  std::size_t size_ = 0;

 private:
  struct copied_row {
    std::size_t next;   ///< of the same slot, as in `first_copies_`
    std::size_t begin;  ///< in `copies_`; the next one that was copied begins at its end
  };

  bool note_tracked_change(unsigned slot, std::uint32_t stamp);
  std::uint8_t& flags_of(unsigned slot) { return flags_[slot - owned_.lo]; }
  /// Puts the copies of a slot behind the rows that its sweep has written; returns how many.
  std::size_t append_copies(unsigned slot);

  slot_range owned_;
  state_base* whole_ = this;   ///< which has what follows
  part_sink* sink_ = nullptr;  ///< null: not tracked
  std::uint32_t generation_ = 2;
  std::vector<std::uint8_t> flags_;  ///< of each slot, by generation: it has changes, it is to be written in full
  std::uint64_t epoch_ = 0;          ///< of the last barrier
  unsigned next_slot_;               ///< of the open sweep; behind the last one: none is open
  byte_buffer rows_;
  byte_buffer copies_;  ///< of rows that changed between the barrier and their sweep
  std::vector<copied_row> copied_;
  std::vector<std::size_t> first_copies_;  ///< of each slot, in `copied_`, counted from 1; 0: there is none
};

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/state/state_base.ipp>
#endif
