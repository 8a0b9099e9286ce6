// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/list.hpp>
#include <leat/op/running/stream_time.hpp>

#include <cstddef>
#include <cstdint>

namespace leat::detail {

/// Times that wait in a step for the records before them, which leave it in any order. Records are numbered by the
/// group that they are of: a group is what came between two times.
class held_times {
 public:
  /// Records came: the group that they are of.
  std::uint64_t add(std::size_t records) {
    open_ += records;
    return first_ + waiting_.size();
  }
  /// More records of a group that an earlier `add` gave.
  void add_to(std::uint64_t group, std::size_t records) { left_in(group) += records; }
  /// A record has left the step.
  void leave(std::uint64_t group) { --left_in(group); }

  /// A time came, behind all records so far. It takes the place of one that nothing came after.
  void advance(stream_time time) {
    if (open_ == 0 && !waiting_.empty()) {
      waiting_.end()[-1].time = time;
    } else {
      waiting_.push_back({open_, time});
      open_ = 0;
    }
  }
  bool empty() const { return waiting_.empty(); }
  bool has_due() const { return !waiting_.empty() && waiting_.front().left == 0; }
  /// The latest of those before which all records have left. Earlier ones have no more to say.
  stream_time take_due() {
    stream_time latest;
    while (has_due()) {
      latest = waiting_.front().time;
      waiting_.erase(0);
      ++first_;
    }
    return latest;
  }

 private:
  struct waiting_time {
    std::size_t left;  ///< records of the group before it that are still in the step
    stream_time time;
  };

  std::size_t& left_in(std::uint64_t group) {
    std::size_t const at = group - first_;
    return at == waiting_.size() ? open_ : waiting_[at].left;
  }

  list<waiting_time> waiting_;
  std::uint64_t first_ = 0;  ///< the group before the first time that waits
  std::size_t open_ = 0;     ///< records behind the last time that are still in the step
};

}  // namespace leat::detail
