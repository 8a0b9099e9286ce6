// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <limits>

/// Who makes the time of a stream, and who goes by it. All of one worker.
namespace leat::detail {

class source_lanes;

/// A step that goes by the time of its stream, as it tells those that make the time. Nanoseconds everywhere.
class time_reader {
 public:
  static constexpr std::int64_t no_moment = (std::numeric_limits<std::int64_t>::max)();

  /// The first moment after this one at which something happens here, since 1970: a window closes. `no_moment`: none.
  virtual std::int64_t next_after(std::int64_t moment) const = 0;
  /// How long its shortest window is: quiet time is told in steps of a fraction of it.
  virtual std::int64_t shortest() const = 0;
  /// After so much quiet time nothing that is open here stays open. 0: quiet time changes nothing.
  virtual std::int64_t longest() const = 0;

 protected:
  ~time_reader() = default;
};

/// What makes the time of a stream: a source, which knows its quiet time, or a step that dates records.
class time_origin {
 public:
  /// Somebody behind it goes by the time that it makes, and has nothing open any more after so much quiet time. Returns
  /// after how much quiet time of those before it that is so.
  virtual std::int64_t add_reader(time_reader const& reader, std::int64_t longest) = 0;
  /// Of a source: its lanes.
  virtual source_lanes* lanes() { return nullptr; }
  /// Of a step that dates records: for how long a window takes records after its close, in nanoseconds; below 0: it
  /// dates none.
  virtual std::int64_t corrections() const { return -1; }

 protected:
  ~time_origin() = default;
};

}  // namespace leat::detail
