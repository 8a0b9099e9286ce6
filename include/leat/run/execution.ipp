// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/exception_text.hpp>
#include <leat/error.hpp>
#include <leat/graph.hpp>
#include <leat/op/running/test_overrides.hpp>
#include <leat/op/running/step_context.hpp>
#include <leat/route/partitions.hpp>
#include <leat/run/cli/checked_options.hpp>
#include <leat/run/cluster_support.hpp>
#include <leat/run/execution.hpp>
#include <leat/run/used_files.hpp>
#include <leat/run/worker.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace leat::detail {

LEAT_INLINE execution::execution(graph const& flow, options const& how, runtime& world, unsigned process,
                                 unsigned processes, join_function join)
    : flow_(flow),
      how_(checked(how)),
      world_(world),
      process_(process),
      processes_(processes),
      join_(std::move(join)) {
  how_.workers = (std::max)(how_.workers, 1u);
  parts_.batch_records = how_.batch_size;
  parts_.channel_bytes = std::clamp<std::size_t>(how_.channel_bytes, 1, options::most_channel_bytes);
  parts_.channel_packets = std::max<std::size_t>(1, parts_.channel_bytes / packet_bytes);
  parts_.first_worker = process * how_.workers;
  parts_.local_workers = how_.workers;
}

LEAT_INLINE void execution::meet(std::shared_ptr<network> through) {
  door_ = std::move(through);
  processes_ = static_cast<unsigned>(how_.addresses.size());
  forming_ = support_of_clusters().meet(
      flow_, how_, *door_, [this] { return world_.seed(); }, [this](std::string const& line) { world_.log(line); });
}

LEAT_INLINE execution::~execution() {
  if (forming_) forming_->on_ready({});
  if (net_) net_->on_ready({});
}

LEAT_INLINE void execution::build() {
  flow_.refuse_unfinished();
  if (parts_.test != nullptr) parts_.test->refuse_mistakes(flow_);
  for (unsigned i = 0; i != how_.workers; ++i)
    workers_.push_back(std::make_unique<worker>(*this, parts_.first_worker + i));
  working_.store(how_.workers, std::memory_order_relaxed);

  if (processes_ > 1) {
    if (forming_)
      forming_->on_ready([first = workers_.front().get()] { first->wake(); });
    else
      connect();
  } else {
    own_partitions_ = list_partitions();
    build_workers();
  }
}

LEAT_INLINE void execution::connect() {
  peers::settings how;
  how.process = process_;
  how.workers = how_.workers;
  how.channel_bytes = parts_.channel_bytes;
  how.alive = {how_.suspect_after, how_.dead_after};
  how.turns_of = [this](unsigned local) { return workers_[local]->turns(); };
  how.log = [this](std::string const& line) { world_.log(line); };
  std::unique_ptr<peers> joined = forming_ ? forming_->join(flow_, std::move(how)) : join_(flow_, std::move(how));
  {
    std::lock_guard const lock(talking_);  // after a failure the other workers look at it, too
    net_ = std::move(joined);
  }
  parts_.net = net_.get();
  net_->on_ready([first = workers_.front().get()] { first->wake(); });
}

/// In the lists that processes share: what hinders the one from opening partitions of this step, as pairs of a partition
/// and a sentence.
inline constexpr std::uint32_t obstacles_of = 0x80000000u;

LEAT_INLINE partition_lists execution::list_partitions() {
  partition_lists result;
  file_system& files = world_.files();
  used_files used;
  for (auto const& described : flow_.nodes()) {
    if (parts_.test != nullptr && parts_.test->replaces(described->step())) continue;
    step_context const step(described->step(), *workers_.front());
    auto const id = static_cast<std::uint32_t>(described->id);
    guarded(step, [&] {
      if (!described->has_partitions()) {
        described->check_part({}, files);
        used.add(*described, {}, files);
        return;
      }
      std::vector<std::string> parts = described->list_parts(files);
      std::vector<std::string> obstacles;
      for (std::string const& part : parts) {
        used.add(*described, part, files);
        std::string why = obstacle_to(*described, part, files);
        if (why.empty()) continue;
        if (processes_ == 1) throw std::runtime_error(why);
        obstacles.push_back(part);
        obstacles.push_back(std::move(why));
      }
      result.emplace_back(id, std::move(parts));
      if (!obstacles.empty()) result.emplace_back(id | obstacles_of, std::move(obstacles));
    });
  }
  used.refuse_conflicts(*workers_.front());
  return result;
}

LEAT_INLINE void execution::refuse_obstacles(std::uint32_t id, owned_partitions const& owned) const {
  if (!net_) return;
  for (unsigned process = 0; process != processes_; ++process)
    for (auto const& [of, pairs] : net_->lists_of(process))
      for (std::size_t i = 0; of == (id | obstacles_of) && i + 1 < pairs.size(); i += 2)
        for (auto const& [part, owner] : owned)
          if (part == pairs[i] && owner / how_.workers == process) throw std::runtime_error(pairs[i + 1]);
}

LEAT_INLINE void execution::share_out_partitions() {
  for (auto const& [id, own] : own_partitions_) {
    if ((id & obstacles_of) != 0) continue;
    step_context const step(flow_.nodes()[id]->step(), *workers_.front());
    std::vector<std::vector<std::string>> offered;
    for (unsigned process = 0; process != processes_; ++process) {
      std::vector<std::string> of_process = process == process_ ? own : std::vector<std::string>();
      if (process != process_)
        for (auto const& [other_id, names] : net_->lists_of(process))
          if (other_id == id) of_process = names;
      offered.insert(offered.end(), how_.workers, of_process);
    }
    guarded(step, [&] {
      parts_.owners[step.name] = assign_partitions(offered);
      if (parts_.owners[step.name].empty()) throw flow_error("it has no partitions");
      refuse_obstacles(id, parts_.owners[step.name]);
    });
  }
}

LEAT_INLINE void execution::build_workers() {
  share_out_partitions();
  for (auto const& w : workers_) w->build(flow_);
  assembled_.store(true, std::memory_order_release);
}

LEAT_INLINE bool execution::assemble(worker& by) {
  if (!is_first(by)) return false;
  if (!net_) {
    if (stopping()) forming_->stop(by.now());
    bool const progress = forming_->stopped(by.now()) || forming_->turn(by.now());
    if (forming_->stopped(by.now())) {
      leave();
      abandoned_.store(true, std::memory_order_release);
      wake_all();
      return true;
    }
    if (!forming_->formed()) return progress;
    connect();
  } else if (forming_) {
    forming_->turn(by.now());  // whoever comes now is told that it is late
  }
  std::unique_lock lock(talking_);
  if (!std::exchange(shared_partitions_, true)) {
    net_->turn(by.now());
    failure_detector::limits const alive{how_.suspect_after, how_.dead_after};
    if (alive.watching()) world_.every(alive.interval() / 4, [this] { stand_in_for_the_first(); });
    lock.unlock();  // a source may take long to find its partitions
    own_partitions_ = list_partitions();
    lock.lock();
    if (failed()) return true;
    net_->share(own_partitions_);
  }
  bool const progress = net_->turn(world_.now());
  if (!net_->all_have_shared() || failed()) return progress;
  build_workers();
  wake_all();
  return true;
}

LEAT_INLINE void execution::one_has_finished() {
  if (working_.fetch_sub(1, std::memory_order_acq_rel) == 1 && net_) workers_.front()->wake();
}

LEAT_INLINE bool execution::is_first(worker const& by) const { return by.index() == parts_.first_worker; }

LEAT_INLINE steady_time execution::talk_at(worker const& by) const {
  if (!is_first(by)) return never;
  steady_time const door = forming_ ? forming_->wake_at() : never;
  std::lock_guard const lock(talking_);
  return net_ ? (std::min)(door, net_->wake_at()) : door;
}

LEAT_INLINE steady_time execution::wind_up_until() const {
  std::lock_guard const lock(talking_);
  return net_ ? net_->wake_at() : never;
}

LEAT_INLINE void execution::add_awaited(worker const& by, std::vector<awaited>& all) const {
  if (!is_first(by)) return;
  if (forming_) forming_->add_awaited(all);
  std::lock_guard const lock(talking_);
  if (net_) net_->add_awaited(all);
}

LEAT_INLINE bool execution::talk(worker& first, bool idle) {
  if (!net_ || !is_first(first)) return false;
  // Whoever is busy talks rarely, since it is a call of the system, but soon enough.
  if (!idle && ++turns_ % 4 != 0 && first.now() - talked_at_ < std::chrono::microseconds(100)) return false;
  talked_at_ = first.now();
  if (forming_ && talked_at_ - door_at_ >= std::chrono::milliseconds(1)) {
    door_at_ = talked_at_;
    forming_->turn(door_at_);
  }
  std::lock_guard const lock(talking_);
  if (stopping()) net_->send_stop();
  if (working_.load(std::memory_order_acquire) == 0) net_->send_goodbye();
  // Not the time at which the turn began: a function may have taken long since, and the stand-in have looked.
  bool const progress = net_->turn(world_.now());
  for (unsigned const other : net_->to_wake()) first.wake_later(other);
  if (net_->stop_received() && !stopping()) stop();
  return progress;
}

LEAT_INLINE bool execution::may_leave(unsigned index) {
  if (!net_ || index != parts_.first_worker) return true;
  std::lock_guard const lock(talking_);
  if (!net_->parted()) return false;
  leave();
  return true;
}

LEAT_INLINE void execution::leave() {
  if (net_) net_->close();
  forming_.reset();
  door_.reset();
}

LEAT_INLINE void execution::stand_in_for_the_first() {
  std::unique_lock const lock(talking_, std::try_to_lock);
  if (!lock.owns_lock()) return;
  steady_time const now = world_.now();
  failure_detector::limits const alive{how_.suspect_after, how_.dead_after};
  bool const overdue = now > net_->wake_at() && now - net_->wake_at() > alive.interval() / 4;
  try {
    if (failed()) {
      net_->tell_failure(failure_of(*workers_.front()), now);
    } else if (overdue) {
      net_->turn(now);
      for (unsigned const other : net_->to_wake()) workers_[other - parts_.first_worker]->wake();
    }
  } catch (...) {
    fail(std::current_exception());
  }
}

LEAT_INLINE bool execution::wind_up(worker& by) {
  // Also for another worker: whoever ends destroys its parts, which the first one may be building at this moment.
  std::lock_guard const lock(talking_);
  if (!is_first(by)) return true;
  try {
    if (net_ && !net_->tell_failure(failure_of(by), by.now())) return false;
  } catch (...) {  // then it is told no more
  }
  leave();
  try {
    if (net_) net_->fail_as_all();
  } catch (...) {
    std::lock_guard const failing(failing_);
    cause_ = std::current_exception();
  }
  return true;
}

LEAT_INLINE process_failure execution::failure_of(worker& by) {
  process_failure why;
  why.process = process_;
  why.worker = by.index();
  try {
    rethrow();
  } catch (cluster_error const& cause) {
    why.text = cause.what();
    why.status = static_cast<std::uint8_t>(cause.exit_status);
  } catch (run_error const& cause) {
    why.worker = cause.worker;
    why.epoch = cause.epoch;
    why.step = cause.step;
    why.text = cause.what();
    why.note_cause(cause);
  } catch (std::exception const& cause) {
    why.text = exception_text(cause);
  } catch (...) {
    why.text = "an exception that is not a std::exception";
  }
  return why;
}

LEAT_INLINE std::vector<runnable*> execution::workers() {
  std::vector<runnable*> all;
  all.reserve(workers_.size());
  for (auto const& w : workers_) all.push_back(w.get());
  return all;
}

LEAT_INLINE void execution::stop() {
  stopping_.store(true, std::memory_order_release);
  wake_all();
}

LEAT_INLINE void execution::fail(std::exception_ptr cause) {
  {
    std::lock_guard const lock(failing_);
    if (!cause_) cause_ = std::move(cause);
  }
  failed_.store(true, std::memory_order_release);
  wake_all();
}

LEAT_INLINE void execution::rethrow() {
  std::exception_ptr cause;
  {
    std::lock_guard const lock(failing_);
    cause = cause_;
  }
  if (cause) std::rethrow_exception(cause);
}

LEAT_INLINE void execution::wake(unsigned index) { world_.wake(*workers_[index - parts_.first_worker]); }

LEAT_INLINE void execution::wake_all() {
  for (auto const& w : workers_) w->wake();
}

}  // namespace leat::detail
