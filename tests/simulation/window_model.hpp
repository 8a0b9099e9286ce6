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

enum class spoke : unsigned char { on_time, at_end };
enum class missed : unsigned char { behind, ahead, undated };

/// What a window has given, and that it has closed.
struct model_result {
  std::int64_t id;
  std::int64_t open;
  std::int64_t close;
  spoke why;
  std::vector<std::uint64_t> values;  ///< in the order in which they were applied
  std::vector<std::int64_t> merged;   ///< ascending
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
  void take(std::uint64_t value, std::uint64_t epoch) {
    if (of_->windower == windowing::counting) return count(value, epoch);
    std::optional<std::int64_t> const at = date(value, epoch);
    if (!at) return;
    if (of_->late_by != end_of_time && (of_->all_credible || planned_windows::trusted(*at)))
      bound_ = std::max(bound_, *at - of_->late_by);
    if (*at >= bound_)
      accept({*at, value});
    else
      miss({*at, value}, epoch);
    close_until(bound_, epoch);
  }

  /// The time of a value that has one.
  std::optional<std::int64_t> date(std::uint64_t value, std::uint64_t epoch) {
    std::optional<std::int64_t> const at = of_->time_of(value);
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
    for (auto const& [id, bounds] : windows_at(*of_, next.at)) open_[id].push_back(next);
  }

  void close_until(std::int64_t bound, std::uint64_t epoch) { close(bound, spoke::on_time, epoch); }
  /// The input has ended.
  void end(std::uint64_t epoch) {
    if (!counted_.empty()) speak(before_, no_time, end_of_time, spoke::at_end, counted_, {}, epoch);
    counted_.clear();
    close(end_of_time, spoke::at_end, epoch);
  }

  std::vector<model_result> results;
  std::vector<model_late> late;

 private:
  struct one_session {
    std::vector<placed> values;
    std::int64_t first;
    std::int64_t last;
    std::set<std::int64_t> merged;
  };

  void count(std::uint64_t value, std::uint64_t epoch) {
    counted_.push_back({0, value});
    if (static_cast<std::int64_t>(counted_.size()) != of_->length) return;
    speak(before_, no_time, end_of_time, spoke::on_time, counted_, {}, epoch);
    before_ += of_->length;
    counted_.clear();
  }

  void miss(placed const& next, std::uint64_t epoch) {
    if (of_->windower == windowing::session) {
      late.push_back({-1, next.at, missed::behind, next.value, epoch});
      return;
    }
    for (auto const& [id, bounds] : windows_at(*of_, next.at))
      if (of_->while_open && bounds.second > bound_)
        open_[id].push_back(next);
      else
        late.push_back({id, next.at, missed::behind, next.value, epoch});
  }

  /// What is within the gap of a session is in it; two that it is within the gap of are one from then on.
  void extend_sessions(placed const& next) {
    auto const touches = [&](one_session const& each) {
      return next.at >= each.first - of_->length && next.at <= each.last + of_->length;
    };
    auto const at = std::find_if(sessions_.begin(), sessions_.end(), touches);
    if (at == sessions_.end()) {
      one_session const opened{{next}, next.at, next.at, {}};
      auto const is_later = [&](one_session const& each) { return each.first > next.at; };
      sessions_.insert(std::find_if(sessions_.begin(), sessions_.end(), is_later), opened);
      return;
    }
    at->values.push_back(next);
    at->first = std::min(at->first, next.at);
    at->last = std::max(at->last, next.at);
    auto const gone = std::next(at);
    if (gone == sessions_.end() || !touches(*gone)) return;
    if (!of_->ordered) {
      at->merged.insert(gone->first);
      at->merged.insert(gone->merged.begin(), gone->merged.end());
    }
    at->values.insert(at->values.end(), gone->values.begin(), gone->values.end());
    at->last = gone->last;
    sessions_.erase(gone);
  }

  void close(std::int64_t bound, spoke why, std::uint64_t epoch) {
    while (!sessions_.empty() && (why == spoke::at_end || sessions_.front().last + of_->length < bound)) {
      one_session const& next = sessions_.front();
      speak(next.first, next.first, next.last, why, next.values, {next.merged.begin(), next.merged.end()}, epoch);
      sessions_.erase(sessions_.begin());
    }
    while (!open_.empty()) {
      auto const& [id, values] = *open_.begin();
      auto const [open, close] = windows_at(*of_, values.front().at).at(id);
      if (why != spoke::at_end && close > bound) break;
      speak(id, open, close, why, values, {}, epoch);
      open_.erase(open_.begin());
    }
  }

  void speak(std::int64_t id, std::int64_t open, std::int64_t close, spoke why, std::vector<placed> values,
             std::vector<std::int64_t> merged, std::uint64_t epoch) {
    if (of_->ordered)
      std::stable_sort(values.begin(), values.end(), [](placed const& a, placed const& b) { return a.at < b.at; });
    model_result& said = results.emplace_back(model_result{id, open, close, why, {}, std::move(merged), epoch});
    for (placed const& each : values) said.values.push_back(each.value);
  }

  planned_windows const* of_;
  std::int64_t bound_ = no_time;
  std::map<std::int64_t, std::vector<placed>> open_;  ///< by id, which is the order of their closes
  std::vector<one_session> sessions_;                 ///< by time
  std::vector<placed> counted_;
  std::int64_t before_ = 0;
};

}  // namespace simulation
