// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/from/input_file.hpp>
#include <leat/from/line_range.hpp>
#include <leat/op/running/file_range.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace leat::detail {

LEAT_INLINE line_range::line_range(file_range const& range, input_file& file, bool resumed)
    : range_(range), edge_(range.whole() ? nowhere : 0) {
  if (range.whole() || !resumed) return;
  // A last line without its end, which has got longer since: what has come is read by who has read its beginning.
  std::uint64_t const at = file.position();
  if (at != 0 && !range.owns(at) && !file.stands_behind('\n')) edge_ = at + 1;
}

LEAT_INLINE line_range::found line_range::find_line(input_file& file) {
  for (;;) {
    if (!passing_) {
      std::uint64_t const at = file.position();
      if (range_.owns(at)) {
        edge_ = range_.end_of_block(at);
        return found::line;
      }
      before_ = file.snapshot();
      passing_ = true;
      edge_ = 0;
      // A line begins with the block if the byte before is an end of line.
      if (!file.pass_to(range_.next_block(at) - 1)) return found::end;
    }
    std::string_view const unread = file.unread();
    std::size_t const end = unread.find('\n');
    if (end == std::string_view::npos) {
      file.consume(unread.size());
      return found::nothing_yet;
    }
    file.consume(end + 1);
    passing_ = false;
  }
}

}  // namespace leat::detail
