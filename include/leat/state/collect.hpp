// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/concat.hpp>
#include <leat/detail/lean_chrono.hpp>
#include <leat/flow.hpp>
#include <leat/state/stateful_stage.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

namespace leat {

/// A key's values are passed on once none has come for this long. Each value puts the time off.
class inactive_for {
 public:
  /// More than zero.
  explicit inactive_for(std::chrono::nanoseconds time) : duration(time) {}
  /// By the steady clock.
  std::chrono::nanoseconds duration;
};

/// A key's values are passed on once the oldest has waited for this long, however many follow it.
class max_age {
 public:
  /// More than zero.
  explicit max_age(std::chrono::nanoseconds time) : duration(time) {}
  /// By the steady clock.
  std::chrono::nanoseconds duration;
};

namespace detail {

template <class V>
struct collected {
  std::vector<V> values;
  wall_time due;        ///< the inactivity runs out
  wall_time age_limit;  ///< the oldest has waited long enough

  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive & values & due & age_limit;
  }
};

template <class V>
class collect_logic {
 public:
  using state = collected<V>;
  using saved = state;
  static saved const& save(state const& kept) { return kept; }
  static state load(saved&& from) { return std::move(from); }

  collect_logic(std::optional<inactive_for> inactivity, std::optional<max_age> age, std::size_t most)
      : inactivity_(inactivity), age_(age), most_(most) {}

  void bind(step_context const& step) {
    worker_ = step.worker;
    begin_ = worker_->now();
    begin_on_the_wall_ = worker_->wall();
  }
  /// The wall's time of the beginning, going on steadily: setting the clock neither ends a wait nor lengthens it.
  void begin_batch() {
    now_ = begin_on_the_wall_ + std::chrono::duration_cast<wall_time::duration>(worker_->now() - begin_);
  }

  template <class Cell, class K, class Emit>
  void on_value(Cell& entry, K const& key, V&& value, Emit& emit_record) {
    state& kept = entry.state();
    if (kept.values.empty()) kept.age_limit = age_ ? later(age_->duration) : (wall_time::max)();
    kept.due = inactivity_ ? later(inactivity_->duration) : (wall_time::max)();
    kept.values.push_back(std::move(value));
    if (kept.values.size() >= most_) pass_on(entry, key, emit_record);
  }
  template <class Cell, class Emit>
  void on_end(Cell& entry, Emit& emit_record) {
    pass_on(entry, entry.key(), emit_record);
  }
  std::optional<steady_time> notify_at(state const& kept) const {
    wall_time const due = (std::min)(kept.due, kept.age_limit);
    auto const since_begin = due - begin_on_the_wall_;
    if (due == (wall_time::max)() || since_begin >= never - begin_) return std::nullopt;
    return begin_ + std::chrono::duration_cast<steady_time::duration>(since_begin);
  }
  template <class Cell, class Emit>
  void on_notify(Cell& entry, Emit& emit_record) {
    pass_on(entry, entry.key(), emit_record);
  }

 private:
  template <class Cell, class K, class Emit>
  void pass_on(Cell& entry, K const& key, Emit& emit_record) {
    emit_record(key, std::move(entry.state().values));
    entry.forget();
  }

  /// Saturates: a day may be far, never past the end of time.
  wall_time later(std::chrono::nanoseconds duration) const {
    return duration >= (wall_time::max)() - now_ ? (wall_time::max)()
                                                 : now_ + std::chrono::duration_cast<wall_time::duration>(duration);
  }

  std::optional<inactive_for> inactivity_;
  std::optional<max_age> age_;
  std::size_t most_;
  worker_services* worker_ = nullptr;
  steady_time begin_;
  wall_time begin_on_the_wall_;
  wall_time now_;
};

class collect_step {
 public:
  collect_step(step_name name, std::optional<inactive_for> inactivity, std::optional<max_age> age, std::size_t most)
      : name_(std::move(name)), inactivity_(inactivity), age_(age), most_(most) {
    if (most == 0) throw flow_error(concat({"collect needs a size of at least 1 (", place_of(name_.location), ")"}));
  }

  template <a_stream S>
  friend auto operator|(S&& up, collect_step self) {
    if constexpr (!can_meet_state<S>())
      return refused(up);
    else {
      using V = value_of_pair<record_of<S>>;
      return append_stateful<std::vector<V>>(std::forward<S>(up),
                                             collect_logic<V>(self.inactivity_, self.age_, self.most_),
                                             step_info("collect", self.name_));
    }
  }

 private:
  step_name name_;
  std::optional<inactive_for> inactivity_;
  std::optional<max_age> age_;
  std::size_t most_;
};

/// What a `collect` without a time becomes: a sentence.
struct timeless_collect {
  template <a_stream S>
  friend stream<poison> operator|(S&&, timeless_collect) {
    constexpr bool collect_has_a_time = silent<S>;
    static_assert(
        collect_has_a_time,
        "leat: collect(name, time, most): behind the name stand leat::inactive_for(time), leat::max_age(time), or "
        "both, and then how many values are passed on at once");
    return {};
  }
};

}  // namespace detail

/// Collects the values of a key into a vector and passes it on when it has `most` values, when none has come for a
/// while (`inactive_for`), when the oldest has waited long enough (`max_age`), or at the end of the input.
inline detail::collect_step collect(step_name name, inactive_for inactivity, std::size_t most) {
  return {std::move(name), inactivity, std::nullopt, most};
}
inline detail::collect_step collect(step_name name, max_age age, std::size_t most) {
  return {std::move(name), std::nullopt, age, most};
}
inline detail::collect_step collect(step_name name, inactive_for inactivity, max_age age, std::size_t most) {
  return {std::move(name), inactivity, age, most};
}
template <class Time, class... More>
  requires(!std::is_convertible_v<Time, step_name>)
detail::nameless_step collect(Time const&, More const&...) {
  return {};
}
template <detail::names_a_step Name, class Time, class... More>
  requires(!std::is_convertible_v<Time, inactive_for> && !std::is_convertible_v<Time, max_age>)
detail::timeless_collect collect(Name const&, Time const&, More const&...) {
  return {};
}

}  // namespace leat
