// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/list.hpp>
#include <leat/error.hpp>
#include <leat/op/stage.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <utility>

namespace leat::detail {

/// Seconds with at most one decimal, for people.
inline std::string seconds_text(std::chrono::nanoseconds time) {
  auto const tenths = std::chrono::duration_cast<std::chrono::milliseconds>(time).count() / 100;
  return std::to_string(tenths / 10) + (tenths % 10 == 0 ? "" : "." + std::to_string(tenths % 10)) + " s";
}

/// Which of the other processes are alive, by when something was last heard of them, and which of their workers have
/// been in one function for long. A process that was itself held up, and did not look, blames nobody for the time (the
/// local pause of Cassandra's failure detector).
class liveness {
 public:
  struct limits {
    std::chrono::nanoseconds suspect_after = std::chrono::seconds(5);
    std::chrono::nanoseconds dead_after = std::chrono::seconds(15);
    /// Without an end nothing is sent to be heard of either.
    bool watching() const { return dead_after != (std::chrono::nanoseconds::max)(); }
    /// Between two heartbeats.
    std::chrono::nanoseconds interval() const {
      return std::clamp<std::chrono::nanoseconds>((std::min)(suspect_after, dead_after) / 5, std::chrono::milliseconds(1),
                                                  std::chrono::seconds(1));
    }
  };

  /// `say` takes lines for the person who started the run.
  liveness(limits how, std::size_t processes, std::size_t workers_of_each, std::function<void(std::string const&)> say)
      : how_(how), workers_(workers_of_each), say_(std::move(say)) {
    for (std::size_t i = 0; i != processes; ++i) others_.emplace_back();
  }

  /// At the beginning of each look at the connections. True when a heartbeat is due.
  bool look(steady_time now) {
    if (!how_.watching()) return false;
    if (!begun_) {
      begun_ = true;
      for (other& one : others_) one.heard_at = now;
    } else if (now - looked_at_ > 2 * how_.interval()) {
      for (other& one : others_) one.heard_at = (std::min)(now, one.heard_at + (now - looked_at_));
    }
    looked_at_ = now;
    if (now < beat_at_) return false;
    beat_at_ = now + how_.interval();
    return true;
  }
  /// Not asleep past this time.
  steady_time wake_at() const { return how_.watching() && begun_ ? beat_at_ : never; }

  /// Something has come from it.
  void heard(unsigned process, steady_time now) {
    other& one = others_[process];
    one.heard_at = now;
    if (std::exchange(one.suspected, false)) say_("leat: process " + std::to_string(process) + " is heard of again");
  }
  /// Nothing is left to read of it. Throws cluster_error when it has been silent for too long.
  void judge(unsigned process, steady_time now) {
    if (!how_.watching()) return;
    other& one = others_[process];
    auto const silent = now - one.heard_at;
    if (silent >= how_.dead_after)
      throw cluster_error(cluster_error::status::lost, "process " + std::to_string(process) +
                                                           " was lost: nothing has been heard of it for " +
                                                           seconds_text(how_.dead_after));
    if (silent >= how_.suspect_after && !std::exchange(one.suspected, true))
      say_("leat: nothing has been heard of process " + std::to_string(process) + " for " +
           seconds_text(how_.suspect_after));
  }

  /// Its heartbeat brought this: by worker, how many turns it has begun and ended.
  void progress(unsigned process, std::span<std::uint64_t const> of_workers, steady_time now) {
    list<at_work>& known = others_[process].workers;
    while (known.size() < (std::min)(of_workers.size(), workers_)) known.emplace_back();
    for (std::size_t i = 0; i != known.size() && i != of_workers.size(); ++i) {
      at_work& worker = known[i];
      bool const in_a_turn = of_workers[i] % 2 != 0;
      if (!in_a_turn || of_workers[i] != worker.turns) {
        worker = at_work{of_workers[i], now, false};
      } else if (now - worker.since >= how_.suspect_after && !std::exchange(worker.told, true)) {
        say_("leat: process " + std::to_string(process) + " is alive, but a function of the flow has not returned on its "
             "worker " + std::to_string(process * workers_ + i) + " for " + seconds_text(how_.suspect_after));
      }
    }
  }

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

  limits how_;
  std::size_t workers_;
  std::function<void(std::string const&)> say_;
  list<other> others_;
  bool begun_ = false;
  steady_time looked_at_{};
  steady_time beat_at_{};
};

}  // namespace leat::detail
