// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/route/codec/has_codec.hpp>
#include <leat/time/moment.hpp>

#include <concepts>
#include <cstdint>
#include <type_traits>

namespace leat {

/// Which window it is, of those of a key.
using window_id = std::int64_t;
/// The id of what is late and belonged to no window, since sessions only exist while they are open.
inline constexpr window_id no_window = -1;

/// From when to when a window is.
struct window_bounds {
  moment open;   ///< its first moment
  moment close;  ///< of most windows the first moment behind it
  friend bool operator==(window_bounds const&, window_bounds const&) = default;
};

/// A windower that computes the windows of a moment from the moment alone: they are `first_of(t)` to `last_of(t)`, ids
/// that follow each other; none where the last is less than the first. `bounds(id)` gives a window's opening time,
/// which is in it, and its closing time, which is not. Neither may fall from one id to the next. A window closes once
/// the bound of its clock has reached its closing time.
template <class W>
concept aligned_windower = requires(W const& windower, moment at, window_id id) {
  { windower.first_of(at) } -> std::same_as<window_id>;
  { windower.last_of(at) } -> std::same_as<window_id>;
  { windower.bounds(id) } -> std::same_as<window_bounds>;
};

/// A window that has closed, as a free windower tells of it.
struct closed_window {
  window_id id;          ///< which
  window_bounds bounds;  ///< from when to when it was
};

/// A window that became part of another one.
struct merged_window {
  window_id gone;  ///< is no window any more
  window_id into;  ///< has its values
};

namespace detail {

template <class R>
concept range_of_windows = requires(R range) {
  range.begin();
  range.end();
};

}  // namespace detail

/// A windower with a state for each key, of which a window is what it says it is:
///  - `open_for(state&, t)`: the windows that a value of this time goes into, opened or grown for it;
///  - `late_for(t)`: the ids that a late value is told with;
///  - `merged(state&)`: which windows have been merged since it was asked last, in that order;
///  - `close_for(state&, bound)`: removes the windows that close at this bound and gives them, in the order of closing;
///  - `bounds(state, id)`: of a window that is open;
///  - `next_close(state)`: the least bound at which `close_for` gives something; `moment::max()`: at the end only;
///  - `empty(state)`: no window is open;
///  - optional: `length()`: how long its windows are, more or less; a second unless it is said. It decides how finely
///    the time of the stream is told to the step, and for how long a silent stream is watched.
/// `state` has a codec and a default constructor. What is given are ranges: of ids, of `merged_window`, of
/// `closed_window`.
template <class W>
concept free_windower =
    std::default_initializable<typename W::state> &&
    requires(W const& windower, typename W::state& state, typename W::state const& seen, moment at, window_id id) {
      { windower.open_for(state, at) } -> detail::range_of_windows;
      { windower.late_for(at) } -> detail::range_of_windows;
      { windower.merged(state) } -> detail::range_of_windows;
      { windower.close_for(state, at) } -> detail::range_of_windows;
      { windower.bounds(seen, id) } -> std::same_as<window_bounds>;
      { windower.next_close(seen) } -> std::same_as<moment>;
      { windower.empty(seen) } -> std::same_as<bool>;
    };

namespace detail {

template <class W>
concept is_free_windower = requires { typename W::state; } && free_windower<W>;

}  // namespace detail
}  // namespace leat
