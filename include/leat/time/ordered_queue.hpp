// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/time/moment.hpp>

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

namespace leat::detail {

/// A value that waits for its time.
template <class V>
struct queued_value {
  queued_value() = default;
  queued_value(moment when, V&& waiting, bool in_a_result) : at(when), told(in_a_result), value(std::move(waiting)) {}

  moment at;
  bool told = false;  ///< a result at an end of the input had it in it
  V value;

  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive & at & told & value;
  }
};

/// How values of one time are ordered: as they come.
struct as_they_come {
  template <class V>
  bool operator()(V const&, V const&) const {
    return false;
  }
};

/// The values of a key in the order of their times, those of one time as `Before` says. What comes
/// nearly in order is put in its place from the back. What would have to go past many others waits in a tail, which is
/// sorted when values are taken out.
template <class V, class Before = as_they_come>
class ordered_queue {
 public:
  using element = queued_value<V>;

  void add(element&& given) {
    std::size_t const end = run_.size();
    std::size_t const stop = end - first_ > most_moved ? end - most_moved : first_;
    std::size_t place = end;
    if (tail_.empty())
      while (place != stop && comes_before(given, run_[place - 1])) --place;
    // What has come to the tail once is behind all of the run that has its time.
    if (!tail_.empty() || (place != first_ && comes_before(given, run_[place - 1]))) {
      first_of_tail_ = (std::min)(first_of_tail_, given.at);
      tail_.push_back(std::move(given));
    } else {
      run_.insert(run_.begin() + static_cast<std::ptrdiff_t>(place), std::move(given));
    }
  }

  /// Takes out what is not later than `bound`, in order.
  template <class F>
  void take_until(moment bound, F&& f) {
    if (next() > bound || empty()) return;
    if (!tail_.empty()) merge_tail();
    while (first_ != run_.size() && run_[first_].at <= bound) {
      element next(std::move(run_[first_++]));
      f(std::move(next));
    }
    if (first_ == run_.size()) {
      run_.clear();
      first_ = 0;
    } else if (first_ > run_.size() / 2) {
      run_.erase(run_.begin(), run_.begin() + static_cast<std::ptrdiff_t>(first_));
      first_ = 0;
    }
  }

  /// Of the value that is next; `moment::max()`: there is none.
  moment next() const { return first_ == run_.size() ? first_of_tail_ : (std::min)(run_[first_].at, first_of_tail_); }
  bool empty() const { return size() == 0; }
  std::size_t size() const { return run_.size() - first_ + tail_.size(); }

  /// In an order in which they can be added again.
  template <class F>
  void each(F&& f) const {
    for (std::size_t i = first_; i != run_.size(); ++i) f(run_[i]);
    for (element const& waiting : tail_) f(waiting);
  }

 private:
  static constexpr std::size_t most_moved = 64;

  static bool comes_before(element const& a, element const& b) {
    return a.at < b.at || (a.at == b.at && Before()(a.value, b.value));
  }

  /// Not by std::stable_sort and std::inplace_merge, whose temporary buffer is deprecated and warned of.
  void merge_tail() {
    std::vector<std::size_t> places(tail_.size());
    for (std::size_t i = 0; i != places.size(); ++i) places[i] = i;
    std::sort(places.begin(), places.end(), [this](std::size_t a, std::size_t b) {
      return comes_before(tail_[a], tail_[b]) || (!comes_before(tail_[b], tail_[a]) && a < b);
    });
    std::vector<element> merged;
    merged.reserve(size());
    for (std::size_t const place : places) {
      for (; first_ != run_.size() && !comes_before(tail_[place], run_[first_]); ++first_)
        merged.push_back(std::move(run_[first_]));
      merged.push_back(std::move(tail_[place]));
    }
    for (; first_ != run_.size(); ++first_) merged.push_back(std::move(run_[first_]));
    run_.swap(merged);
    first_ = 0;
    tail_.clear();
    first_of_tail_ = (moment::max)();
  }

  std::vector<element> run_;
  std::size_t first_ = 0;  ///< those before it have been taken out
  std::vector<element> tail_;
  moment first_of_tail_ = (moment::max)();
};

/// In place of a queue where values are applied as they come.
struct no_queue {};

}  // namespace leat::detail
