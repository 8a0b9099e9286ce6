// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/list.hpp>
#include <leat/op/running/stream_time.hpp>
#include <leat/op/running/time_points.hpp>
#include <leat/op/running/time_reader.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

namespace leat::detail {

/// A part of a stream whose records have an order: a partition of a source.
struct lane {
  lane(source_lanes const& lanes, std::string partition, std::size_t index)
      : of(&lanes), name(std::move(partition)), number(index) {}

  source_lanes const* of;
  std::string name;
  std::size_t number;                 ///< among them
  std::int64_t quiet = 0;             ///< ns since the start for which there was nothing to read
  std::int64_t quiet_when_read = 0;   ///< the same when something was read last
  steady_time nothing_since = never;  ///< no poll has found anything; that before is counted. never: one has
  bool idle = false;                  ///< the partition itself says so
  bool open = false;                  ///< it is being read
  bool ending = false;                ///< it has ended; its last records may still be held back
  bool ended = false;
  unsigned held = 0;  ///< by so many steps: it is not polled until others have come as far
};

/// The lanes of one source on one worker, and their quiet time: that between two polls in a row that both found
/// nothing. A poll that finds something adds nothing, nor does a turn without room. Nobody counts unless a step wants
/// to know, and then in steps: who goes by it is called for each.
class source_lanes final : public time_origin {
 public:
  source_lanes() = default;
  source_lanes(source_lanes const&) = delete;
  source_lanes& operator=(source_lanes const&) = delete;

  std::int64_t add_reader(time_reader const& reader, std::int64_t longest) override;
  source_lanes* lanes() override { return this; }
  /// Time passes only while all sleep, as it does in tests: it is counted to the nanosecond.
  void count_all() { exact_ = true; }
  /// A step wants to know of the lanes.
  void want() { wanted_ = true; }
  bool wanted() const { return wanted_; }

  /// All lanes are known from here on.
  void open() { opened_ = true; }
  bool opened() const { return opened_; }
  lane& add(std::string partition);
  lane* find(std::string const& partition) const;
  owners<lane> const& all() const { return lanes_; }
  /// Grows when something other than records may have moved a watermark: quiet time, an end.
  std::uint64_t version() const { return version_; }

  // What the source tells of each poll:

  void found(lane& of);
  void found_nothing(lane& of, steady_time now) {
    if (count(of.nothing_since, now, of.quiet)) ++version_;
  }
  /// It was not polled.
  static void passed_over(lane& of) { of.nothing_since = never; }

  /// The source has had its turn, and there is room for more, or not. True when `known()` is another than before.
  bool end_turn(steady_time now, bool room);
  /// What the stream knows by its source alone: for how long none of the lanes had anything to read.
  stream_time known() const;
  /// When quiet time is to be counted again. Never, once it can change nothing any more.
  steady_time wake_at() const;

 private:
  /// Adds the time since then to `quiet` if it is a step.
  bool count(steady_time& since, steady_time now, std::int64_t& quiet) const;
  /// How long after a lane was found without records it is to be polled again.
  std::int64_t until_next_tick(lane const& of) const;

  owners<lane> lanes_;
  std::uint64_t version_ = 0;
  std::int64_t quiet_ = 0;  ///< of all lanes at once
  steady_time all_quiet_since_ = never;
  std::int64_t resolution_ = 0;  ///< a step of quiet time, ns; 0: nobody goes by it
  std::int64_t longest_ = 0;     ///< ns of quiet time after which nothing is open
  bool exact_ = false;
  bool wanted_ = false;
  bool opened_ = false;
};

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/op/running/lanes.ipp>
#endif
