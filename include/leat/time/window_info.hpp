// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/concat.hpp>
#include <leat/detail/lean_chrono.hpp>
#include <leat/text.hpp>
#include <leat/time/moment.hpp>
#include <leat/time/windower.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace leat {

/// Why a window gives a result.
enum class window_reason : std::uint8_t {
  on_time,     ///< it has closed
  early,       ///< it is still open
  correction,  ///< it has changed since it last gave one for good
  retraction,  ///< this is what it gave last, and holds no more: another one follows
  at_end       ///< the input has ended before it closed
};

/// Why a record is in no window.
enum class late_reason : std::uint8_t {
  behind,  ///< older than the bound of its clock
  ahead,   ///< further ahead of the wall clock than is credible
  undated  ///< it has no time
};

/// For people: `on time`, `at the end` ...
std::string to_text(window_reason why);
/// For people: `behind`, `ahead`, `undated`.
std::string to_text(late_reason why);

/// A result of one window of a key.
template <class W>
struct in_window {
  window_id id;       ///< which window of the key
  moment open;        ///< its first moment
  moment close;       ///< not in the window; of sessions and of windows that count the time of the last record, in it
  window_reason why;  ///< what made it give a result
  W value;            ///< the result

  /// A time in the window by which a later step dates the result: just before it closes.
  moment at() const { return moment_minus(close, std::chrono::nanoseconds(1)); }

  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive & id & open & close & why & value;
  }
  friend bool operator==(in_window const&, in_window const&) = default;
  friend std::string to_text(in_window const& result)
    requires printable<W>
  {
    return detail::concat({"window ", text(result.id), " (", text(result.open), " to ", text(result.close), ", ",
                           to_text(result.why), "): ", text(result.value)});
  }
};

/// A value that went into no window, or not into this one.
template <class V>
struct late {
  window_id id;     ///< it would have gone into this one; `no_window`: into none that is known
  moment at;        ///< its time; `moment::min()`: it has none
  late_reason why;  ///< what is wrong with its time
  V value;          ///< as it came

  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive & id & at & why & value;
  }
  friend bool operator==(late const&, late const&) = default;
  friend std::string to_text(late const& missed)
    requires printable<V>
  {
    return detail::concat(
        {to_text(missed.why), " at ", text(missed.at), " (window ", text(missed.id), "): ", text(missed.value)});
  }
};

/// A window that has closed.
struct window_info {
  window_id id;                   ///< which window of the key
  moment open;                    ///< its first moment
  moment close;                   ///< as in `in_window`
  std::vector<window_id> merged;  ///< of windows that have become part of this one, in ascending order

  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive & id & open & close & merged;
  }
  friend bool operator==(window_info const&, window_info const&) = default;
  friend std::string to_text(window_info const& info) {
    return detail::concat({"window ", text(info.id), " (", text(info.open), " to ", text(info.close),
                           info.merged.empty() ? "" : detail::concat({", merged ", text(info.merged)}), ")"});
  }
};

}  // namespace leat

#ifndef LEAT_COMPILED
#include <leat/time/window_info.ipp>
#endif
