// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/lean_chrono.hpp>
#include <leat/op/running/time_points.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace leat::detail {

/// A state, and when its key wants to be notified. Times are those of the worker's steady clock, since the wall clock
/// may be set while a key waits.
template <class S, class When>
struct notified_state {
  S state{};
  When wanted{};                  ///< as the logic said it
  steady_time due = never;        ///< when that is; never: the key waits for nothing
  steady_time scheduled = never;  ///< under which time the key stands in `notifications`; never: it does not
};

/// Which keys are to be looked at when, in rounds: a round looks at what was due when it began, and at each key once.
/// A key's state holds the time that counts. An entry whose key has been forgotten, or stands under another time, is
/// met by nobody; such entries are thrown out when they are more than those that count, so that the memory is that of
/// the keys, however often they change their minds.
template <class K>
class notifications {
 public:
  struct entry {
    entry(steady_time at, std::uint64_t key_hash, K const& of) : due(at), hash(key_hash), key(of) {}
    steady_time due;
    std::uint64_t hash;
    K key;
  };

  /// The key's `scheduled` is then `due`; it was never, or later.
  void add(steady_time due, std::uint64_t hash, K const& key) {
    heap_.emplace_back(due, hash, key);
    std::push_heap(heap_.begin(), heap_.end(), later);
  }
  /// The key has been notified in this round and is due again: it comes first in the next one. Its new `scheduled`.
  steady_time add_to_next_round(std::uint64_t hash, K const& key) {
    next_round_.emplace_back(mark_of_round_, hash, key);
    return mark_of_round_;
  }

  void begin_round(steady_time now) {
    round_began_ = now;
    for (entry& notification : next_round_) {
      heap_.push_back(std::move(notification));
      std::push_heap(heap_.begin(), heap_.end(), later);
    }
    next_round_.clear();
    // Differs from that of the entries just put in: a key that is put off twice is met once.
    mark_of_round_ =
        mark_of_round_ == (steady_time::min)() ? (steady_time::min)() + steady_time::duration(1) : (steady_time::min)();
  }
  bool round_is_over() const { return heap_.empty() || heap_.front().due > round_began_; }
  steady_time round_began() const { return round_began_; }

  /// The earliest entry.
  entry pop() {
    std::pop_heap(heap_.begin(), heap_.end(), later);
    entry first(std::move(heap_.back()));
    heap_.pop_back();
    return first;
  }

  /// When the next round is worth beginning.
  steady_time next() const {
    if (!next_round_.empty()) return (steady_time::min)();
    return heap_.empty() ? never : heap_.front().due;
  }

  void one_more_key_waits() { ++waiting_; }
  void one_key_less_waits() { --waiting_; }
  bool crowded() const { return heap_.size() + next_round_.size() > 2 * waiting_ + 64; }

  /// Leaves what `counts(entry)`, once each.
  template <class Counts>
  void thin_out(Counts&& counts) {
    for (std::vector<entry>* entries : {&heap_, &next_round_}) {
      std::erase_if(*entries, [&](entry const& each) { return !counts(each); });
      std::sort(entries->begin(), entries->end(), [](entry const& a, entry const& b) { return later(b, a); });
      entries->erase(std::unique(entries->begin(), entries->end(),
                                 [](entry const& a, entry const& b) {
                                   return a.due == b.due && a.hash == b.hash && a.key == b.key;
                                 }),
                     entries->end());
    }
  }

 private:
  static bool later(entry const& a, entry const& b) { return a.due != b.due ? a.due > b.due : a.hash > b.hash; }

  std::vector<entry> heap_;
  std::vector<entry> next_round_;
  std::size_t waiting_ = 0;  ///< keys with a `scheduled`
  steady_time round_began_ = (steady_time::min)();
  steady_time mark_of_round_ = (steady_time::min)();
};

}  // namespace leat::detail
