// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <cstdint>

namespace leat {

/// Keys fall into this many slots; a slot is the unit in which keys are owned, moved, kept and loaded.
inline constexpr unsigned slot_count = 4096;

/// The slot of a key with this hash.
constexpr unsigned slot_of(std::uint64_t hash) { return static_cast<unsigned>(hash & (slot_count - 1)); }

/// Slots from `lo` up to, not including, `hi`.
struct slot_range {
  std::uint16_t lo = 0;  ///< the first
  std::uint16_t hi = 0;  ///< behind the last

  /// How many they are.
  constexpr std::size_t size() const { return static_cast<std::size_t>(hi - lo); }
  /// Whether this slot is one of them.
  constexpr bool contains(unsigned slot) const { return slot >= lo && slot < hi; }
  friend bool operator==(slot_range const&, slot_range const&) = default;
};

/// Which worker owns which slots, from an epoch on. The sender of a record, its receiver and the state of its key ask
/// the same object, so that they cannot disagree. Each worker, of all processes, owns one contiguous range, and no two
/// differ by more than a slot; where there are more workers than slots, some own none.
class slot_ownership {
 public:
  /// Of so many workers of all processes, 1 at least.
  constexpr explicit slot_ownership(unsigned workers, std::uint64_t first_epoch = 1)
      : workers_(workers), first_epoch_(first_epoch) {}

  /// Of all processes.
  constexpr unsigned workers() const { return workers_; }
  /// The epoch from which on it holds.
  constexpr std::uint64_t first_epoch() const { return first_epoch_; }
  /// The worker that owns this slot, below `workers()`.
  constexpr unsigned owner(unsigned slot) const {
    return static_cast<unsigned>((std::uint64_t{slot} * workers_) / slot_count);
  }
  /// The slots that this worker owns.
  constexpr slot_range slots_of(unsigned worker) const {
    return {first_of(worker), first_of(std::uint64_t{worker} + 1)};
  }

  /// Of two workers the second owns the slots that have this bit, and the first all others.
  static constexpr unsigned bit_of_two = 11;

 private:
  constexpr std::uint16_t first_of(std::uint64_t worker) const {
    return static_cast<std::uint16_t>((worker * slot_count + workers_ - 1) / workers_);
  }

  unsigned workers_;
  std::uint64_t first_epoch_;
};
static_assert(slot_ownership(2).slots_of(0) == slot_range{0, 1u << slot_ownership::bit_of_two});
static_assert(slot_ownership(2).slots_of(1) == slot_range{1u << slot_ownership::bit_of_two, slot_count});

}  // namespace leat
