// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/state/slot_table.hpp>

namespace leat::detail {

/// A key and its state, as seen by the function that meets it. In: the table of all slots that it is in.
template <class In, class K, class S>
class state_cell {
  using entry = state_entry<K, S>;

 public:
  /// Made by the table. `fresh`: the call that meets it has added the key.
  state_cell(In& in, entry* at, unsigned slot, bool fresh) : in_(&in), entry_(at), slot_(slot), fresh_(fresh) {}
  state_cell(state_cell const&) = delete;
  state_cell& operator=(state_cell const&) = delete;

  K const& key() const { return entry_->key(); }
  S& state() const { return entry_->state(); }
  /// This call added the key.
  bool fresh() const { return fresh_; }
  bool forgotten() const { return !entry_->live(); }
  /// Removes the key, once the function has returned. Met again, even in the same batch, it is fresh.
  void forget() const {
    if (!forgotten()) in_->forget(*entry_, slot_);
  }

 private:
  In* in_;
  entry* entry_;
  unsigned slot_;
  bool fresh_;
};

}  // namespace leat::detail
