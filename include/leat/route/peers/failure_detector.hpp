// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/lean_chrono.hpp>
#include <leat/detail/lean_function.hpp>
#include <leat/detail/list.hpp>
#include <leat/op/running/time_points.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace leat::detail {

/// Seconds with at most one decimal, for people.
std::string seconds_text(std::chrono::nanoseconds time);

/// Which of the other processes are alive, by when something was last heard of them, and which of their workers have
/// been in one function for long. A process that was itself held up, and did not look, blames nobody for the time (the
/// local pause of Cassandra's failure detector).
class failure_detector {
 public:
  struct limits {
    std::chrono::nanoseconds suspect_after = std::chrono::seconds(5);
    std::chrono::nanoseconds dead_after = std::chrono::seconds(15);
    /// Without an end nothing is sent to be heard of either.
    bool watching() const { return dead_after != (std::chrono::nanoseconds::max)(); }
    /// Between two heartbeats.
    std::chrono::nanoseconds interval() const;
  };

  /// `log` takes lines for the person who started the run.
  failure_detector(limits bounds, std::size_t processes, std::size_t workers_of_each,
                   std::function<void(std::string const&)> log);

  /// At the beginning of each look at the connections. True when a heartbeat is due.
  bool look(steady_time now);
  /// The same for who does not look: true when a heartbeat is due. The time counts as one in which it was held up.
  bool is_due(steady_time now);
  /// Not asleep past this time.
  steady_time wake_at() const { return limits_.watching() && begun_ ? beat_at_ : never; }

  /// Something has come from it.
  void heard(unsigned process, steady_time now);
  /// Nothing is left to read of it. Throws cluster_error when it has been silent for too long.
  void judge(unsigned process, steady_time now);

  /// Its heartbeat brought this: by worker, how many turns it has begun and ended.
  void progress(unsigned process, std::span<std::uint64_t const> of_workers, steady_time now);

 private:
  struct at_work {
    std::uint64_t turns = 0;
    steady_time since{};
    bool told = false;
  };
  struct other {
    steady_time heard_at{};
    bool suspected = false;
    list<at_work> workers;
  };

  limits limits_;
  std::size_t workers_;
  std::function<void(std::string const&)> log_;
  list<other> others_;
  bool begun_ = false;
  steady_time looked_at_{};
  steady_time beat_at_{};
};

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/route/peers/failure_detector.ipp>
#endif
