// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>  // IWYU pragma: keep

#include <cstdint>
#include <source_location>
#include <stdexcept>
#include <string>
#include <utility>

namespace leat {

/// Something is wrong with the flow as it was described: a bad name, no input, no output. Thrown while the flow
/// is built or before any source is touched, on the caller's thread.
class flow_error : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

/// What one run could not go on from: an exception that left a function of the user's, a source or a sink. `run`
/// throws it on the caller's thread once every worker has stopped. The exception that caused it is nested
/// (`std::rethrow_if_nested`), or a remote_cause where that was in another process.
class run_error : public std::runtime_error {
 public:
  /// Made by leat where a step fails; the cause is nested.
  run_error(std::string const& message, std::string step_path, std::source_location place, unsigned worker_index,
            std::uint64_t epoch_number)
      : std::runtime_error(message),
        step(std::move(step_path)),
        location(place),
        worker(worker_index),
        epoch(epoch_number) {}

  std::string step;               ///< full path of the step, `flow.step.inner`
  std::source_location location;  ///< where the step was written
  unsigned worker;                ///< index of the worker, over all processes
  std::uint64_t epoch;  ///< the epoch that was open at that step, from 1; 0: the run had not begun, or a channel failed
};

/// Whoever read this program's standard output does so no longer, as `head` does when it has seen enough. Nested in the
/// run_error of a `to::out`. `leat::main` ends as programs do by custom: without a word, by SIGPIPE unless that is
/// ignored.
class reader_gone : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// What stands for the cause of a failure in another process, nested in the run_error: the exception itself stays
/// there.
class remote_cause : public std::runtime_error {
 public:
  /// The text and the type of an exception of another process.
  remote_cause(std::string const& message, std::string type_of_cause)
      : std::runtime_error(message), type(std::move(type_of_cause)) {}

  std::string type;  ///< of the exception, as that process's compiler writes it: `std::out_of_range`
};

/// The processes of a cluster did not come together, or did not stay together.
class cluster_error : public run_error {
 public:
  /// What a program that ends for it exits with.
  enum class status : std::uint8_t {
    lost = 75,     ///< a process could not be reached in time, was lost, or has the store: to start again may help
    refused = 76,  ///< processes that do not belong together, or one that does not speak the protocol
  };

  /// With the exit code that `leat::main` ends with.
  cluster_error(status code, std::string const& message)
      : run_error(message, "", std::source_location{}, 0, 0), exit_status(code) {}

  /// What `leat::main` ends with: 75 for `lost`, 76 for processes that do not belong together.
  status exit_status;
};

}  // namespace leat
