// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/inline_list.hpp>
#include <leat/time/moment.hpp>
#include <leat/time/open_window.hpp>
#include <leat/time/window_content.hpp>
#include <leat/time/window_lengths.hpp>
#include <leat/time/windower.hpp>

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
  using state = inline_list<open_window>;

  key_windows(Windower windower, Content content) : windower_(std::move(windower)), content_(std::move(content)) {}

  Content& content() { return content_; }
  Windower const& windower() const { return windower_; }

  template <class Outlet>
  void put(state& windows, moment at, value&& given, bool told, Outlet& outlet) {
    window_id const last = windower_.last_of(at);
    window_id id = windower_.first_of(at);
    if (id > last) return;
    if constexpr (std::is_copy_constructible_v<value>)
      for (; id != last; ++id) put_in(windows, id, value(std::as_const(given)), told, outlet);
    put_in(windows, last, std::move(given), told, outlet);
  }

  /// Calls `f(id)` for each window that a value of this time would be in.
  template <class F>
  void each_of(moment at, F&& f) const {
    for (window_id id = windower_.first_of(at), last = windower_.last_of(at); id <= last; ++id) f(id);
  }
  bool has_closed(window_id id, moment bound) const { return windower_.bounds(id).close <= bound; }

  template <class Outlet>
  void put_in(state& windows, window_id id, value&& given, bool told, Outlet& outlet) {
    std::size_t place = windows.size();
    while (place != 0 && windows[place - 1].id > id) --place;
    auto say = outlet.speaker(id, windower_.bounds(id), window_reason::early, told);
    if (place == 0 || windows[place - 1].id != id)
      windows.emplace(place, id, content_.begin(std::move(given), say));
    else
      content_.add(windows[--place].content, std::move(given), say);
    windows[place].marks.add(told);
  }

  template <class Outlet>
  void close(state& windows, moment bound, Outlet& outlet) {
    std::size_t closed = 0;
    for (; closed != windows.size(); ++closed) {
      window_bounds const bounds = windower_.bounds(windows[closed].id);
      if (bounds.close > bound) break;
      speak_for(windows[closed], bounds, false, outlet);
    }
    windows.erase(0, closed);
  }
  template <class Outlet>
  void end(state& windows, Outlet& outlet) {
    for (open_window& each : windows) speak_for(each, windower_.bounds(each.id), true, outlet);
    windows.clear();
  }

  moment next_close(state const& windows) const {
    return windows.empty() ? (moment::max)() : windower_.bounds(windows.front().id).close;
  }
  bool empty(state const& windows) const { return windows.empty(); }

  moment next_after(moment at) const { return next_close_after(windower_, at); }
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
    auto const count = static_cast<std::uint64_t>(windows.size());
    archive & count;
    for (open_window const& each : windows) archive & each.id & each.marks & content_.save(each.content);
  }
  state load(saved&& from) {
    state windows;
    for (saved_window& each : from.windows)
      windows.emplace_back(each.id, content_.load(std::move(each.content))).marks = each.marks;
    return windows;
  }

 private:
  template <class Outlet>
  void speak_for(open_window& closing, window_bounds bounds, bool at_end, Outlet& outlet) {
    speak(content_, std::move(closing.content), closing.marks, closing.id, bounds, at_end, {}, outlet);
  }

  Windower windower_;
  Content content_;
};

}  // namespace leat::detail
