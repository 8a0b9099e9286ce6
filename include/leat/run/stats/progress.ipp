// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/concat.hpp>
#include <leat/detail/lean_chrono.hpp>
#include <leat/detail/shown_text.hpp>
#include <leat/detail/status_line.hpp>
#include <leat/graph.hpp>
#include <leat/run/execution.hpp>
#include <leat/run/options.hpp>
#include <leat/run/stats.hpp>
#include <leat/run/stats/collect.hpp>
#include <leat/run/stats/numbers.hpp>
#include <leat/run/stats/progress.hpp>
#include <leat/run/threads/periodic_call.hpp>

#include <unistd.h>

#include <cstdint>
#include <exception>
#include <string>

namespace leat::detail {

LEAT_COLD progress::progress(execution& run, graph const& flow, options const& options)
    : run_(run), flow_(flow), on_terminal_(::isatty(STDERR_FILENO) == 1) {
  if (options.progress == progress_line::never || (options.progress == progress_line::on_a_terminal && !on_terminal_))
    return;
  constexpr std::chrono::nanoseconds short_run(2'000'000'000);
  std::chrono::nanoseconds const interval(on_terminal_ ? 1'000'000'000 : 10'000'000'000);
  try {
    shows_.start(on_terminal_ ? short_run : interval, interval, [this] { show(); });
  } catch (std::exception const&) {  // without a thread to spare it is not shown
  }
}

LEAT_COLD void progress::stop() {
  if (!shows_.started()) return;
  shows_.close();
  if (on_terminal_) status_line::of_process().remove();
}

LEAT_COLD void progress::show() {
  std::string const text = shown(line());
  if (on_terminal_)
    status_line::of_process().show(text);
  else
    print_error_line(text);
}

LEAT_COLD std::string progress::line() {
  run_stats const stats = stats_of(run_, flow_);
  std::uint64_t records = 0;
  std::uint64_t read = 0;
  std::uint64_t known = 0;
  for (step_stats const& step : stats.steps) {
    if (step.kind == "input") records += step.out;
    read += step.bytes_read;
    known += step.bytes_in_files;
  }
  double const gone = static_cast<double>(stats.time - looked_) / 1e9;
  double const rate = gone > 0 ? static_cast<double>(records - records_) / gone : 0;
  records_ = records;
  looked_ = stats.time;
  std::string text = concat({"leat: ", stats.flow, ": ", with_commas(records), records == 1 ? " record" : " records",
                             " in, ", with_commas(static_cast<std::uint64_t>(rate)), " per second"});
  if (read > known) read = known;
  if (known != 0) text += concat({", ", std::to_string(read * 100 / known), " % of the files read"});
  return text + concat({", epoch ", std::to_string(stats.epoch)});
}

}  // namespace leat::detail
