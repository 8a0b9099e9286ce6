// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/list.hpp>
#include <leat/fwd.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>

/// What the running form of a step is made of. All of it lives on one worker and is called by no other thread.
namespace leat {

using steady_time = std::chrono::steady_clock::time_point;
using wall_time = std::chrono::system_clock::time_point;

namespace detail {

class blocking_work;
struct step_context;

inline constexpr steady_time never = (steady_time::max)();

/// Travels with the data, in order. A barrier closes its epoch: all that precedes it on every input is in the epoch,
/// nothing that follows is. `stop` and `end` count as every later barrier; `stop` says that the input was cut short
/// on request, so what a step only does at the real end of its input is left undone.
enum class mark_kind : std::uint8_t { barrier, stop, end };

struct mark {
  mark_kind kind = mark_kind::barrier;
  std::uint64_t epoch = 0;
  bool last() const { return kind != mark_kind::barrier; }
};

/// Where a batch of records goes next. One virtual call per batch, none per record.
template <class T>
class consumer {
 public:
  virtual ~consumer() = default;
  /// These records are the consumer's: it may move from them. They are gone when the call returns.
  virtual void take(T* records, std::size_t count) = 0;
  /// These records have other consumers still: read, copy what must be kept.
  virtual void look(T const* records, std::size_t count) = 0;
  virtual void arrive(mark which) = 0;
  /// False: nothing, mark or record, may be sent just now. Whoever began a batch when it was true may finish it.
  virtual bool ready() = 0;
};

/// The consumers of one stream. All look, the last one takes.
template <class T>
class fan_out {
 public:
  void add(consumer<T>& next) { consumers_.push_back(&next); }

  void take(T* records, std::size_t count) {
    std::size_t const consumers = consumers_.size();
    if (consumers == 0 || count == 0) return;
    for (std::size_t i = 0; i + 1 < consumers; ++i) at(i).look(records, count);
    at(consumers - 1).take(records, count);
  }
  void look(T const* records, std::size_t count) {
    if (count == 0) return;
    for (std::size_t i = 0; i != consumers_.size(); ++i) at(i).look(records, count);
  }
  void arrive(mark which) {
    for (std::size_t i = 0; i != consumers_.size(); ++i) at(i).arrive(which);
  }
  bool ready() {
    for (std::size_t i = 0; i != consumers_.size(); ++i)
      if (!at(i).ready()) return false;
    return true;
  }

 private:
  consumer<T>& at(std::size_t i) const { return *static_cast<consumer<T>*>(consumers_[i]); }

  pointers consumers_;
};

/// Anything a worker keeps alive for a step.
class running_step {
 public:
  running_step() = default;
  running_step(running_step const&) = delete;
  running_step& operator=(running_step const&) = delete;
  virtual ~running_step() = default;
};

/// What keeps a stage from its end that no other stage can help with: coroutines of the user's that wait.
struct held_up {
  step_context const* by = nullptr;  ///< null: nothing of the kind
  std::size_t records = 0;           ///< under way; 0: it cannot be told
  std::uint64_t got_through = 0;     ///< changes while it gets on
};

/// A part that the worker's loop visits: a source, the receiving end of an exchange, a coroutine, a step that has
/// more to emit than one call should. A turn makes what progress it can and never blocks.
class stage : public running_step {
 public:
  /// True when something was done.
  virtual bool turn() = 0;
  /// True once its last mark has been passed on: it is not visited again.
  virtual bool done() const = 0;
  /// The worker may not sleep past this time.
  virtual steady_time wake_at() { return never; }
  /// Asked while the run is being stopped, in order.
  virtual held_up holding() const { return {}; }
};

/// A stage that records are born in. The worker closes an epoch for all of its sources at one instant.
class source_stage : public stage {
 public:
  virtual bool ready_for_mark() = 0;
  virtual void close_epoch(mark which) = 0;
  /// Whether something was emitted since the last epoch was closed.
  virtual bool emitted() const = 0;
};

/// What a worker offers to the stages it runs: time, chance, waiting. Called from the worker's own turn, except `wake`.
class worker_services {
 public:
  worker_services(worker_services const&) = delete;
  worker_services& operator=(worker_services const&) = delete;
  virtual ~worker_services() = default;

  virtual unsigned index() const = 0;  ///< of this worker, over all processes
  virtual unsigned count() const = 0;  ///< workers, over all processes
  /// Sampled once per turn.
  virtual steady_time now() = 0;
  virtual wall_time wall() = 0;
  virtual std::uint64_t random() = 0;
  /// Whether the run was asked to stop.
  virtual bool stopping() const { return false; }
  /// From any thread: the worker takes another turn.
  virtual void wake() = 0;
  /// Another worker of this process was given something, or room: it is woken when this turn ends.
  virtual void wake_later(unsigned worker) = 0;
  /// A barrier of this epoch was seen: the worker closes its own soon.
  virtual void saw_epoch(std::uint64_t epoch) = 0;
  /// Has the work run where waiting is allowed, unless it has been abandoned by then. Throws std::runtime_error when it
  /// will not be run.
  virtual void block(std::shared_ptr<blocking_work> work) = 0;
  /// Wakes the worker once this descriptor can be read without waiting.
  virtual void wake_when_readable(int descriptor) = 0;
  /// Whether an error may show the record or the key that a function threw at.
  virtual bool shows_records() const { return true; }
  /// The run fails with this, whoever catches it on its way. The first cause counts.
  virtual void fail(std::exception_ptr cause) { (void)cause; }
  /// Throws what the run fails with, if it fails.
  virtual void rethrow_failure() {}

 protected:
  worker_services() = default;
};

/// Collects the marks of several inputs: tells when all have brought theirs, and which inputs must wait meanwhile
/// (aligned barriers, Chandy and Lamport 1985 as Flink aligns them).
class alignment {
 public:
  explicit alignment(std::size_t inputs);

  bool held(std::size_t input) const { return inputs_[input].held || inputs_[input].last; }

  /// True when `which` completes a mark, which `result` then is.
  bool arrive(std::size_t input, mark which, mark& result);

 private:
  struct one {
    bool held = false;
    bool last = false;
  };

  list<one> inputs_;
  std::size_t open_;
  bool stopped_ = false;
  mark newest_;
};

}  // namespace detail
}  // namespace leat

#ifndef LEAT_COMPILED
#include <leat/op/running/stage.ipp>
#endif
