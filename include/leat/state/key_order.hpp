// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/buffer.hpp>
#include <leat/detail/instructions.hpp>
#include <leat/detail/radix_sort.hpp>
#include <leat/state/slot_table.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <span>
#include <type_traits>
#include <utility>

namespace leat::detail {

template <class K>
concept ordered_key = requires(K const& a, K const& b) {
  { a < b } -> std::convertible_to<bool>;
};

/// The entries of a table in ascending order of their keys, taken once and walked in pieces. Keys without `<` come
/// in the order of their hashes: no order to a person, but the same in every run. Entries must stay where they are.
template <class K, class S>
class key_order {
  using entry = state_entry<K, S>;

  /// Small keys are copied beside the pointer, or sorting would be one cache miss per comparison.
  static constexpr bool copies_key = ordered_key<K> && std::is_trivially_copyable_v<K> &&
                                     std::is_copy_constructible_v<K> && std::is_move_assignable_v<K> && sizeof(K) <= 16;
  struct by_reference {
    explicit by_reference(K const&) {}
  };
  using copied_key = std::conditional_t<copies_key, K, by_reference>;

 public:
  struct place {
    place(entry& e, unsigned slot) : key(e.key()), at(&e), slot_index(slot) {}
    [[no_unique_address]] copied_key key;
    entry* at;
    unsigned slot_index;
  };

  bool under_way() const { return next_ != places_.size(); }

  void reserve(std::size_t entries) { places_.reserve(entries); }
  void add(entry& e, unsigned slot) { places_.push(place(e, slot)); }
  void sort() {
    if constexpr (std::integral<K> && !std::same_as<K, bool>) {
      buffer<place> scratch(places_.size());
      radix_sort(std::span(places_.begin(), places_.size()), scratch.begin(),
                 [](place const& of) { return radix_of(of.key); });
    } else {
      std::sort(places_.begin(), places_.end(), [](place const& a, place const& b) { return before(a, b); });
    }
  }

  place next() {
    constexpr std::size_t ahead = 16;
    if (next_ + ahead < places_.size()) slot_table<K, S>::prefetch(places_.begin()[next_ + ahead].at);
    return places_.begin()[next_++];
  }

  void clear() {
    places_ = buffer<place>();
    next_ = 0;
  }

 private:
  static bool before(place const& a, place const& b) {
    if constexpr (copies_key)
      return a.key < b.key;
    else if constexpr (ordered_key<K>)
      return std::as_const(a.at->key()) < std::as_const(b.at->key());
    else
      return a.slot_index != b.slot_index ? a.slot_index < b.slot_index : a.at->tag < b.at->tag;
  }

  buffer<place> places_;
  std::size_t next_ = 0;
};

}  // namespace leat::detail
