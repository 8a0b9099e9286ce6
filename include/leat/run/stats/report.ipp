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

LEAT_INLINE stats_report::stats_report(execution& run, graph const& flow, options const& how)
    : run_(run), flow_(flow), how_(how), progress_(run, flow, how) {
  if (!how.stats_on_signal) return;
  stats_signal::of_process().listen({&print, this});
  listens_ = true;
}

LEAT_INLINE void stats_report::print(void* self) {
  auto const& mine = *static_cast<stats_report*>(self);
  mine.run_.world().log(stats_of(mine.run_, mine.flow_).table());
}

LEAT_INLINE void stats_report::stop() {
  if (std::exchange(listens_, false)) stats_signal::of_process().leave(this);
  progress_.stop();
}

LEAT_INLINE void stats_report::end() {
  stop();
  if (!how_.print_stats && !how_.on_stats) return;
  run_stats all = stats_of(run_, flow_);
  if (how_.print_stats) run_.world().log(all.table());
  if (how_.on_stats) how_.on_stats(std::move(all));
}

}  // namespace leat::detail
