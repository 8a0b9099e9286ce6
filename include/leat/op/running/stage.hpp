// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/op/running/mark.hpp>
#include <leat/op/running/time_points.hpp>

#include <cstddef>
#include <cstdint>

/// What the running form of a step is made of. All of it lives on one worker and is called by no other thread.
namespace leat::detail {

struct step_context;

/// Anything a worker keeps alive for a step. Those of many types say `[[gnu::cold, gnu::noinline]]` of their
/// destructors: each would be compiled once more for each way in which it can be called.
class running_step {
 public:
  running_step() = default;
  running_step(running_step const&) = delete;
  running_step& operator=(running_step const&) = delete;
  virtual ~running_step() = default;
};

/// A stage that cannot end because coroutines of the user wait, which no other stage can change.
struct held_up {
  step_context const* step = nullptr;  ///< null: the stage is not held up
  std::size_t records = 0;             ///< under way; 0: their number is not known
  std::uint64_t got_through = 0;       ///< changes while it gets on
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

  /// The last epoch that it, and what it calls, are done with.
  std::uint64_t passed() const { return passed_; }

 protected:
  /// It has passed this mark on.
  void note_passed(mark closing) { passed_ = closing.passed(); }

 private:
  std::uint64_t passed_ = 0;
};

/// A stage that records are born in. The worker closes an epoch for all of its sources at one instant.
class source_stage : public stage {
 public:
  virtual bool ready_for_mark() = 0;
  virtual void close_epoch(mark closing) = 0;
  /// Whether something was emitted since the last epoch was closed.
  virtual bool emitted() const = 0;
};

}  // namespace leat::detail
