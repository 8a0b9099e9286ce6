// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>

namespace simulation {

/// What a function of the user's throws when the seed wants one to.
class planned_failure : public std::runtime_error {
 public:
  planned_failure() : std::runtime_error("the planned failure") {}
};
/// The same of somebody who throws what is no std::exception.
struct plain_failure {};

/// What of the user's is called.
enum class call : unsigned char { none, function, copy, encode, compare, write, flush };

/// One call that throws, wherever it happens to be.
struct mishap {
  call of = call::none;
  std::uint64_t after = 0;   ///< so many calls of its kind
  bool as_exception = true;  ///< it throws a std::exception
};

/// How far a source had come on one worker.
struct source_progress {
  std::size_t source = 0;
  unsigned worker = 0;
  std::uint64_t emitted = 0;
};

/// What can go wrong in a run apart from its functions' meeting a certain record, and what did. There is one, since
/// records and keys cannot carry what they do with them.
class hazards {
 public:
  /// Before a run. Only what is called between `arm` and `disarm` throws.
  void reset(mishap const& planned, bool huge_values, std::optional<std::uint64_t> key_that_is_nan) {
    *this = hazards();
    planned_ = planned;
    huge = huge_values;
    nan_key = key_that_is_nan;
  }
  void arm() { armed_ = true; }
  void disarm() { armed_ = false; }

  /// One more call of this kind, in a function of this step, where that is known.
  void meet(call of, std::optional<std::size_t> step = std::nullopt) {
    if (!armed_ || of != planned_.of || happened) return;
    if (planned_.after-- != 0) return;
    note_failure(step);
    if (planned_.as_exception) throw planned_failure();
    throw plain_failure();
  }

  /// A function of this step is about to throw.
  void note_failure(std::optional<std::size_t> step) {
    if (!armed_ || happened) return;
    happened = true;
    thrower = step;
  }

  bool happened = false;
  std::optional<std::size_t> thrower;  ///< the step whose function threw, if that is known
  std::optional<source_progress> source_stopped_at;
  bool huge = false;  ///< some values are 64 KiB
  std::optional<std::uint64_t> nan_key;
  std::uint64_t zeros = 0;  ///< keys that were zero so far: every second one is negative

 private:
  mishap planned_;
  bool armed_ = false;
};
inline hazards at_risk;

/// For as long as the engine runs.
class armed {
 public:
  armed() { at_risk.arm(); }
  armed(armed const&) = delete;
  armed& operator=(armed const&) = delete;
  ~armed() { at_risk.disarm(); }
};

/// Emits, and where the step is careless goes on though a later step threw.
template <class F>
void emitting(bool careless, F&& emit) {
  if (!careless) return emit();
  try {
    emit();
  } catch (...) {
  }
}

}  // namespace simulation
