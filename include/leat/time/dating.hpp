// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/list.hpp>
#include <leat/graph.hpp>
#include <leat/op/running/lanes.hpp>
#include <leat/op/running/mark.hpp>
#include <leat/op/running/stream_time.hpp>
#include <leat/op/running/time_reader.hpp>
#include <leat/op/running/traffic.hpp>
#include <leat/op/running/worker_builder.hpp>
#include <leat/time/late_count.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>

namespace leat::detail {

/// How a step dates records. Nanoseconds.
struct dating_rules {
  /// More is never waited for: sums of two of these and a moment stay within the numbers.
  static constexpr std::int64_t most = std::int64_t{1} << 61;

  std::int64_t late_by = 0;
  std::int64_t corrections = 0;
  std::int64_t idle_after = 0;
  std::int64_t keep_together = most;
  std::int64_t trusted_ahead = 0;
  std::int64_t credible = 0;
  bool data_only = false;
};

/// Says of one record after another of one lane whether it is late, and how far the lane has come. A copy of it is
/// worked with while a batch lasts.
class lane_judge {
 public:
  enum class verdict : std::uint8_t { on_time, behind, ahead };

  /// `moment`: within 2^62 ns of 1970, or beyond what is credible.
  verdict operator()(std::int64_t moment) {
    if (moment > trusted_) [[unlikely]] {
      if (moment > credible_) return verdict::ahead;
    } else if (moment - late_by_ > bound_) {
      bound_ = moment - late_by_;
      if (bound_ - corrections_ > horizon_) horizon_ = bound_ - corrections_;
    }
    return moment < horizon_ ? verdict::behind : verdict::on_time;
  }

 private:
  friend class dating;

  std::int64_t bound_ = 0;    ///< of the lane: what is older is late
  std::int64_t horizon_ = 0;  ///< the same, less what corrections take
  std::int64_t trusted_ = 0;
  std::int64_t credible_ = 0;
  std::int64_t late_by_ = 0;
  std::int64_t corrections_ = 0;
};

/// Dates a stream: knows how far each lane of it has come, calls records late, and hands the least of the lanes on as
/// the watermark. A lane that had nothing to read for some time is left out; of lanes that are all left out the
/// greatest counts. It is decided anew from all lanes each time. The bounds are kept over a restart, by the name of the
/// partition.
class dating : public outbox, public time_origin {
 public:
  std::int64_t add_reader(time_reader const& reader, std::int64_t longest) override;
  std::int64_t corrections() const override { return rules_.corrections; }

  bool flush(bool whole) override;
  bool empty() const override { return true; }

 protected:
  dating(dating_rules rules, worker_builder& worker, node const& described);
  ~dating() override = default;
  dating(dating const&) = delete;
  dating& operator=(dating const&) = delete;

  /// Records come, all of the lane that is in turn.
  void begin_batch();
  lane_judge& judge() { return judge_; }
  /// They have gone on.
  void end_batch();
  /// What came by the stream itself.
  void take_time(stream_time time);
  /// Before the mark goes on.
  void close(mark arrived);

  virtual void pass(stream_time time) = 0;
  virtual bool has_room() = 0;

  late_count& count() { return count_; }

 private:
  struct dated_lane {
    lane* partition;   ///< null: not one of a source
    std::string name;  ///< as it is kept
    std::int64_t bound = stream_time::nothing_known;
    std::int64_t quiet_at = 0;    ///< when the bound was found
    std::int64_t quiet_read = 0;  ///< when a record came last, where it is no partition
    bool asleep = false;          ///< it was idle when the run before ended, and has brought nothing since
    bool held = false;
    std::int64_t kept_bound = stream_time::nothing_known;
    std::int64_t kept_sent = stream_time::nothing_known;
    bool kept_idle = false;
  };
  struct table {
    source_lanes* lanes;
    std::string input;      ///< the step of the source
    std::size_t first = 0;  ///< of its lanes here
    bool loaded = false;
  };
  struct stage_lane {
    node const* stage;
    std::size_t lane;
  };

  void find_lanes(worker_builder& worker, port from, list<node const*>& seen);
  void add_stages_before(worker_builder& worker, node const& described, std::size_t number);
  std::size_t add_lane(lane* partition, std::string name);
  void load(dated_lane& added);
  /// True once all lanes are known.
  bool all_loaded();
  std::size_t lane_in_turn();

  std::int64_t quiet_of(dated_lane const& of) const;
  std::int64_t bound_of(dated_lane const& of) const;
  bool idle(dated_lane const& of) const;
  static bool ended(dated_lane const& of) { return of.partition != nullptr && of.partition->ended; }

  stream_time decide();
  void settle(bool exactly);
  bool hold_lanes();
  void keep(std::uint64_t epoch);
  std::uint64_t version() const;

  dating_rules rules_;
  worker_services& worker_;
  recovery* store_;
  std::string step_;
  lane_judge judge_;
  list<dated_lane> lanes_;
  list<table> tables_;
  list<stage_lane> stages_;  ///< whose records are of a lane that is no partition
  list<time_reader const*> readers_;
  stream_time upstream_;
  stream_time sent_;
  std::int64_t next_ = time_reader::no_moment;  ///< nobody waits for an earlier moment
  std::size_t current_ = 0;
  std::size_t slowest_ = 0;  ///< the watermark was that of this lane
  std::uint64_t version_ = 0;
  bool loaded_ = false;
  bool moved_ = true;      ///< a bound has, since all was sent
  bool restored_ = false;  ///< the watermark of the run before is to be sent
  late_count& count_;
  counter shown_watermark_;
  counter shown_idle_;
};

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/time/dating.ipp>
#endif
