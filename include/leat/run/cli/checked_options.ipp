// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/concat.hpp>
#include <leat/error.hpp>
#include <leat/run/cli/checked_options.hpp>
#include <leat/run/options.hpp>

#include <algorithm>
#include <chrono>
#include <string>

namespace leat::detail {

LEAT_INLINE options checked(options how) {
  auto const refuse = [](char const* name, std::string const& why) {
    throw flow_error(concat({"options::", name, " ", why}));
  };
  auto const check_time = [&](char const* name, std::chrono::nanoseconds& time) {
    if (time < std::chrono::nanoseconds(0)) refuse(name, "is negative: it is how long something lasts");
    time = (std::min)(time, longest_time);
  };
  if (how.workers > options::most_workers)
    refuse("workers", concat({"is ", std::to_string(how.workers), ": ", std::to_string(options::most_workers),
                              " at most, in each process"}));
  if (how.workers == 0) refuse("workers", "is 0: 1 at least");
  if (std::size_t const in_all = how.addresses.size() * how.workers; in_all > options::most_workers_in_all)
    refuse("workers", concat({"is ", std::to_string(how.workers), ": ", std::to_string(how.addresses.size()),
                              " processes have ", std::to_string(in_all), " then, and ",
                              std::to_string(options::most_workers_in_all), " in all are the most there can be"}));
  check_time("snapshot_interval", how.snapshot_interval);
  check_time("spin", how.spin);
  check_time("formation_timeout", how.formation_timeout);
  check_time("suspect_after", how.suspect_after);
  bool const never_given_up = how.stop_timeout == (std::chrono::nanoseconds::max)();
  check_time("stop_timeout", how.stop_timeout);
  if (never_given_up) how.stop_timeout = (std::chrono::nanoseconds::max)();
  bool const never_dead = how.dead_after == (std::chrono::nanoseconds::max)();
  check_time("dead_after", how.dead_after);
  if (never_dead) how.dead_after = (std::chrono::nanoseconds::max)();
  return how;
}

LEAT_INLINE void check_process(options const& how) {
  if (how.process < std::max<std::size_t>(how.addresses.size(), 1)) return;
  std::string const number = std::to_string(how.process);
  if (how.addresses.empty())
    throw flow_error(concat({"this is process ", number,
                             ", but there are no addresses: options::addresses says where each "
                             "process of the cluster listens; without a cluster it is process 0"}));
  throw flow_error(concat({"this is process ", number, ", but there are only ", std::to_string(how.addresses.size()),
                           " addresses; the first process is process 0"}));
}

}  // namespace leat::detail
