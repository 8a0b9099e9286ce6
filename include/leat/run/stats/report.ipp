// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/run/execution.hpp>
#include <leat/run/options.hpp>
#include <leat/run/runtime.hpp>
#include <leat/run/stats.hpp>
#include <leat/run/stats/collect.hpp>
#include <leat/run/stats/report.hpp>
#include <leat/run/stats/stats_signal.hpp>

#include <utility>

namespace leat::detail {

LEAT_COLD stats_report::stats_report(execution& run, graph const& flow, options const& options)
    : run_(run), flow_(flow), options_(options), progress_(run, flow, options) {
  if (!options.stats_on_signal) return;
  stats_signal::of_process().listen({&print, this});
  listens_ = true;
}

LEAT_COLD void stats_report::print(void* self) {
  auto const& report = *static_cast<stats_report*>(self);
  report.run_.world().log(stats_of(report.run_, report.flow_).table());
}

LEAT_COLD void stats_report::stop() {
  if (std::exchange(listens_, false)) stats_signal::of_process().leave(this);
  progress_.stop();
}

LEAT_COLD void stats_report::end() {
  stop();
  if (!options_.print_stats && !options_.on_stats) return;
  run_stats stats = stats_of(run_, flow_);
  if (options_.print_stats) run_.world().log(stats.table());
  if (options_.on_stats) options_.on_stats(std::move(stats));
}

}  // namespace leat::detail
