// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/lean_chrono.hpp>
#include <leat/detail/lean_function.hpp>
#include <leat/detail/list.hpp>
#include <leat/detail/saturated_time.hpp>
#include <leat/op/running/stage.hpp>
#include <leat/op/running/step_context.hpp>
#include <leat/op/running/time_points.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

namespace leat::detail {

/// While a worker is being stopped, looks at what its stop waits for that may never come: coroutines of the user's.
/// They are told of after a while, and given up when they do not get on.
class stop_watch {
 public:
  struct limits {
    std::chrono::nanoseconds tell_after{};
    std::chrono::nanoseconds give_up_after{};  ///< the longest there is: never
  };

  /// Once a turn. Throws run_error when something is given up.
  template <class Stages>
  [[gnu::cold, gnu::noinline]] void look(Stages const& stages, steady_time now, limits bounds,
                                         std::function<void(std::string const&)> const& log) {
    if (begun_ == never) begun_ = now;
    steady_time next = never;
    std::size_t place = 0;
    for (auto const* of : stages) {
      if (places_.size() == place) places_.push_back({0, begun_, false});
      seen& before = places_[place++];
      held_up const held = of->done() ? held_up{} : of->holding();
      if (held.step == nullptr || held.got_through != before.got_through) {
        before.got_through = held.got_through;
        before.since = now;
      }
      if (held.step == nullptr) continue;
      if (now - before.since >= bounds.give_up_after) throw held.step->error(given_up(held, bounds.give_up_after));
      if (now - begun_ >= bounds.tell_after && !before.told) {
        before.told = true;
        log(waits(held, now - begun_));
      }
      if (!before.told) next = (std::min)(next, saturated_sum(begun_, bounds.tell_after));
      next = (std::min)(next, saturated_sum(before.since, bounds.give_up_after));
    }
    next_ = next;
  }
  steady_time wake_at() const { return next_; }

 private:
  struct seen {
    std::uint64_t got_through;
    steady_time since;  ///< it has not got on
    bool told;
  };

  static std::string under_way(held_up const& held);
  static std::string waits(held_up const& held, std::chrono::nanoseconds since);
  static std::string given_up(held_up const& held, std::chrono::nanoseconds limit);

  steady_time begun_ = never;
  steady_time next_ = never;
  list<seen> places_;
};

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/run/stop_watch.ipp>
#endif
