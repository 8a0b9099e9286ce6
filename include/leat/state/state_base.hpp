// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/route/exchange/slot.hpp>

#include <cstddef>
#include <cstdint>

namespace leat::detail {

/// Slots from `lo` up to, not including, `hi`.
struct slot_range {
  std::uint16_t lo = 0;
  std::uint16_t hi = 0;

  constexpr std::size_t size() const { return static_cast<std::size_t>(hi - lo); }
  constexpr bool contains(unsigned slot) const { return slot >= lo && slot < hi; }
  friend bool operator==(slot_range const&, slot_range const&) = default;
};

/// The slots that `owner_of` gives to a worker. Empty when there are more workers than slots and this one has none.
constexpr slot_range owned_slots(unsigned worker, unsigned workers) {
  auto const first = [workers](std::uint64_t of) {
    return static_cast<std::uint16_t>((of * slot_count + workers - 1) / workers);
  };
  return {first(worker), first(std::uint64_t{worker} + 1)};
}

/// What the state of a step is to those that know neither its key nor its state: counted, dated and dropped by slots,
/// never by record. Used by the worker that owns the slots, on its thread.
class state_base {
 public:
  explicit state_base(slot_range owned) : owned_(owned) {}
  state_base(state_base const&) = delete;
  state_base& operator=(state_base const&) = delete;
  virtual ~state_base() = default;

  /// The slots this worker owns; a hash of any other slot must not come here.
  slot_range owned() const { return owned_; }

  /// How many keys have a state.
  virtual std::size_t keys() const = 0;

  /// Every entry carries the epoch in which it was last touched. Epochs begin at 1.
  virtual void set_epoch(std::uint32_t epoch) = 0;

  /// Forgets all keys of these slots, as far as they are owned here, and gives their memory back.
  virtual void drop(slot_range which) = 0;

 private:
  slot_range owned_;
};

}  // namespace leat::detail
