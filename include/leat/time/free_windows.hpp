// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/lean_chrono.hpp>
#include <leat/time/moment.hpp>
#include <leat/time/open_window.hpp>
#include <leat/time/window_lengths.hpp>
#include <leat/time/windower.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <type_traits>
#include <utility>
#include <vector>

namespace leat::detail {

/// The open windows of a key whose windower has a state of its own, in the order in which they opened.
template <free_windower Windower, class Content>
class free_windows {
  using kept = typename Content::kept;
  using value = typename Content::value;

  struct open_window {
    open_window(window_id number, kept&& of_values) : id(number), content(std::move(of_values)) {}
    window_id id;
    window_marks marks;
    std::vector<window_id> merged;
    kept content;
  };

 public:
  using content_type = Content;
  /// The windower does, so it takes no values for the window afterwards.
  static constexpr bool forgets_when_it_closes = true;
  struct state {
    typename Windower::state windower{};
    std::vector<open_window> open;
  };

  free_windows(Windower windower, Content content) : windower_(std::move(windower)), content_(std::move(content)) {}

  Content& content() { return content_; }

  template <class Outlet>
  void put(state& windows, moment at, value&& given, bool told, Outlet& outlet) {
    auto const ids = windower_.open_for(windows.windower, at);
    auto next = ids.begin();
    if (next == ids.end()) return;
    for (;;) {
      window_id const id = *next;
      bool const is_last = ++next == ids.end();
      if constexpr (std::is_copy_constructible_v<value>) {
        if (!is_last) put_in(windows, id, value(std::as_const(given)), told, outlet);
      }
      if (!is_last) continue;
      put_in(windows, id, std::move(given), told, outlet);
      break;
    }
    for (merged_window const& each : windower_.merged(windows.windower)) merge(windows, each, outlet);
  }

  template <class F>
  void each_of(moment at, F&& f) const {
    for (window_id const id : windower_.late_for(at)) f(id);
  }

  template <class Outlet>
  void close(state& windows, moment bound, Outlet& outlet) {
    if (windower_.next_close(windows.windower) <= bound) close_all(windows, bound, false, outlet);
  }
  template <class Outlet>
  void end(state& windows, Outlet& outlet) {
    close_all(windows, (moment::max)(), true, outlet);
    windows.open.clear();
  }

  moment next_close(state const& windows) const { return windower_.next_close(windows.windower); }
  bool empty(state const& windows) const { return windows.open.empty() && windower_.empty(windows.windower); }

  moment next_after(moment at) const { return next_step_after(at, length()); }
  window_lengths lengths(moment) const { return {length(), length()}; }

  struct saved_window {
    window_id id = 0;
    window_marks marks;
    std::vector<window_id> merged;
    typename Content::saved content;

    template <class Archive>
    void serialize(Archive& archive, unsigned) {
      archive & id & marks & merged & content;
    }
  };
  struct saved {
    typename Windower::state windower{};
    std::vector<saved_window> open;

    void mark_spoken() {
      for (saved_window& each : open) detail::mark_spoken(each.marks, each.content);
    }
    template <class Archive>
    void serialize(Archive& archive, unsigned) {
      archive & windower;
      serialize_all(archive, open);
    }
  };
  template <class Archive>
  void save(Archive& archive, state const& windows) const {
    auto const count = static_cast<std::uint64_t>(windows.open.size());
    archive & windows.windower & count;
    for (open_window const& each : windows.open)
      archive & each.id & each.marks & each.merged & content_.save(each.content);
  }
  state load(saved&& from) {
    state windows;
    windows.windower = std::move(from.windower);
    for (saved_window& each : from.open) {
      open_window& loaded = windows.open.emplace_back(each.id, content_.load(std::move(each.content)));
      loaded.marks = each.marks;
      loaded.merged = std::move(each.merged);
    }
    return windows;
  }

 private:
  std::chrono::nanoseconds length() const {
    if constexpr (requires { std::chrono::nanoseconds(windower_.length()); })
      return windower_.length();
    else
      return std::chrono::seconds(1);
  }
  static auto find(state& windows, window_id id) {
    return std::find_if(windows.open.begin(), windows.open.end(), [id](open_window const& w) { return w.id == id; });
  }

  template <class Outlet>
  void put_in(state& windows, window_id id, value&& given, bool told, Outlet& outlet) {
    auto say = outlet.speaker(id, windower_.bounds(windows.windower, id), window_reason::early, told);
    auto at = find(windows, id);
    if (at == windows.open.end())
      at = windows.open.emplace(at, id, content_.begin(std::move(given), say));
    else
      content_.add(at->content, std::move(given), say);
    at->marks.add(told);
    at->marks.moved |= !told;  // only the windower knows
  }

  template <class Outlet>
  void merge(state& windows, merged_window const& pair, Outlet& outlet) {
    auto const gone = find(windows, pair.gone);
    auto const into = find(windows, pair.into);
    if (gone == windows.open.end() || gone == into) return;
    if (into == windows.open.end()) {
      gone->merged.push_back(gone->id);
      gone->id = pair.into;
      return;
    }
    into->merged.push_back(gone->id);
    into->merged.insert(into->merged.end(), gone->merged.begin(), gone->merged.end());
    into->marks.add_all(gone->marks);
    if constexpr (Content::merges) {
      auto say = outlet.speaker(into->id, windower_.bounds(windows.windower, into->id), window_reason::early);
      content_.merge(into->content, std::move(gone->content), say);
    } else {
      throw std::logic_error("the windower has merged two windows, but the step has no function that merges");
    }
    windows.open.erase(gone);
  }

  template <class Outlet>
  void close_all(state& windows, moment bound, bool at_end, Outlet& outlet) {
    for (closed_window const& each : windower_.close_for(windows.windower, bound)) {
      auto const closing = find(windows, each.id);
      if (closing == windows.open.end()) continue;
      speak(content_, std::move(closing->content), closing->marks, closing->id, each.bounds, at_end,
            std::move(closing->merged), outlet);
      windows.open.erase(closing);
    }
  }

  Windower windower_;
  Content content_;
};

}  // namespace leat::detail
