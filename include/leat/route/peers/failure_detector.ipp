// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/lean_chrono.hpp>
#include <leat/detail/lean_function.hpp>
#include <leat/detail/list.hpp>
#include <leat/error.hpp>
#include <leat/op/running/time_points.hpp>
#include <leat/route/peers/failure_detector.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>

namespace leat::detail {

LEAT_INLINE std::string seconds_text(std::chrono::nanoseconds time) {
  auto const tenths = std::chrono::duration_cast<std::chrono::milliseconds>(time).count() / 100;
  return std::to_string(tenths / 10) + (tenths % 10 == 0 ? "" : "." + std::to_string(tenths % 10)) + " s";
}

LEAT_INLINE std::chrono::nanoseconds failure_detector::limits::interval() const {
  return std::clamp<std::chrono::nanoseconds>((std::min)(suspect_after, dead_after) / 5, std::chrono::milliseconds(1),
                                              std::chrono::seconds(1));
}

LEAT_INLINE failure_detector::failure_detector(limits bounds, std::size_t processes, std::size_t workers_of_each,
                                               std::function<void(std::string const&)> log)
    : limits_(bounds), workers_(workers_of_each), log_(std::move(log)) {
  for (std::size_t i = 0; i != processes; ++i) others_.emplace_back();
}

LEAT_INLINE bool failure_detector::look(steady_time now) {
  if (!limits_.watching()) return false;
  if (!begun_) {
    begun_ = true;
    for (other& peer : others_) peer.heard_at = now;
  } else if (now - looked_at_ > 2 * limits_.interval()) {
    for (other& peer : others_) peer.heard_at = (std::min)(now, peer.heard_at + (now - looked_at_));
  }
  looked_at_ = now;
  return is_due(now);
}

LEAT_INLINE bool failure_detector::is_due(steady_time now) {
  if (!limits_.watching() || now < beat_at_) return false;
  beat_at_ = now + limits_.interval();
  return true;
}

LEAT_INLINE void failure_detector::heard(unsigned process, steady_time now) {
  other& peer = others_[process];
  peer.heard_at = now;
  if (std::exchange(peer.suspected, false)) log_("leat: process " + std::to_string(process) + " is heard of again");
}

LEAT_INLINE void failure_detector::judge(unsigned process, steady_time now) {
  if (!limits_.watching()) return;
  other& peer = others_[process];
  auto const silent = now - peer.heard_at;
  if (silent >= limits_.dead_after)
    throw cluster_error(cluster_error::status::lost, "process " + std::to_string(process) +
                                                         " was lost: nothing has been heard of it for " +
                                                         seconds_text(limits_.dead_after));
  if (silent >= limits_.suspect_after && !std::exchange(peer.suspected, true))
    log_("leat: nothing has been heard of process " + std::to_string(process) + " for " +
         seconds_text(limits_.suspect_after));
}

LEAT_INLINE void failure_detector::progress(unsigned process, std::span<std::uint64_t const> of_workers,
                                            steady_time now) {
  list<at_work>& known = others_[process].workers;
  while (known.size() < (std::min)(of_workers.size(), workers_)) known.emplace_back();
  for (std::size_t i = 0; i != known.size() && i != of_workers.size(); ++i) {
    at_work& worker = known[i];
    bool const in_a_turn = of_workers[i] % 2 != 0;
    if (!in_a_turn || of_workers[i] != worker.turns) {
      worker = at_work{of_workers[i], now, false};
    } else if (now - worker.since >= limits_.suspect_after && !std::exchange(worker.told, true)) {
      log_("leat: process " + std::to_string(process) +
           " is alive, but a function of the flow has not returned on its "
           "worker " +
           std::to_string(process * workers_ + i) + " for " + seconds_text(limits_.suspect_after));
    }
  }
}

}  // namespace leat::detail
