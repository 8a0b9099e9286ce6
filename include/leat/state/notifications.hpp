// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/op/stage.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace leat::detail {

/// When which key wants to be woken. The state holds the time that counts; an entry here whose time has been changed
/// since is met by nobody and dropped, so cancelling costs nothing.
template <class K>
class notifications {
 public:
  struct entry {
    entry(wall_time at, std::uint64_t key_hash, K const& of) : when(at), hash(key_hash), key(of) {}
    wall_time when;
    std::uint64_t hash;
    K key;
  };

  void add(wall_time when, std::uint64_t hash, K const& key) {
    heap_.emplace_back(when, hash, key);
    std::push_heap(heap_.begin(), heap_.end(), later);
  }

  bool empty() const { return heap_.empty(); }

  /// The earliest entry, when its time has come.
  std::optional<entry> pop(wall_time now) {
    if (heap_.empty() || heap_.front().when > now) return std::nullopt;
    std::pop_heap(heap_.begin(), heap_.end(), later);
    std::optional<entry> due(std::move(heap_.back()));
    heap_.pop_back();
    return due;
  }

  /// When the worker has to be awake for the earliest one.
  steady_time next(host& worker) const {
    if (heap_.empty()) return never;
    return worker.now() + std::chrono::duration_cast<steady_time::duration>(heap_.front().when - worker.wall());
  }

 private:
  static bool later(entry const& a, entry const& b) {
    return a.when != b.when ? a.when > b.when : a.hash > b.hash;
  }

  std::vector<entry> heap_;
};

struct no_notifications {};

}  // namespace leat::detail
