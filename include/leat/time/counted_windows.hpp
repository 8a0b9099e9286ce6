// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/time/counting.hpp>
#include <leat/time/moment.hpp>
#include <leat/time/open_window.hpp>
#include <leat/time/windower.hpp>

#include <cstdint>
#include <optional>
#include <utility>

namespace leat::detail {

/// The window of a key that is being filled, and how many values were in those before it.
template <class Content>
class counted_windows {
  using kept = typename Content::kept;
  using value = typename Content::value;

 public:
  using content_type = Content;
  struct state {
    window_id before = 0;
    std::uint64_t values = 0;
    window_marks marks;
    std::optional<kept> content;  ///< none: no value is in it yet
  };

  counted_windows(counting windower, Content content) : most_(windower.values()), content_(std::move(content)) {}

  Content& content() { return content_; }

  template <class Outlet>
  void put(state& window, moment, value&& given, bool told, Outlet& outlet) {
    auto say = outlet.speaker(window.before, all_time, window_reason::early, told);
    if (window.content)
      content_.add(*window.content, std::move(given), say);
    else
      window.content.emplace(content_.begin(std::move(given), say));
    window.marks.add(told);
    if (++window.values >= most_) close_window(window, false, outlet);
  }
  template <class F>
  void each_of(moment, F&&) const {}

  template <class Outlet>
  void close(state&, moment, Outlet&) {}
  template <class Outlet>
  void end(state& window, Outlet& outlet) {
    if (window.content) close_window(window, true, outlet);
  }

  moment next_close(state const&) const { return (moment::max)(); }
  /// A key is known as long as its windows have numbers.
  bool empty(state const& window) const { return window.before == 0 && !window.content; }

  struct saved {
    window_id before = 0;
    std::uint64_t values = 0;
    window_marks marks;
    std::optional<typename Content::saved> content;

    void mark_spoken() {
      if (content) detail::mark_spoken(marks, *content);  // of one that is empty nothing was said
    }
    template <class Archive>
    void serialize(Archive& archive, unsigned) {
      bool filled = content.has_value();
      archive & before & values & marks & filled;
      if constexpr (Archive::is_loading::value)
        if (filled) content.emplace();
      if (filled) archive&* content;
    }
  };
  template <class Archive>
  void save(Archive& archive, state const& window) const {
    bool const filled = window.content.has_value();
    archive & window.before & window.values & window.marks & filled;
    if (filled) archive & content_.save(*window.content);
  }
  state load(saved&& from) {
    state window;
    window.before = from.before;
    window.values = from.values;
    window.marks = from.marks;
    if (from.content) window.content.emplace(content_.load(std::move(*from.content)));
    return window;
  }

 private:
  static constexpr window_bounds all_time{(moment::min)(), (moment::max)()};

  template <class Outlet>
  void close_window(state& window, bool at_end, Outlet& outlet) {
    speak(content_, std::move(*window.content), window.marks, window.before, all_time, at_end, {}, outlet);
    window.content.reset();
    window.marks = {};
    window.before += static_cast<window_id>(std::exchange(window.values, 0));
  }

  std::uint64_t most_;
  Content content_;
};

}  // namespace leat::detail
