// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/equal_to_itself.hpp>
#include <leat/detail/list.hpp>
#include <leat/op/running/slot_ownership.hpp>
#include <leat/route/codec/codec.hpp>
#include <leat/route/exchange/slot.hpp>
#include <leat/state/keep_state.hpp>
#include <leat/state/key_order.hpp>
#include <leat/state/slot_table.hpp>
#include <leat/state/slot_tables.hpp>
#include <leat/state/state_base.hpp>
#include <leat/state/state_cell.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <type_traits>
#include <utility>

namespace leat::detail {

/// The states of the keys that a worker owns for one step: one small table per slot, so that a slot can be taken out,
/// dropped and loaded as a unit, and growing never holds a batch up for long. The hash of a key comes with the record:
/// its lowest 12 bits are the slot, its upper 32 the position. Lookup in two stages, as in group prefetching (Chen et
/// al. 2004): the entry's address is computed and prefetched some records ahead and kept; everything but a hit at or
/// behind it is left to one cold function.
///
/// Not thread-safe. Functions given to it must not call it again, and keep no reference to a state or key beyond their
/// return. A function may throw: the table stays as it is. If moving a key or state throws, it can only be destroyed.
/// A new key that is not equal to itself is refused, by std::domain_error; one that was found has shown that it is.
///
/// The loop tells by one comparison that an entry is live and has been noted as changed since the last barrier. Without
/// recovery there are no barriers, so noting changes costs it nothing.
/// It may be one of many parts of another state, with rows that begin with what `Keep::begin_row` writes.
template <class K, class S, class Keep = keep_state<S>>
class keyed_state : public state_base {
 protected:
  using table = slot_table<K, S>;
  using entry = typename table::entry;
  static constexpr bool is_part = requires { requires Keep::keeps_a_part; };
  using tables = std::conditional_t<is_part, few_slot_tables<table>, all_slot_tables<table>>;

 public:
  using cell = state_cell<keyed_state, K, S>;
  using keeping = Keep;
  /// Whether `load` and sweeps work.
  static constexpr bool saves = saves_states<K, Keep>;

  explicit keyed_state(slot_range owned, Keep keep = Keep())
      : state_base(owned), first_(owned.lo), tables_(owned.size()), keep_(std::move(keep)) {}
  /// A part of another state.
  keyed_state(state_base& whole, Keep keep)
      : state_base(whole), first_(owned().lo), tables_(owned().size()), keep_(std::move(keep)) {}

  Keep& keep() { return keep_; }

  /// Calls `f(cell&, i)` for i from 0 to `count`, in order, with the state of the key `key_at(i)`, whose hash is
  /// `hashes[i]`; the key is copied, or moved if `key_at` returns an rvalue, when it is new. `f` is called from one
  /// place only; mark it always_inline where it counts.
  template <class KeyAt, class F>
  void visit(std::uint64_t const* hashes, std::size_t count, KeyAt&& key_at, F&& f) {
    entry* kept[distance];
    std::size_t const filled = (std::min)(count, distance);
    for (std::size_t i = 0; i != filled; ++i) kept[i] = approach(hashes[i]);

    // The second round has nothing to look ahead to: it approaches what is in the cache already.
    std::size_t ahead = distance;
    std::size_t stop = count - filled;
    std::uint32_t const now = generation() | entry::stored;
    for (std::size_t i = 0;; stop = count, ahead = 0) {
      for (; i != stop; ++i) {
        std::uint64_t const hash = hashes[i];
        std::uint32_t const tag = tag_of(hash);
        entry* at = kept[i % distance];
        kept[i % distance] = approach(hashes[i + ahead]);
        decltype(auto) key = key_at(i);
        bool fresh = false;
        for (;; ++at) {
          if ((at->stamp | entry::stored) != now) [[unlikely]] {
            place const other = miss(std::forward<decltype(key)>(key), hashes, i, count, kept);
            at = other.at;
            fresh = other.fresh;
            break;
          }
          if (at->tag == tag && at->key() == key) break;
        }
        cell c(*this, at, slot_of(hash), fresh);
        f(c, i);
      }
      if (stop == count) break;
    }
    reclaim();
  }

  /// The same for one record: `f(cell&)`.
  template <class Q, class F>
  void at(std::uint64_t hash, Q&& key, F&& f) {
    visit(&hash, 1, [&](std::size_t) -> Q&& { return std::forward<Q>(key); }, [&](cell& c, std::size_t) { f(c); });
  }

  /// Calls `f(cell&)` if the key has a state. Whether it had.
  template <class F>
  bool if_known(std::uint64_t hash, K const& key, F&& f) {
    entry* const at = known(hash, key);
    if (at != nullptr) meet(*at, slot_of(hash), f);
    reclaim();
    return at != nullptr;
  }

  /// Calls `f(cell&)` for each key of this slot and tag, which are most of a hash: for who has no key to look up.
  template <class F>
  void each_with_tag(std::uint64_t hash, F&& f) {
    table_of(hash).each_with_tag(tag_of(hash), [&](entry& at) { meet(at, slot_of(hash), f); });
    reclaim();
  }

  void prefetch(std::uint64_t hash) const { approach(hash); }  ///< Starts to load what is known of the key.
  /// The state of a key, or null.
  S const* find(std::uint64_t hash, K const& key) const {
    entry* const at = known(hash, key);
    return at == nullptr ? nullptr : &at->state();
  }

  /// Calls `f(K const&, S&)` for every key, slot by slot. It may edit what is not saved of a state: no change is noted.
  template <class F>
  void for_each(F&& f) {
    for (unsigned slot = owned().lo; slot != owned().hi; ++slot)
      for (entry& e : tables_[slot - first_])
        if (e.live()) f(std::as_const(e.key()), e.state());
  }

  /// Calls `f(cell&)` for up to `budget` keys, and goes on from there at the next call, in ascending order of the keys;
  /// keys without `<` come in an order of no meaning. The order is taken at the first call, after which no new key
  /// may be added until this returns false: all have been visited.
  template <class F>
  bool visit_in_key_order(std::size_t budget, F&& f) {
    return visit_in_key_order(budget, f, [] { return true; });
  }
  template <class F, class GoesOn>  ///< as long as `goes_on()`, which is asked after each of them
  bool visit_in_key_order(std::size_t budget, F&& f, GoesOn&& goes_on) {
    if (!order_.under_way()) take_order();
    for (bool more = true; more && budget != 0 && order_.under_way(); --budget) {
      auto const [key, at, slot] = order_.next();
      if (at->live()) meet(*at, slot, f);
      more = goes_on();
    }
    if (order_.under_way()) return true;
    order_.clear();
    if (forgotten_.size() > owned().size()) reclaim_all();
    reclaim();
    return false;
  }

  void expect(unsigned slot, std::size_t rows) override {
    if (!owned().contains(slot)) refuse_slot(slot);
    // With more room in some slots than in others, or all of them would grow at the same time soon.
    std::size_t const spread = rows + rows * (slot % 8) / 16;
    tables_.for_keys(slot - first_).reserve(static_cast<std::uint32_t>((std::min)(spread, most_reserved)));
  }

  void drop(slot_range range) override {
    range = {(std::max)(range.lo, owned().lo), (std::min)(range.hi, owned().hi)};
    forget_changes(range);
    order_.clear();
    for (unsigned slot = range.lo; slot < range.hi; ++slot) {
      if (tables_[slot - first_].capacity() == 0) continue;
      table& dropped = tables_[slot - first_];
      for (entry const& e : dropped) size_ -= e.live() ? 1u : 0u;
      for (entry const& e : dropped) dead_ -= (e.stamp & entry::dead) / entry::dead;
      dropped = table();
    }
  }

  /// Reads one row of this slot, behind what `Keep::begin_row` has written.
  void load_row(unsigned slot, input_archive& archive) {
    bool live = false;
    K key{};
    typename Keep::saved saved{};
    archive & live & key;
    if (live) archive & saved;
    std::uint64_t const hash = key_hash(key);
    bool const here = owned().contains(slot_of(hash));
    if (slot != slots_of_then && (slot_of(hash) != slot || !here)) refuse_slot(slot);
    if (!here) return;
    table& in = tables_.for_keys(slot_of(hash) - first_);
    if (entry* const known = in.find(tag_of(hash), key)) {
      size_ -= known->live() ? 1u : 0u;
      known->stamp = entry::gone;
      in.reclaim(known);
    }
    if (!live) return;
    if (in.full()) in.grow(first_capacity(slot_of(hash)));
    in.add(tag_of(hash), entry::stored, std::move(key), [&] { return keep_.load(std::move(saved)); });
    ++size_;
  }

 protected:
  /// Removes what was forgotten. Places may be out of date, since tables grow and gaps are closed; what is not gone
  /// there has been dealt with.
  void reclaim() {
    if (forgotten_.empty() || order_.under_way()) return;
    for (forgotten_entry const& forgotten : forgotten_) {
      table& in = tables_[forgotten.slot - first_];
      if (forgotten.position >= in.capacity()) continue;
      entry* const at = in.begin() + forgotten.position;
      if (at->stamp == entry::gone) in.reclaim(at);
    }
    forgotten_.clear();
  }
  void reclaim_all() {  ///< the same in the order of memory: for who has forgotten much
    for (unsigned slot = owned().lo; slot != owned().hi; ++slot) tables_[slot - first_].reclaim_all();
    forgotten_.clear();
  }
  /// Before a live entry may change, while a sweep may be under way.
  [[gnu::noinline]] void touch(entry& at, unsigned slot) {
    if ((at.stamp | entry::stored) == (generation() | entry::stored)) return;
    if (note_change(slot, at.stamp)) write_row(slot, at, true);
    at.stamp = (at.stamp & entry::stored) | generation();
  }

  /// A key that snapshots have stays until the next sweep has written that it was forgotten.
  [[gnu::noinline]] void forget(entry& e, unsigned slot) {
    if (tracked() && (e.stamp & entry::stored) != 0) {
      e.stamp |= entry::dead;
      ++dead_;
    } else {
      remove_later(e, slot);
    }
    --size_;
  }

  unsigned first_;
  tables tables_;
  std::size_t dead_ = 0;  ///< forgotten keys that snapshots have

 private:
  friend cell;
  static constexpr std::size_t most_reserved = std::size_t{1} << 30;
  static constexpr std::size_t distance = 16;  ///< records between the prefetch of an entry and its use

  struct place {
    entry* at;
    bool fresh;
  };

  /// Not all slots alike, or all would grow at the same time.
  static constexpr std::uint32_t first_capacity(unsigned slot) { return is_part ? 2 + slot % 3 : 4 + slot % 5; }
  static std::uint32_t tag_of(std::uint64_t hash) { return static_cast<std::uint32_t>(hash >> 32); }
  table& table_of(std::uint64_t hash) const { return tables_[slot_of(hash) - first_]; }

  entry* approach(std::uint64_t hash) const {
    entry* const at = table_of(hash).home(tag_of(hash));
    table::prefetch(at);
    return at;
  }

  entry* known(std::uint64_t hash, K const& key) const {
    entry* const at = table_of(hash).find(tag_of(hash), key);
    return at != nullptr && at->live() ? at : nullptr;
  }

  template <class F>
  void meet(entry& at, unsigned slot, F& f) {
    touch(at, slot);
    cell c(*this, &at, slot, false);
    f(c);
  }

  /// Before a live entry may change. Without a branch for whether it has changed since the barrier: it has not, mostly.
  void note_visit(entry& at, unsigned slot) {
    if (!tracked() || awaits_sweep(slot)) return touch(at, slot);
    at.stamp = (at.stamp & entry::stored) | generation();
    note_quiet_change(slot);
  }

  /// What is left when record i did not hit: a key that is met for the first time in this generation, or stands behind
  /// one that was not met in it, probing that wraps around, a forgotten key, a new key, growth. After growth, what
  /// the loop kept of the records behind i is computed anew.
  template <class Q>
  [[gnu::noinline]] place miss(Q&& key, std::uint64_t const* hashes, std::size_t i, std::size_t count, entry** kept) {
    std::uint64_t const hash = hashes[i];
    table& in = tables_.for_keys(slot_of(hash) - first_);
    std::uint32_t stamp = generation();
    if (entry* const at = in.find(tag_of(hash), key)) {
      if (at->live()) {
        note_visit(*at, slot_of(hash));
        return {at, false};
      }
      check_not_visiting();
      stamp |= bury(*at, slot_of(hash));
      in.reclaim(at);
    }
    check_not_visiting();
    must_equal_itself(key);
    if (in.full()) {
      in.grow(first_capacity(slot_of(hash)));
      for (std::size_t j = i + 1; j < count && j <= i + distance; ++j) kept[j % distance] = approach(hashes[j]);
    }
    entry* const added = in.add(tag_of(hash), stamp, std::forward<Q>(key), [this] { return keep_.make(); });
    ++size_;
    note_change(slot_of(hash), entry::empty);
    return {added, true};
  }

  void check_not_visiting() const {
    if (order_.under_way())
      throw std::logic_error("keyed_state: a key was added while the keys were being visited in order");
  }

  void remove_later(entry& e, unsigned slot) {
    forgotten_.push_back({slot, static_cast<std::uint32_t>(&e - tables_[slot - first_].begin())});
    e.stamp = entry::gone;
  }

  /// A forgotten key is met again. Whether snapshots have it still, as `entry::stored`.
  std::uint32_t bury(entry& forgotten, unsigned slot) {
    std::uint32_t const stamp = std::exchange(forgotten.stamp, entry::gone);
    if (stamp == entry::gone) return 0;
    --dead_;
    if ((stamp & generation()) != 0) return entry::stored;
    if (note_change(slot, stamp)) write_row(slot, forgotten, false);
    return 0;
  }

  /// A row for the open sweep, of an entry that changes before the sweep has reached it.
  [[gnu::noinline]] void write_row(unsigned slot, entry& e, bool live) {
    if constexpr (saves) {
      if (live) e.stamp |= entry::stored;
      output_archive archive(begin_copy(slot));
      put_row(archive, e, live);
    } else {
      refuse_to_save();
    }
  }

  void read_rows(unsigned slot, std::span<std::byte const> rows, codec_versions const* versions) override {
    if constexpr (saves) {
      for (input_archive archive(rows, versions); archive.left() != 0;) load_row(slot, archive);
    } else {
      refuse_to_save();
    }
  }

  rows_written write_rows(unsigned slot, row_choice choice, byte_buffer& to) override {
    rows_written result;
    if constexpr (saves) {
      table& in = tables_[slot - first_];
      stamp_set const rows = rows_of(choice);
      stamp_set const changed = choice == row_choice::all_now ? 0 : stamps_with(swept_generation());
      stamped_entries const found = in.find_stamped(rows | changed, found_);
      output_archive archive(to);
      for (std::uint32_t const position : found) {
        entry& e = in.begin()[position];
        bool const live = e.live();
        stamp_set const stamp = 1u << e.stamp;
        if ((rows & stamp) != 0) {
          put_row(archive, e, live);
          ++result.rows;
        }
        if ((changed & stamp) != 0 && live) e.stamp = entry::stored;
        if ((changed & stamp) != 0 && !live) {
          remove_later(e, slot);
          --dead_;
        }
      }
      result.entries = in.capacity();
      result.all_keys = (found.seen & kept_stamps & ~(rows & live_stamps)) == 0;
      reclaim();
    } else {
      refuse_to_save();
    }
    return result;
  }

  void put_row(output_archive& archive, entry& e, bool live) {
    if constexpr (is_part) keep_.begin_row(archive);
    archive & live& std::as_const(e.key());
    if (live) archive & keep_.save(std::as_const(e.state()));
  }

  void take_order() {
    order_.clear();
    order_.reserve(keys());
    for (unsigned slot = owned().lo; slot != owned().hi; ++slot)
      for (entry& e : tables_[slot - first_])
        if (e.live()) order_.add(e, slot);
    order_.sort();
  }

  [[no_unique_address]] Keep keep_;
  list<forgotten_entry> forgotten_;
  byte_buffer found_;  ///< the positions of what a sweep writes of one table
  key_order<K, S> order_;
};

}  // namespace leat::detail
