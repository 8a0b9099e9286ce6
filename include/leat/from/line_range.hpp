// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/from/file_position.hpp>
#include <leat/from/input_file.hpp>
#include <leat/op/running/file_range.hpp>

#include <cstdint>
#include <limits>
#include <optional>

namespace leat::detail {

/// Leads a reader of lines from block to block of its range. A line belongs to the block in which it begins.
class line_range {
 public:
  enum class found { line, nothing_yet, end };

  /// The file stands where its reader was; `resumed`: not for the first time.
  line_range(file_range const& range, input_file& file, bool resumed);

  /// Whether what begins at this byte of the file belongs to the range, as far as that is known.
  bool has(std::uint64_t byte) const { return byte < edge_; }
  /// Where `has` says no: goes on towards the next line of the range. `nothing_yet`: more has to be read for that.
  [[gnu::cold]] found find_line(input_file& file);

  /// Behind the last line that was used. What was passed over since then may have to be passed over again.
  file_position snapshot(input_file const& file) const { return passing_ ? before_ : file.snapshot(); }

 private:
  static constexpr std::uint64_t nowhere = (std::numeric_limits<std::uint64_t>::max)();

  file_range range_;
  std::uint64_t edge_;
  bool passing_ = false;  ///< over the end of a line that began before the block
  file_position before_;
};

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/from/line_range.ipp>
#endif
