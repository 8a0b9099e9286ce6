// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "simulation/planned_windows.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <vector>

/// What becomes of the values of one key in a step with windows, said plainly: lists that are sorted and searched.
namespace simulation {

enum class spoke : unsigned char { on_time, at_end, correction };
enum class missed : unsigned char { behind, ahead, undated };

/// What a window has given, and that it has closed.
struct model_result {
  std::int64_t id;
  std::int64_t open;
  std::int64_t close;
  spoke why;
  std::vector<std::uint64_t> values;  ///< in the order in which they were applied
  std::vector<std::int64_t> merged;   ///< ascending
  bool told_of;                       ///< also where it lies, since that is new
  std::uint64_t epoch;                ///< of the record that closed it

  bool operator==(model_result const&) const = default;
};
struct model_late {
  std::int64_t id;
  std::int64_t at;  ///< no_time: it has none
  missed why;
  std::uint64_t value;
  std::uint64_t epoch;

  bool operator==(model_late const&) const = default;
};

/// The greatest whole number that is not greater than the quotient.
constexpr std::int64_t quotient(std::int64_t n, std::int64_t by) { return n / by - (n % by < 0 ? 1 : 0); }

/// The windows that a time is in, and where they lie. Not for sessions and windows that count.
inline std::map<std::int64_t, std::pair<std::int64_t, std::int64_t>> windows_at(planned_windows const& of,
                                                                                std::int64_t at) {
  std::map<std::int64_t, std::pair<std::int64_t, std::int64_t>> found;
  std::int64_t const since = at - of.align;
  if (of.windower == windowing::everything) {
    found[0] = {no_time, end_of_time};
  } else if (of.windower == windowing::tumbling) {
    std::int64_t const id = quotient(since, of.length);
    found[id] = {of.align + id * of.length, of.align + (id + 1) * of.length};
  } else if (of.windower == windowing::sliding) {
    for (std::int64_t id = quotient(since, of.offset); id * of.offset + of.length > since; --id)
      found[id] = {of.align + id * of.offset, of.align + id * of.offset + of.length};
  } else {
    std::int64_t const group = quotient(since, of.length);
    std::int64_t const open = of.align + group * of.length;
    for (std::int64_t n = 0; n != of.length / of.offset; ++n)
      if (std::int64_t const close = open + (n + 1) * of.offset; at < close)
        found[group * (of.length / of.offset) + n] = {open, close};
  }
  return found;
}

class key_model {
 public:
  explicit key_model(planned_windows const& of) : of_(&of) {}

  /// The next value of the key, by the clock of the key. Where the stream has been dated before it goes by that.
  void take(std::uint64_t value, std::uint64_t epoch) { take(of_->time_of(value), value, epoch); }
  void take(std::optional<std::int64_t> said, std::uint64_t value, std::uint64_t epoch) {
    if (of_->windower == windowing::counting) return count(value, epoch);
    std::optional<std::int64_t> const at = date(said, value, epoch);
    if (!at) return;
    if (of_->late_by != end_of_time && (of_->all_credible || planned_windows::trusted(*at)))
      bound_ = std::max(bound_, *at - of_->late_by);
    if (*at >= horizon(bound_))
      accept({*at, value});
    else
      miss({*at, value}, epoch);
    close_until(bound_, epoch);
  }

  /// The time of a value, if it has one that is credible.
  std::optional<std::int64_t> date(std::optional<std::int64_t> at, std::uint64_t value, std::uint64_t epoch) {
    if (!at) late.push_back({-1, no_time, missed::undated, value, epoch});
    if (!at || of_->all_credible || planned_windows::credible(*at)) return at;
    late.push_back({-1, *at, missed::ahead, value, epoch});
    return std::nullopt;
  }

  struct placed {
    std::int64_t at;
    std::uint64_t value;
  };
  void accept(placed const& next) {
    if (of_->windower == windowing::session) return extend_sessions(next);
    for (auto const& [id, bounds] : windows_at(*of_, next.at)) open_[id].values.push_back(next);
  }

  void miss(placed const& next, std::uint64_t epoch) {
    if (of_->windower == windowing::session) {
      late.push_back({-1, next.at, missed::behind, next.value, epoch});
      return;
    }
    for (auto const& [id, bounds] : windows_at(*of_, next.at))
      if (of_->while_open && bounds.second > horizon(bound_))
        open_[id].values.push_back(next);
      else
        late.push_back({id, next.at, missed::behind, next.value, epoch});
  }

  void close_until(std::int64_t bound, std::uint64_t epoch) {
    for (one_session& each : sessions_)
      if (each.last + of_->length < bound) speak(each, spoke::on_time, epoch);
    std::erase_if(sessions_, [&](one_session const& each) { return each.last + of_->length < horizon(bound); });
    for (auto& [id, window] : open_)
      if (close_of(window, id) <= bound) speak(window, id, spoke::on_time, epoch);
    std::erase_if(open_, [&](auto const& each) { return close_of(each.second, each.first) <= horizon(bound); });
  }
  /// The input has ended. What comes in a later run goes on from here.
  void end(std::uint64_t epoch) {
    if (!counted_.values.empty()) speak(counted_, before_, no_time, end_of_time, spoke::at_end, {}, epoch);
    for (one_session& each : sessions_) speak(each, spoke::at_end, epoch);
    for (auto& [id, window] : open_) speak(window, id, spoke::at_end, epoch);
  }

  std::vector<model_result> results;
  std::vector<model_late> late;

 private:
  struct open_window {
    std::vector<placed> values;
    std::size_t told = 0;  ///< so many of them were in what it gave at an end
  };
  struct one_session : open_window {
    std::int64_t first;
    std::int64_t last;
    std::set<std::int64_t> merged;
    bool moved = false;  ///< since it was told where it lies
  };

  /// What is older than this is late, and what closes by it is known no more.
  std::int64_t horizon(std::int64_t bound) const {
    return bound < no_time + of_->corrections ? no_time : bound - of_->corrections;
  }
  std::int64_t close_of(open_window const& of, std::int64_t id) const {
    return windows_at(*of_, of.values.front().at).at(id).second;
  }

  void count(std::uint64_t value, std::uint64_t epoch) {
    counted_.values.push_back({0, value});
    if (static_cast<std::int64_t>(counted_.values.size()) != of_->length) return;
    speak(counted_, before_, no_time, end_of_time, spoke::on_time, {}, epoch);
    before_ += of_->length;
    counted_ = {};
  }

  /// What is within the gap of a session is in it; two that it is within the gap of are one from then on.
  void extend_sessions(placed const& next) {
    auto const touches = [&](one_session const& each) {
      return next.at >= each.first - of_->length && next.at <= each.last + of_->length;
    };
    auto const at = std::find_if(sessions_.begin(), sessions_.end(), touches);
    if (at == sessions_.end()) {
      one_session const opened{{{next}}, next.at, next.at, {}, false};
      auto const is_later = [&](one_session const& each) { return each.first > next.at; };
      sessions_.insert(std::find_if(sessions_.begin(), sessions_.end(), is_later), opened);
      return;
    }
    at->values.push_back(next);
    if (next.at < at->first && at->told != 0) at->merged.insert(at->first);  // by which it was known
    at->moved = at->moved || next.at < at->first || next.at > at->last;
    at->first = std::min(at->first, next.at);
    at->last = std::max(at->last, next.at);
    auto const gone = std::next(at);
    if (gone == sessions_.end() || !touches(*gone)) return;
    if (!of_->ordered) {
      at->merged.insert(gone->first);
      at->merged.insert(gone->merged.begin(), gone->merged.end());
    }
    at->values.insert(at->values.end(), gone->values.begin(), gone->values.end());
    at->told += gone->told;
    at->moved = true;
    at->last = gone->last;
    sessions_.erase(gone);
  }

  void speak(one_session& of, spoke why, std::uint64_t epoch) {
    speak(of, of.first, of.first, of.last, why, {of.merged.begin(), of.merged.end()}, epoch, of.moved);
    of.moved = false;
  }
  void speak(open_window& of, std::int64_t id, spoke why, std::uint64_t epoch) {
    auto const [open, close] = windows_at(*of_, of.values.front().at).at(id);
    speak(of, id, open, close, why, {}, epoch);
  }
  void speak(open_window& of, std::int64_t id, std::int64_t open, std::int64_t close, spoke why,
             std::vector<std::int64_t> merged, std::uint64_t epoch, bool moved = false) {
    if (of.told == of.values.size()) return;
    bool const told_of = of.told == 0 || moved;
    if (of.told != 0) why = spoke::correction;
    of.told = of.values.size();
    model_result& said =
        results.emplace_back(model_result{id, open, close, why, {}, std::move(merged), told_of, epoch});
    std::multimap<std::int64_t, std::uint64_t> applied;  // those of one key as they were put in
    for (placed const& each : of.values) applied.emplace(of_->ordered ? each.at : 0, each.value);
    for (auto const& [at, value] : applied) said.values.push_back(value);
  }

  planned_windows const* of_;
  std::int64_t bound_ = no_time;
  std::map<std::int64_t, open_window> open_;  ///< by id, which is the order of their closes
  std::vector<one_session> sessions_;         ///< by time
  open_window counted_;
  std::int64_t before_ = 0;
};

}  // namespace simulation
