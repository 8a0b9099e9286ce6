// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/concat.hpp>
#include <leat/detail/equal_to_itself.hpp>
#include <leat/detail/list.hpp>
#include <leat/state/key_order.hpp>
#include <leat/state/slot_table.hpp>
#include <leat/state/state_base.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

namespace leat::detail {

/// Makes the state of a key that is met for the first time.
template <class S>
struct make_default {
  S operator()() const { return S(); }
};

/// The states of the keys that a worker owns for one step: one small table per slot, so that a slot can be taken out,
/// dropped and loaded as a unit, and growing never holds a batch up for long. The hash of a key comes with the record:
/// its lowest 12 bits are the slot, its upper 32 the position. Lookup in two stages, as in group prefetching (Chen et
/// al. 2004): the entry's address is computed and prefetched some records ahead and kept; everything but a hit at or
/// shortly behind it is left to one cold function.
///
/// Not thread-safe. Functions given to it must not call it again, and keep no reference to a state or key beyond their
/// return. A function may throw: the table stays as it is. If moving a key or state throws, it can only be destroyed.
/// A new key that is not equal to itself is refused, by std::domain_error; one that was found has shown that it is.
template <class K, class S, class Make = make_default<S>>
class keyed_state final : public state_base {
  using table = slot_table<K, S>;
  using entry = typename table::entry;

 public:
  /// A key and its state, as seen by the function that meets it.
  class cell {
   public:
    cell(cell const&) = delete;
    cell& operator=(cell const&) = delete;

    K const& key() const { return entry_->key(); }
    S& state() const { return entry_->state(); }
    /// This call added the key.
    bool fresh() const { return fresh_; }
    bool forgotten() const { return entry_->stamp == entry::dead; }
    /// Removes the key, once the function has returned. Met again, even in the same batch, it is fresh.
    void forget() const {
      if (!forgotten()) in_->forget(*entry_, slot_);
    }

   private:
    friend keyed_state;
    cell(keyed_state& in, entry* at, unsigned slot, bool fresh) : in_(&in), entry_(at), slot_(slot), fresh_(fresh) {}

    keyed_state* in_;
    entry* entry_;
    unsigned slot_;
    bool fresh_;
  };

  explicit keyed_state(slot_range owned, Make make = Make())
      : state_base(owned), make_(std::move(make)), first_(owned.lo), tables_(std::make_unique<table[]>(owned.size())) {}

  /// Calls `f(cell&, i)` for i from 0 to `count`, in order, with the state of the key `key_at(i)`, whose hash is
  /// `hashes[i]`; the key is copied, or moved if `key_at` returns an rvalue, when it is new. `f` is called from one
  /// place only; mark it always_inline where it counts.
  template <class KeyAt, class F>
  void each(std::uint64_t const* hashes, std::size_t count, KeyAt&& key_at, F&& f) {
    entry* kept[distance];
    std::size_t const filled = (std::min)(count, distance);
    for (std::size_t i = 0; i != filled; ++i) kept[i] = approach(hashes[i]);

    // The second round has nothing to look ahead to: it approaches what is in the cache already.
    std::size_t ahead = distance;
    std::size_t stop = count - filled;
    std::uint32_t const now = epoch_;
    for (std::size_t i = 0;; stop = count, ahead = 0) {
      for (; i != stop; ++i) {
        std::uint64_t const hash = hashes[i];
        std::uint32_t const tag = tag_of(hash);
        entry* at = kept[i % distance];
        kept[i % distance] = approach(hashes[i + ahead]);
        decltype(auto) key = key_at(i);
        bool fresh = false;
        for (;; ++at) {
          if (!at->live()) [[unlikely]] {
            place const other = miss(std::forward<decltype(key)>(key), hashes, i, count, kept);
            at = other.at;
            fresh = other.fresh;
            break;
          }
          if (at->tag == tag && at->key() == key) break;
        }
        at->stamp = now;
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
    each(&hash, 1, [&](std::size_t) -> Q&& { return std::forward<Q>(key); }, [&](cell& c, std::size_t) { f(c); });
  }

  /// Calls `f(cell&)` if the key has a state, and says whether it had.
  template <class F>
  bool if_known(std::uint64_t hash, K const& key, F&& f) {
    entry* const at = known(hash, key);
    if (at == nullptr) return false;
    meet(*at, slot_of(hash), f);
    reclaim();
    return true;
  }

  /// The state of a key, or null. The first form counts as a touch in this epoch.
  S* find(std::uint64_t hash, K const& key) {
    entry* const at = known(hash, key);
    if (at == nullptr) return nullptr;
    at->stamp = epoch_;
    return &at->state();
  }
  S const* find(std::uint64_t hash, K const& key) const {
    entry* const at = known(hash, key);
    return at == nullptr ? nullptr : &at->state();
  }

  /// Calls `f(cell&)` for every key, slot by slot.
  template <class F>
  void for_each(F&& f) {
    for (unsigned slot = owned().lo; slot != owned().hi; ++slot) for_each_of(slot, f);
    reclaim();
  }
  /// The same for the keys of one slot.
  template <class F>
  void for_each_in(unsigned slot, F&& f) {
    for_each_of(slot, f);
    reclaim();
  }

  /// Calls `f(cell&)` for up to `budget` keys, and goes on from there at the next call, in ascending order of the keys;
  /// keys without `<` come in an order of no meaning. The order is taken at the first call, after which no new key
  /// may be added until this returns false: all have been visited.
  template <class F>
  bool visit_in_key_order(std::size_t budget, F&& f) {
    return visit_in_key_order(budget, f, [] { return true; });
  }
  /// The same, as long as `goes_on()`, which is asked after each of them.
  template <class F, class GoesOn>
  bool visit_in_key_order(std::size_t budget, F&& f, GoesOn&& goes_on) {
    if (!order_.under_way()) take_order();
    for (bool more = true; more && budget != 0 && order_.under_way(); --budget) {
      auto const [key, at, slot] = order_.next();
      if (at->live()) meet(*at, slot, f);
      more = goes_on();
    }
    if (order_.under_way()) return true;
    order_.clear();
    reclaim();
    return false;
  }

  std::size_t size() const { return size_; }
  std::size_t keys() const override { return size_; }
  void clear() { drop(owned()); }

  void drop(slot_range which) override {
    order_.clear();
    for (unsigned slot = (std::max)(which.lo, owned().lo); slot < (std::min)(which.hi, owned().hi); ++slot) {
      table& dropped = tables_[slot - first_];
      for (entry const& e : dropped) size_ -= e.live() ? 1u : 0u;
      dropped = table();
    }
  }

  void set_epoch(std::uint32_t epoch) override {
    if (epoch == entry::empty || epoch == entry::dead)
      throw std::logic_error(concat({"keyed_state: epoch ", std::to_string(epoch),
                                     " is reserved: epochs are 1 to 4294967294"}));
    epoch_ = epoch;
  }

 private:
  static constexpr std::size_t distance = 16;  ///< records between the prefetch of an entry and its use

  struct place {
    entry* at;
    bool fresh;
  };
  struct forgotten_entry {
    unsigned slot;
    std::uint32_t position;
  };

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
    at.stamp = epoch_;
    cell c(*this, &at, slot, false);
    f(c);
  }

  template <class F>
  void for_each_of(unsigned slot, F& f) {
    for (entry& e : tables_[slot - first_])
      if (e.live()) meet(e, slot, f);
  }

  /// What is left when record i did not hit: probing that wraps around, a forgotten key, a new key, growth. After
  /// growth, what `each` kept of the records behind i is computed anew.
  template <class Q>
  [[gnu::noinline]] place miss(Q&& key, std::uint64_t const* hashes, std::size_t i, std::size_t count, entry** kept) {
    std::uint64_t const hash = hashes[i];
    table& in = table_of(hash);
    if (entry* const at = in.find(tag_of(hash), key)) {
      if (at->live()) return {at, false};
      check_not_visiting();
      in.reclaim(at);
    }
    check_not_visiting();
    must_equal_itself(key);
    if (in.full()) {
      in.grow(4 + slot_of(hash) % 5);  // not all slots alike, or all would grow at the same time
      for (std::size_t j = i + 1; j < count && j <= i + distance; ++j) kept[j % distance] = approach(hashes[j]);
    }
    entry* const added = in.add(tag_of(hash), epoch_, std::forward<Q>(key), make_);
    ++size_;
    return {added, true};
  }

  void check_not_visiting() const {
    if (order_.under_way())
      throw std::logic_error("keyed_state: a key was added while the keys were being visited in order");
  }

  [[gnu::noinline]] void forget(entry& e, unsigned slot) {
    forgotten_.push_back({slot, static_cast<std::uint32_t>(&e - tables_[slot - first_].begin())});
    e.stamp = entry::dead;
    --size_;
  }

  /// Removes what was forgotten. Places may be out of date, since tables grow and gaps are closed; what is not dead
  /// there has been dealt with.
  void reclaim() {
    if (forgotten_.empty() || order_.under_way()) return;
    for (forgotten_entry const& one : forgotten_) {
      table& in = tables_[one.slot - first_];
      if (one.position >= in.capacity()) continue;
      entry* const at = in.begin() + one.position;
      if (at->stamp == entry::dead) in.reclaim(at);
    }
    forgotten_.clear();
  }

  void take_order() {
    order_.clear();
    order_.reserve(size_);
    for (unsigned slot = owned().lo; slot != owned().hi; ++slot)
      for (entry& e : tables_[slot - first_])
        if (e.live()) order_.add(e, slot);
    order_.sort();
  }

  [[no_unique_address]] Make make_;
  unsigned first_;
  std::uint32_t epoch_ = 1;
  std::unique_ptr<table[]> tables_;
  std::size_t size_ = 0;
  list<forgotten_entry> forgotten_;
  key_order<K, S> order_;
};

}  // namespace leat::detail
