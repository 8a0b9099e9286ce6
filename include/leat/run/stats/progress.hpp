// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/graph.hpp>
#include <leat/run/execution.hpp>
#include <leat/run/options.hpp>
#include <leat/run/threads/periodic_call.hpp>

#include <cstdint>
#include <string>

namespace leat::detail {

/// Shows how far a long run is, from a thread of its own, until it is destroyed: on a terminal one line that is
/// rewritten every second and is gone at the end, elsewhere a line every ten seconds.
class progress {
 public:
  progress(execution& run, graph const& flow, options const& options);
  progress(progress const&) = delete;
  progress& operator=(progress const&) = delete;
  ~progress() { stop(); }

  /// The line is gone once this returns.
  void stop();

 private:
  void show();
  std::string line();

  execution& run_;
  graph const& flow_;
  bool on_terminal_;
  std::uint64_t records_ = 0;  ///< at the last look
  std::uint64_t looked_ = 0;   ///< when that was, in nanoseconds of the run
  periodic_call shows_;        // ends before what it reads
};

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/run/stats/progress.ipp>
#endif
