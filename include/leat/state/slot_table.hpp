// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/instructions.hpp>
#include <leat/route/codec/byte_buffer.hpp>
#include <leat/state/entry_stamp.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace leat::detail {

/// A key and its state, in place. Zeroed memory is an array of empty entries.
template <class K, class S>
struct state_entry : entry_stamp {
  bool live() const { return stamp - 1 < dead - 1; }  // neither empty nor forgotten, in one comparison
  K& key() { return *std::launder(reinterpret_cast<K*>(key_bytes)); }
  S& state() { return *std::launder(reinterpret_cast<S*>(state_bytes)); }

  std::uint32_t stamp;
  std::uint32_t tag;  ///< the upper half of the key's hash: decides the position
  alignas(K) std::byte key_bytes[sizeof(K)];
  alignas(S) std::byte state_bytes[sizeof(S)];
};

/// An entry that is to be removed.
struct forgotten_entry {
  unsigned slot;
  std::uint32_t position;  ///< in the table of the slot
};

/// Entries that were looked for by their stamps.
struct stamped_entries {
  std::uint32_t const* first;  ///< their positions
  std::uint32_t const* behind_last;
  stamp_set seen;  ///< of all entries of the table

  std::uint32_t const* begin() const { return first; }
  std::uint32_t const* end() const { return behind_last; }
};

/// The keys of one slot: a flat table with linear probing, ordered by tag but for collisions, so that it can have any
/// capacity. Probing may begin anywhere and needs no test for the end: an empty entry is behind the last one. A
/// search that reaches it goes on at the first entry. Deletion in two steps, so that nothing moves while a batch
/// is under way: an entry is marked as gone, and `reclaim` closes the gap later (Knuth's algorithm R, for all of one
/// run at once).
template <class K, class S>
class slot_table {
 public:
  using entry = state_entry<K, S>;

  slot_table() = default;
  slot_table(slot_table&& other) noexcept : slot_table() { swap(other); }
  slot_table& operator=(slot_table&& other) noexcept {
    slot_table(std::move(other)).swap(*this);
    return *this;
  }
  ~slot_table() {
    if (capacity_ == 0) return;
    if constexpr (!std::is_trivially_destructible_v<K> || !std::is_trivially_destructible_v<S>)
      for (entry& e : *this)
        if (e.stamp != entry::empty) destroy(e);
    release(entries_);
  }

  entry* begin() const { return entries_; }
  entry* end() const { return entries_ + capacity_; }
  std::uint32_t capacity() const { return capacity_; }
  /// How many entries are not empty.
  std::uint32_t used() const { return used_; }

  /// Where the search for a tag begins.
  entry* home(std::uint32_t tag) const { return entries_ + ((std::uint64_t{tag} * capacity_) >> 32); }

  /// Starts to load the home and, where entries are small, the one behind it: they may lie in two cache lines.
  static void prefetch(entry* home) {
    constexpr std::size_t last_byte = (sizeof(entry) > 32 ? 1 : 2) * sizeof(entry) - 1;
    prefetch_to_write(home);
    prefetch_to_write(reinterpret_cast<std::byte const*>(home) + last_byte);
  }

  /// The entry of this key, live or forgotten, or null.
  template <class Q>
  entry* find(std::uint32_t tag, Q const& key) const {
    for (entry* e = home(tag);; e = next(e)) {
      if (e->stamp == entry::empty) return nullptr;
      if (e->tag == tag && e->key() == key) return e;
    }
  }

  /// Calls `f(entry&)` for each live entry of this tag. It may forget them.
  template <class F>
  void each_with_tag(std::uint32_t tag, F&& f) const {
    for (entry* e = home(tag); e->stamp != entry::empty; e = next(e))
      if (e->tag == tag && e->live()) f(*e);
  }

  /// The entries with these stamps; `memory` keeps their positions. Without a branch for each entry, since which of
  /// them have changed cannot be foretold.
  stamped_entries find_stamped(stamp_set wanted, byte_buffer& memory) const {
    memory.clear();
    memory.make_room((std::size_t{capacity_} + 1) * sizeof(std::uint32_t));
    auto* const positions = reinterpret_cast<std::uint32_t*>(memory.data());
    stamp_set seen = 0;
    std::uint32_t count = 0;
    std::uint32_t position = 0;
    for (entry const& e : *this) {
      positions[count] = position++;
      count += wanted >> e.stamp & 1;
      seen |= 1u << e.stamp;
    }
    return {positions, positions + count, seen};
  }

  /// True when the next `add` needs `grow` first. One entry in three stays empty: fuller, probing costs more in
  /// mispredicted branches than it saves in cache.
  bool full() const { return (std::uint64_t{used_} + 1) * 3 > std::uint64_t{capacity_} * 2; }

  /// Moves everything to a table half as large again; what is gone stays behind. `first_capacity` is for the first one.
  void grow(std::uint32_t first_capacity) { move_all(capacity_ == 0 ? first_capacity : capacity_ + capacity_ / 2); }

  /// Makes the table at least as large as so many keys need.
  void reserve(std::uint32_t keys) {
    if (keys > capacity_ / 3 * 2) move_all(keys + keys / 2 + 2);
  }
  /// Adds a key that is not there. The state is what `make()` returns.
  template <class Q, class Make>
  entry* add(std::uint32_t tag, std::uint32_t stamp, Q&& key, Make&& make) {
    entry* const e = free_for(tag);
    build(*e, std::forward<Q>(key), std::forward<Make>(make));
    e->tag = tag;
    e->stamp = stamp;
    ++used_;
    return e;
  }

  /// Destroys all entries, and keeps their memory.
  void clear() {
    for (entry& e : *this)
      if (e.stamp != entry::empty) remove(e);
  }

  /// Destroys what is gone from this entry to the end of its run and closes the gaps. Entries before it stay in place.
  void reclaim(entry* first) {
    for (entry* e = first; e->stamp != entry::empty; e = next(e)) {
      if (e->stamp == entry::gone) {
        remove(*e);
        continue;
      }
      entry* to = home(e->tag);
      while (to != e && to->stamp != entry::empty) to = next(to);
      if (to != e) move_to(to, *e);
    }
  }
  /// The same of all that is gone.
  void reclaim_all() {
    for (entry& e : *this)
      if (e.stamp == entry::gone) reclaim(&e);
  }

 private:
  explicit slot_table(std::uint32_t capacity) : entries_(allocate(capacity)), capacity_(capacity) {}

  void swap(slot_table& other) noexcept {
    std::swap(entries_, other.entries_);
    std::swap(capacity_, other.capacity_);
    std::swap(used_, other.used_);
  }

  /// To a table of this capacity.
  void move_all(std::uint32_t capacity) {
    slot_table old(capacity);
    swap(old);
    for (entry& e : old)
      if (e.stamp != entry::empty && e.stamp != entry::gone) {
        move_to(free_for(e.tag), e);
        ++used_;
      }
  }

  entry* next(entry* e) const { return e + 1 == end() ? begin() : e + 1; }

  entry* free_for(std::uint32_t tag) const {
    entry* e = home(tag);
    while (e->stamp != entry::empty) e = next(e);
    return e;
  }

  template <class Q, class Make>
  static void build(entry& at, Q&& key, Make&& make) {
    K* const built = ::new (static_cast<void*>(at.key_bytes)) K(std::forward<Q>(key));
    try {
      ::new (static_cast<void*>(at.state_bytes)) S(make());
    } catch (...) {
      std::destroy_at(built);
      throw;
    }
  }

  /// `from` may be an entry of another table.
  void move_to(entry* to, entry& from) {
    build(*to, std::move(from.key()), [&]() -> S&& { return std::move(from.state()); });
    to->tag = from.tag;
    to->stamp = from.stamp;
    destroy(from);
    from.stamp = entry::empty;
  }

  void remove(entry& e) {
    destroy(e);
    e.stamp = entry::empty;
    --used_;
  }

  static void destroy(entry& e) {
    std::destroy_at(&e.key());
    std::destroy_at(&e.state());
  }

  static constexpr bool over_aligned = alignof(entry) > alignof(std::max_align_t);

  /// One more than the capacity: the empty entry at the end.
  static entry* allocate(std::uint32_t capacity) {
    std::size_t const count = std::size_t{capacity} + 1;
    void* memory = nullptr;
    if constexpr (over_aligned) {
      memory = ::operator new(count * sizeof(entry), std::align_val_t{alignof(entry)});
      std::memset(memory, 0, count * sizeof(entry));
    } else {
      memory = std::calloc(count, sizeof(entry));
      if (memory == nullptr) throw std::bad_alloc();
    }
    return static_cast<entry*>(memory);
  }
  static void release(entry* entries) {
    if constexpr (over_aligned)
      ::operator delete(entries, std::align_val_t{alignof(entry)});
    else
      std::free(entries);
  }

  /// What tables without memory point at, so that looking up needs no test for them. Never written.
  static constexpr entry empty_entries[2]{};

  entry* entries_ = const_cast<entry*>(empty_entries);
  std::uint32_t capacity_ = 0;
  std::uint32_t used_ = 0;  ///< live and forgotten
};

}  // namespace leat::detail
