// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/graph.hpp>
#include <leat/run/execution.hpp>
#include <leat/run/options.hpp>
#include <leat/run/stats/progress.hpp>

namespace leat::detail {

/// What a run tells of itself in numbers, as its options say.
class stats_report {
 public:
  stats_report(execution& run, graph const& flow, options const& options);
  stats_report(stats_report const&) = delete;
  stats_report& operator=(stats_report const&) = delete;

  ~stats_report() { stop(); }

  /// The run has ended, well or badly. On the thread that called it.
  void end();

 private:
  static void print(void* self);
  void stop();

  execution& run_;
  graph const& flow_;
  options const& options_;
  progress progress_;
  bool listens_ = false;
};

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/run/stats/report.ipp>
#endif
