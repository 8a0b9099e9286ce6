// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/inline_list.hpp>
#include <leat/detail/lean_chrono.hpp>
#include <leat/time/moment.hpp>
#include <leat/time/open_window.hpp>
#include <leat/time/session.hpp>
#include <leat/time/window_lengths.hpp>
#include <leat/time/windower.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace leat::detail {

/// The open sessions of a key, in the order of their times. They are further apart than the gap.
template <class Content>
class sessions {
  using kept = typename Content::kept;
  using value = typename Content::value;

  struct open_session {
    open_session(moment at, kept&& of_values) : first(at), last(at), content(std::move(of_values)) {}
    window_id id() const { return first.time_since_epoch().count(); }
    window_bounds bounds() const { return {first, last}; }
    moment first;
    moment last;
    window_marks marks;
    std::vector<window_id> merged;
    kept content;
  };

 public:
  using content_type = Content;
  struct state {
    inline_list<open_session> open;
    std::uint32_t settled = 0;  ///< so many in front have nothing new to give; where corrections are taken
  };

  sessions(leat::session windower, Content content) : gap_(windower.gap()), content_(std::move(content)) {}

  Content& content() { return content_; }

  /// A session that closes by this bound has closed, and gives nothing early.
  template <class Outlet>
  void put(state& of_key, moment at, value&& given, bool told, Outlet& outlet, moment bound = (moment::min)()) {
    auto& open = of_key.open;
    std::size_t place = open.size();  // behind the last session that begins, less the gap, at this time or before
    while (place != 0 && moment_minus(open[place - 1].first, gap_) > at) --place;
    if (place == 0 || at > moment_plus(open[place - 1].last, gap_)) {
      window_reason const why = close_of(at) > bound ? window_reason::early : window_reason::on_time;
      auto say = outlet.speaker(id_of(at), {at, at}, why, told);
      open.emplace(place, at, content_.begin(std::move(given), say)).marks.add(told);
      has_news_from(of_key, place);
      return;
    }
    --place;
    bool const makes_one_of_two = place != 0 && at <= moment_plus(open[place - 1].last, gap_);
    if (makes_one_of_two) --place;
    open_session& joined = open[place];
    extend(joined, at, told);
    joined.marks.add(told);
    auto say = outlet.speaker(joined.id(), joined.bounds(), reason_of(joined, bound), told);
    content_.add(joined.content, std::move(given), say);
    if (makes_one_of_two) merge_next(open, place, outlet, bound);
    has_news_from(of_key, place);
  }

  /// Sessions exist only while they are open: a late value is in none that is known.
  template <class F>
  void each_of(moment, F&& f) const {
    f(no_window);
  }

  template <class Outlet>
  void close(state& of_key, moment bound, Outlet& outlet) {
    auto& open = of_key.open;
    std::size_t closed = 0;
    for (; closed != open.size() && closes_at(open[closed]) <= bound; ++closed) speak_for(open[closed], false, outlet);
    open.erase(0, closed);
  }
  template <class Outlet>
  void end(state& of_key, Outlet& outlet) {
    for (open_session& each : of_key.open) speak_for(each, true, outlet);
    of_key = {};
  }

  /// So long after their close sessions still take values. Then it is `close_and_keep` that closes them.
  void keep_for(std::chrono::nanoseconds corrections) { corrections_ = corrections; }
  template <class Outlet>
  void close_and_keep(state& of_key, moment bound, Outlet& outlet) {
    auto& open = of_key.open;
    std::size_t const known = open.size();
    close(of_key, moment_minus(bound, corrections_), outlet);
    auto const gone = static_cast<std::uint32_t>(known - open.size());
    of_key.settled -= (std::min)(of_key.settled, gone);
    for (; of_key.settled != open.size(); ++of_key.settled) {
      open_session& each = open[of_key.settled];
      if (!each.marks.has_news()) continue;
      if (closes_at(each) > bound) break;
      speak_and_stay(content_, each.content, each.marks, each.id(), each.bounds(), each.merged, outlet);
    }
  }

  /// When the next one speaks, or goes.
  moment next_close(state const& of_key) const {
    auto const& open = of_key.open;
    if (open.empty()) return (moment::max)();
    moment const first = closes_at(open.front());
    if (corrections_.count() == 0) return first;
    moment const goes = moment_plus(first, corrections_);
    auto const has_news = [](open_session const& each) { return each.marks.has_news(); };
    auto const next = std::find_if(open.begin() + of_key.settled, open.end(), has_news);
    return next == open.end() ? goes : (std::min)(goes, closes_at(*next));
  }
  bool empty(state const& of_key) const { return of_key.open.empty(); }

  moment next_after(moment at) const { return next_step_after(at, gap_); }
  window_lengths lengths(moment) const { return {gap_, saturated_sum(gap_, std::chrono::nanoseconds(1))}; }

  struct saved_session {
    moment first;
    moment last;
    window_marks marks;
    std::vector<window_id> merged;
    typename Content::saved content;

    template <class Archive>
    void serialize(Archive& archive, unsigned) {
      archive & first & last & marks & merged & content;
    }
  };
  struct saved {
    std::vector<saved_session> open;

    void mark_spoken() {
      for (saved_session& each : open) detail::mark_spoken(each.marks, each.content);
    }
    template <class Archive>
    void serialize(Archive& archive, unsigned) {
      serialize_all(archive, open);
    }
  };
  template <class Archive>
  void save(Archive& archive, state const& of_key) const {
    auto const count = static_cast<std::uint64_t>(of_key.open.size());
    archive & count;
    for (open_session const& each : of_key.open)
      archive & each.first & each.last & each.marks & each.merged & content_.save(each.content);
  }
  state load(saved&& from) {
    state of_key;
    for (saved_session& each : from.open) {
      open_session& loaded = of_key.open.emplace_back(each.first, content_.load(std::move(each.content)));
      loaded.last = each.last;
      loaded.marks = each.marks;
      loaded.merged = std::move(each.merged);
    }
    return of_key;
  }

 private:
  static void has_news_from(state& of_key, std::size_t place) {
    of_key.settled = (std::min)(of_key.settled, static_cast<std::uint32_t>(place));
  }
  static window_id id_of(moment at) { return at.time_since_epoch().count(); }
  /// A value that is as far away as the gap still finds the session open.
  moment close_of(moment last) const { return moment_plus(moment_plus(last, gap_), std::chrono::nanoseconds(1)); }
  moment closes_at(open_session const& of) const { return close_of(of.last); }
  /// Why it gives what it gives at once.
  window_reason reason_of(open_session const& of, moment bound) const {
    return closes_at(of) > bound ? window_reason::early : of.marks.reason(false);
  }

  void extend(open_session& joined, moment at, bool told) {
    if (at < joined.first) {
      if (joined.marks.spoken) joined.merged.push_back(joined.id());  // by which it was known
      joined.first = at;
    } else if (at > joined.last) {
      joined.last = at;
    } else {
      return;
    }
    joined.marks.moved |= !told;
  }

  template <class Outlet>
  void merge_next(inline_list<open_session>& open, std::size_t place, Outlet& outlet, moment bound) {
    open_session& into = open[place];
    open_session& gone = open[place + 1];
    into.merged.push_back(gone.id());
    into.merged.insert(into.merged.end(), gone.merged.begin(), gone.merged.end());
    into.last = (std::max)(into.last, gone.last);
    into.marks.add_all(gone.marks);
    if constexpr (Content::merges) {
      auto say = outlet.speaker(into.id(), into.bounds(), reason_of(into, bound));
      content_.merge(into.content, std::move(gone.content), say);
    }
    open.erase(place + 1);
  }

  template <class Outlet>
  void speak_for(open_session& closing, bool at_end, Outlet& outlet) {
    speak(content_, std::move(closing.content), closing.marks, closing.id(), closing.bounds(), at_end,
          std::move(closing.merged), outlet);
  }

  std::chrono::nanoseconds gap_;
  Content content_;
  std::chrono::nanoseconds corrections_{0};
};

}  // namespace leat::detail
