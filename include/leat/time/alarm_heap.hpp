// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

namespace leat::detail {

/// Times at which keys are to be looked at, for a clock that never goes back: a radix heap (Ahuja, Mehlhorn, Orlin and
/// Tarjan 1990). An alarm lies in the bucket of the highest bit in which its time differs from the time that the clock
/// had when the bucket was dealt out last; it comes nearer by a bucket or more each time it is dealt out anew, so at
/// most 64 times. Alarms that are due come in any order. An alarm keeps no key: whoever it is for is found by the hash.
class alarm_heap {
 public:
  void add(std::int64_t when, std::uint64_t hash) {
    buckets_[bucket_of(when)].push_back({when, hash});
    ++size_;
    if (next_ && when < *next_) next_ = when;
  }

  /// Calls `f(hash)` for alarms that are due at this time, at most so many; they are gone then. `f` may add alarms.
  /// False: some that are due are left. The time must not be less than it was before. `approach(hash)` is called some
  /// alarms before, so that what is known of the key can be on its way.
  template <class Approach, class F>
  bool ring(std::int64_t now, std::size_t& most, Approach&& approach, F&& f) {
    constexpr std::size_t distance = 8;
    bring_forward(now);
    std::vector<alarm>& due = buckets_[0];
    while (!due.empty() && most != 0) {
      alarm const first = due.back();
      if (due.size() > distance) approach(due[due.size() - 1 - distance].hash);
      due.pop_back();
      next_.reset();
      --size_;
      --most;
      f(first.hash);
    }
    return due.empty();
  }
  /// Whether some are due at this time.
  bool due(std::int64_t now) {
    bring_forward(now);
    return !buckets_[0].empty();
  }

  /// The earliest time; the greatest number if there is none. It is looked for once after alarms have rung.
  std::int64_t next() {
    if (!next_) next_ = least();
    return *next_;
  }
  std::size_t size() const { return size_; }

  static constexpr std::int64_t never_rings = (std::numeric_limits<std::int64_t>::max)();

 private:
  struct alarm {
    std::int64_t when;
    std::uint64_t hash;
  };

  std::int64_t least() const {
    for (std::vector<alarm> const& bucket : buckets_) {
      if (bucket.empty()) continue;
      std::int64_t least = bucket.front().when;
      for (alarm const& each : bucket) least = each.when < least ? each.when : least;
      return least;
    }
    return never_rings;
  }

  /// Order is kept, as unsigned numbers.
  static std::uint64_t ordinal(std::int64_t when) {
    return static_cast<std::uint64_t>(when) ^ (std::uint64_t{1} << 63);
  }

  /// 0: it is due. Otherwise one more than the highest bit that differs.
  std::size_t bucket_of(std::int64_t when) const {
    if (when <= now_) return 0;
    return static_cast<std::size_t>(std::bit_width(ordinal(when) ^ ordinal(now_)));
  }

  /// What lies in the buckets that the clock has passed, or has come into, is dealt out anew. An alarm in a higher one
  /// differs from the time of now in the same bit as before.
  void bring_forward(std::int64_t now) {
    if (now <= now_) return;
    std::size_t const reached = static_cast<std::size_t>(std::bit_width(ordinal(now) ^ ordinal(now_)));
    now_ = now;
    for (std::size_t i = 1; i <= reached; ++i) {
      if (buckets_[i].empty()) continue;
      dealt_.swap(buckets_[i]);
      for (alarm const& each : dealt_) buckets_[bucket_of(each.when)].push_back(each);
      dealt_.clear();
    }
  }

  std::array<std::vector<alarm>, 65> buckets_;
  std::vector<alarm> dealt_;
  std::size_t size_ = 0;
  std::optional<std::int64_t> next_;
  std::int64_t now_ = (std::numeric_limits<std::int64_t>::min)();
};

}  // namespace leat::detail
