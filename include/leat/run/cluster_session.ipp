// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/exception_text.hpp>
#include <leat/detail/lean_chrono.hpp>
#include <leat/detail/lean_function.hpp>
#include <leat/error.hpp>
#include <leat/graph.hpp>
#include <leat/run/cluster_session.hpp>
#include <leat/run/execution.hpp>
#include <leat/run/options.hpp>
#include <leat/run/session_driver.hpp>
#include <leat/run/threads/fence.hpp>
#include <leat/run/worker.hpp>

#include <algorithm>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace leat::detail {

LEAT_INLINE cluster_session::cluster_session(execution& run, std::shared_ptr<network> through,
                                             std::unique_ptr<cluster_formation> forming)
    : run_(run),
      alive_{run.settings().suspect_after, run.settings().dead_after},
      network_(std::move(through)),
      forming_(std::move(forming)) {
  if (run.settings().connections == connection_driver::own_thread)
    own_driver_ = std::make_unique<session_driver>(run, *this);
}

LEAT_INLINE cluster_session::cluster_session(execution& run, connections others)
    : cluster_session(run, nullptr, nullptr) {
  connected_ = std::move(others);
}

LEAT_INLINE cluster_session::connected_peers::connected_peers(execution& run, failure_detector::limits alive,
                                                              connections others, std::vector<frame_seals> seals)
    : peers({run.process(), alive, run.settings().workers, [&run](unsigned local) { return run.local(local).turns(); },
             [&run](std::string const& line) { run.world().log(line); }, std::move(seals)},
            std::move(others)),
      channels(peers, {run.settings().workers, run.flow().nodes().size(), run.parts().channel_bytes}),
      control(peers) {}

LEAT_INLINE bool cluster_session::connected_peers::turn(steady_time now, wake_function const& wake) {
  bool const progress = peers.turn(now);
  channels.wake_receivers(wake);
  return progress;
}

LEAT_INLINE steady_time cluster_session::connected_peers::wake_at() const {
  return control.failures_until() ? *control.failures_until() : peers.wake_at();
}

LEAT_INLINE void cluster_session::begin() {
  if (forming_)
    forming_->on_ready([this] { run_.wake_driver(); });
  else
    connect(std::move(connected_), {});
}

LEAT_INLINE void cluster_session::ignore_connections() {
  if (forming_) forming_->on_ready({});
  if (net_) net_->peers.on_ready({});
}

LEAT_INLINE bool cluster_session::stopped() const {
  std::lock_guard const lock(driving_);
  return !net_ || net_->control.stopped();
}

LEAT_INLINE void cluster_session::connect(connections others, std::vector<frame_seals> seals) {
  auto connected = std::make_unique<connected_peers>(run_, alive_, std::move(others), std::move(seals));
  {
    std::lock_guard const lock(driving_);  // after a failure others look at it, too
    net_ = std::move(connected);
  }
  run_.parts().net = &net_->channels;
  if (run_.recovered() != nullptr)
    run_.recovered()->meet(net_->peers, [this](std::function<void()> const& takes_long) {
      struct let_go {
        explicit let_go(std::mutex& of) : held(of) { held.unlock(); }
        let_go(let_go const&) = delete;
        let_go& operator=(let_go const&) = delete;
        ~let_go() { held.lock(); }
        std::mutex& held;
      } const meanwhile(driving_);
      takes_long();
    });
  net_->peers.on_ready([this] { run_.wake_driver(); });
}

LEAT_INLINE bool cluster_session::form(steady_time now) {
  if (run_.stopping()) forming_->stop(now);
  bool const progress = forming_->stopped(now) || forming_->turn(now);
  if (forming_->stopped(now)) {
    leave();
    run_.abandon();
    return true;
  }
  if (forming_->formed()) {
    std::vector<frame_seals> seals = forming_->seals();
    connect(forming_->take(), std::move(seals));
  }
  return progress;
}

LEAT_INLINE bool cluster_session::assemble() {
  steady_time const now = run_.world().now();
  if (!net_) {
    bool const progress = form(now);
    if (!net_) return progress;
  } else if (forming_) {
    forming_->turn(now);  // whoever comes now is told that it is late
  }
  std::unique_lock lock(driving_);
  if (!std::exchange(partitions_shared_, true)) {
    net_->turn(now, [](unsigned) {});
    share_partitions(lock);
    if (run_.failed()) return true;
  }
  bool const progress = net_->turn(run_.world().now(), [](unsigned) {});
  if (!net_->control.all_have_shared() || run_.failed()) return progress;
  std::vector<partition_lists const*> of_processes;
  for (unsigned process = 0; process != run_.process_count(); ++process)
    of_processes.push_back(&net_->control.lists_of(process));
  bool agreed_more = false;
  if (run_.recovered() != nullptr && !run_.recovered()->agree(of_processes, agreed_more))
    return progress || agreed_more;
  if (run_.failed()) return true;  // meanwhile
  build_workers(lock, of_processes);
  run_.wake_all();
  return true;
}

LEAT_INLINE void cluster_session::build_workers(std::unique_lock<std::mutex>& lock,
                                                std::vector<partition_lists const*> const& of_processes) {
  struct build {
    explicit build(cluster_session& owner, std::unique_lock<std::mutex>& held)
        : session(owner), driving(held), building(owner.building_) {
      session.builds_ = true;
      driving.unlock();
    }
    build(build const&) = delete;
    build& operator=(build const&) = delete;
    ~build() {
      building.unlock();
      driving.lock();
      session.builds_ = false;
    }
    cluster_session& session;
    std::unique_lock<std::mutex>& driving;
    std::unique_lock<std::mutex> building;
  } const under_way(*this, lock);
  run_.build_workers(of_processes);
}

LEAT_INLINE void cluster_session::wait_for_driver() const {
  // One after the other: who builds has taken the second before it lets go the first.
  driving_.lock();
  driving_.unlock();
  std::lock_guard const built(building_);
}

LEAT_INLINE void cluster_session::share_partitions(std::unique_lock<std::mutex>& lock) {
  if (alive_.watching()) run_.world().every(alive_.interval() / 4, [this] { drive_if_overdue(); });
  lock.unlock();
  partition_lists const own = run_.list_partitions();
  lock.lock();
  if (!run_.failed()) net_->control.share(own, run_.flow(), run_.parts().first_worker);
}

LEAT_INLINE bool cluster_session::turn(steady_time now, bool idle, wake_function const& wake) {
  // Whoever is busy looks rarely, since it is a call of the system, but soon enough.
  if (!idle && ++turns_ % 4 != 0 && now - turned_at_ < std::chrono::microseconds(100)) return false;
  turned_at_ = now;
  if (forming_ && now - formation_turned_at_ >= std::chrono::milliseconds(1)) {
    formation_turned_at_ = now;
    forming_->turn(now);
  }
  std::lock_guard const lock(driving_);
  bool const finished = run_.all_workers_finished();  // before what is kept is sent: nothing follows the goodbye
  bool const kept = run_.recovered() != nullptr && run_.recovered()->turn();
  if (run_.stopping()) net_->control.send_stop();
  if (finished) net_->control.send_goodbye();
  // Not the time at which a worker's turn began: a function may have taken long since, and `drive_if_overdue` have
  // looked.
  bool const progress = net_->turn(run_.world().now(), wake);
  if (net_->control.stop_received() && !run_.stopping()) run_.stop();
  return progress || kept;
}

LEAT_INLINE bool cluster_session::may_leave() {
  std::lock_guard const lock(driving_);
  if (!net_->control.may_disconnect()) return false;
  leave();
  return true;
}

LEAT_INLINE void cluster_session::leave() {
  if (net_) net_->peers.close();
  forming_.reset();
  network_.reset();
}

LEAT_INLINE void cluster_session::drive_if_overdue() {
  std::unique_lock const lock(driving_, std::try_to_lock);
  if (!lock.owns_lock()) return;
  steady_time const now = run_.world().now();
  bool const overdue = now > net_->wake_at() && now - net_->wake_at() > alive_.interval() / 4;
  try {
    if (run_.failed())
      net_->control.exchange_failures(failure_of_run(), now);
    else if (overdue && builds_)
      net_->peers.write_only(now);
    else if (overdue)
      net_->turn(now, [this](unsigned woken) {
        full_fence();
        run_.wake(woken);
      });
  } catch (...) {
    run_.fail(std::current_exception());
  }
}

LEAT_INLINE bool cluster_session::exchange_failures() {
  std::lock_guard const lock(driving_);
  try {
    if (net_ && !net_->control.exchange_failures(failure_of_run(), run_.world().now())) return false;
  } catch (...) {  // then it is sent no more
  }
  leave();
  try {
    if (net_) net_->control.rethrow_chosen_cause();
  } catch (...) {
    run_.replace_cause(std::current_exception());
  }
  return true;
}

LEAT_INLINE process_failure cluster_session::failure_of_run() const {
  process_failure failure;
  failure.process = run_.process();
  failure.worker = run_.parts().first_worker;
  try {
    run_.rethrow();
  } catch (cluster_error const& cause) {
    failure.text = cause.what();
    failure.status = static_cast<std::uint8_t>(cause.exit_status);
  } catch (run_error const& cause) {
    failure.worker = cause.worker;
    failure.epoch = cause.epoch;
    failure.step = cause.step;
    failure.text = cause.what();
    failure.note_cause(cause);
  } catch (...) {
    failure.text = text_of_current_exception();
  }
  return failure;
}

LEAT_INLINE steady_time cluster_session::wake_at() const {
  steady_time const forming = forming_ && !run_.failed() ? forming_->wake_at() : never;
  std::lock_guard const lock(driving_);
  return net_ ? (std::min)(forming, net_->wake_at()) : forming;
}

LEAT_INLINE void cluster_session::add_awaited(std::vector<awaited>& descriptors) const {
  if (forming_) forming_->add_awaited(descriptors);
  std::lock_guard const lock(driving_);
  if (net_) net_->peers.add_awaited(descriptors);
}

}  // namespace leat::detail
