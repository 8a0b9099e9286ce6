// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/inline_list.hpp>
#include <leat/detail/lean_chrono.hpp>
#include <leat/time/moment.hpp>
#include <leat/time/open_window.hpp>
#include <leat/time/window_content.hpp>
#include <leat/time/window_lengths.hpp>
#include <leat/time/windower.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace leat::detail {

/// The open windows of a key whose windower computes them from the moment alone, in the order of their ids, which is
/// that of their closes.
template <aligned_windower Windower, class Content>
class key_windows {
  using kept = typename Content::kept;
  using value = typename Content::value;

  struct open_window {
    open_window(window_id number, kept&& of_values) : id(number), content(std::move(of_values)) {}
    window_id id;
    window_marks marks;
    kept content;
  };

 public:
  using content_type = Content;
  /// What is made of the values says nothing before its window closes, and nothing needs to be known of a key but that.
  static constexpr bool by_slices = std::is_base_of_v<keeps_itself<kept>, Content>;
  struct state {
    inline_list<open_window> open;
    std::uint32_t settled = 0;  ///< so many in front have nothing new to give; where corrections are taken
  };

  key_windows(Windower windower, Content content) : windower_(std::move(windower)), content_(std::move(content)) {}

  Content& content() { return content_; }
  Windower const& windower() const { return windower_; }

  template <class Outlet>
  void put(state& windows, moment at, value&& given, bool told, Outlet& outlet, moment bound = (moment::min)()) {
    window_id const last = windower_.last_of(at);
    window_id id = windower_.first_of(at);
    if (id > last) return;
    if constexpr (std::is_copy_constructible_v<value>)
      for (; id != last; ++id) put_in(windows, id, value(std::as_const(given)), told, outlet, bound);
    put_in(windows, last, std::move(given), told, outlet, bound);
  }

  /// Calls `f(id)` for each window that a value of this time would be in.
  template <class F>
  void each_of(moment at, F&& f) const {
    for (window_id id = windower_.first_of(at), last = windower_.last_of(at); id <= last; ++id) f(id);
  }
  bool has_closed(window_id id, moment bound) const { return windower_.bounds(id).close <= bound; }

  /// A window that closes by this bound has closed, and gives nothing early.
  template <class Outlet>
  void put_in(state& windows, window_id id, value&& given, bool told, Outlet& outlet, moment bound = (moment::min)()) {
    auto& open = windows.open;
    std::size_t place = open.size();
    while (place != 0 && open[place - 1].id > id) --place;
    bool const is_known = place != 0 && open[place - 1].id == id;
    if (is_known) --place;
    window_bounds const bounds = windower_.bounds(id);
    window_reason const why = bounds.close > bound ? window_reason::early
                              : is_known           ? open[place].marks.reason(false)
                                                   : window_reason::on_time;
    auto say = outlet.speaker(id, bounds, why, told);
    if (is_known)
      content_.add(open[place].content, std::move(given), say);
    else
      open.emplace(place, id, content_.begin(std::move(given), say));
    open[place].marks.add(told);
    windows.settled = (std::min)(windows.settled, static_cast<std::uint32_t>(place));
  }

  template <class Outlet>
  void close(state& windows, moment bound, Outlet& outlet) {
    std::size_t closed = 0;
    for (; closed != windows.open.size(); ++closed) {
      window_bounds const bounds = windower_.bounds(windows.open[closed].id);
      if (bounds.close > bound) break;
      speak_for(windows.open[closed], bounds, false, outlet);
    }
    windows.open.erase(0, closed);
  }
  template <class Outlet>
  void end(state& windows, Outlet& outlet) {
    for (open_window& each : windows.open) speak_for(each, windower_.bounds(each.id), true, outlet);
    windows = {};
  }

  /// So long after their close windows still take values. Then it is `close_and_keep` that closes them.
  void keep_for(std::chrono::nanoseconds corrections) { corrections_ = corrections; }
  template <class Outlet>
  void close_and_keep(state& windows, moment bound, Outlet& outlet) {
    auto& open = windows.open;
    std::size_t const known = open.size();
    close(windows, moment_minus(bound, corrections_), outlet);
    auto const gone = static_cast<std::uint32_t>(known - open.size());
    windows.settled -= (std::min)(windows.settled, gone);
    for (; windows.settled != open.size(); ++windows.settled) {
      open_window& each = open[windows.settled];
      if (!each.marks.has_news()) continue;
      window_bounds const bounds = windower_.bounds(each.id);
      if (bounds.close > bound) break;
      speak_and_stay(content_, each.content, each.marks, each.id, bounds, {}, outlet);
    }
  }

  /// When the next one speaks, or goes.
  moment next_close(state const& windows) const {
    auto const& open = windows.open;
    if (open.empty()) return (moment::max)();
    moment const first = windower_.bounds(open.front().id).close;
    if (corrections_.count() == 0) return first;
    moment const goes = moment_plus(first, corrections_);
    auto const has_news = [](open_window const& each) { return each.marks.has_news(); };
    auto const next = std::find_if(open.begin() + windows.settled, open.end(), has_news);
    return next == open.end() ? goes : (std::min)(goes, windower_.bounds(next->id).close);
  }
  bool empty(state const& windows) const { return windows.open.empty(); }

  moment next_after(moment at) const {
    moment const next = next_close_after(windower_, at);
    moment const horizon = moment_minus(at, corrections_);
    if (corrections_.count() == 0 || !finite(horizon)) return next;
    return (std::min)(next, moment_plus(next_close_after(windower_, horizon), corrections_));
  }
  window_lengths lengths(moment near) const { return lengths_near(windower_, near); }

  struct saved_window {
    window_id id = 0;
    window_marks marks;
    typename Content::saved content;

    template <class Archive>
    void serialize(Archive& archive, unsigned) {
      archive & id & marks & content;
    }
  };
  /// What a snapshot has of a key's windows.
  struct saved {
    std::vector<saved_window> windows;

    void mark_spoken() {
      for (saved_window& each : windows) detail::mark_spoken(each.marks, each.content);
    }
    template <class Archive>
    void serialize(Archive& archive, unsigned) {
      serialize_all(archive, windows);
    }
  };
  /// Writes what `saved` reads.
  template <class Archive>
  void save(Archive& archive, state const& windows) const {
    auto const count = static_cast<std::uint64_t>(windows.open.size());
    archive & count;
    for (open_window const& each : windows.open) archive & each.id & each.marks & content_.save(each.content);
  }
  state load(saved&& from) {
    state windows;
    for (saved_window& each : from.windows)
      windows.open.emplace_back(each.id, content_.load(std::move(each.content))).marks = each.marks;
    return windows;
  }

 private:
  template <class Outlet>
  void speak_for(open_window& closing, window_bounds bounds, bool at_end, Outlet& outlet) {
    speak(content_, std::move(closing.content), closing.marks, closing.id, bounds, at_end, {}, outlet);
  }

  Windower windower_;
  Content content_;
  std::chrono::nanoseconds corrections_{0};
};

}  // namespace leat::detail
