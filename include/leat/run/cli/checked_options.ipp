// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/concat.hpp>
#include <leat/detail/lean_chrono.hpp>
#include <leat/error.hpp>
#include <leat/run/cli/checked_options.hpp>
#include <leat/run/options.hpp>

#include <algorithm>
#include <string>

namespace leat::detail {

LEAT_COLD options checked(options settings) {
  auto const refuse = [](char const* name, std::string const& reason) {
    throw flow_error(concat({"options::", name, " ", reason}));
  };
  auto const check_time = [&](char const* name, std::chrono::nanoseconds& time) {
    if (time < std::chrono::nanoseconds(0)) refuse(name, "is negative: it is how long something lasts");
    time = (std::min)(time, longest_time);
  };
  if (settings.workers > options::most_workers)
    refuse("workers", concat({"is ", std::to_string(settings.workers), ": ", std::to_string(options::most_workers),
                              " at most, in each process"}));
  if (settings.workers == 0) refuse("workers", "is 0: 1 at least");
  if (std::size_t const in_all = settings.addresses.size() * settings.workers; in_all > options::most_workers_in_all)
    refuse("workers", concat({"is ", std::to_string(settings.workers), ": ", std::to_string(settings.addresses.size()),
                              " processes have ", std::to_string(in_all), " then, and ",
                              std::to_string(options::most_workers_in_all), " in all are the most there can be"}));
  check_time("snapshot_interval", settings.snapshot_interval);
  check_time("spin", settings.spin);
  check_time("formation_timeout", settings.formation_timeout);
  check_time("suspect_after", settings.suspect_after);
  bool const never_given_up = settings.stop_timeout == (std::chrono::nanoseconds::max)();
  check_time("stop_timeout", settings.stop_timeout);
  if (never_given_up) settings.stop_timeout = (std::chrono::nanoseconds::max)();
  bool const never_dead = settings.dead_after == (std::chrono::nanoseconds::max)();
  check_time("dead_after", settings.dead_after);
  if (never_dead) settings.dead_after = (std::chrono::nanoseconds::max)();
  return settings;
}

LEAT_COLD void check_process(options const& options) {
  if (options.process < std::max<std::size_t>(options.addresses.size(), 1)) return;
  std::string const number = std::to_string(options.process);
  if (options.addresses.empty())
    throw flow_error(concat({"this is process ", number,
                             ", but there are no addresses: options::addresses says where each "
                             "process of the cluster listens; without a cluster it is process 0"}));
  throw flow_error(concat({"this is process ", number, ", but there are only ",
                           std::to_string(options.addresses.size()), " addresses; the first process is process 0"}));
}

}  // namespace leat::detail
