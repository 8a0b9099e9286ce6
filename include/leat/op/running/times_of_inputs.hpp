// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/list.hpp>
#include <leat/op/running/mark.hpp>
#include <leat/op/running/stream_time.hpp>

#include <cstddef>
#include <cstdint>

namespace leat::detail {

/// The time of a stream that several inputs make: the least watermark of those that are neither ended nor idle; where
/// all are idle the greatest, so that it does not matter in which order they fell asleep; and never less than before.
/// The quiet time is the least of those that have not ended. It is found anew from all inputs each time.
///
/// With `waits_for_idle` idle inputs are waited for as others are: where each input brings the time of the whole stream
/// and not of its own part, it comes to what the others say, and has records on the way until it does.
class times_of_inputs {
 public:
  explicit times_of_inputs(std::size_t inputs, bool waits_for_idle = false);

  /// True when `now()` is another than before.
  bool advance(std::size_t input, stream_time time);
  /// The same for a mark. An input that has ended is left out for good; one that was stopped holds for good, since a
  /// stop closes nothing. Where all have ended the time is the greatest of theirs, whichever came last.
  bool arrive(std::size_t input, mark arrived);

  stream_time now() const { return now_; }

 private:
  enum class input_state : std::uint8_t { open, ended, stopped };

  bool decide();

  list<input_state> states_;
  list<stream_time> times_;  ///< none before an input has brought one: most streams carry no time
  stream_time now_;
  bool waits_for_idle_;
};

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/op/running/times_of_inputs.ipp>
#endif
