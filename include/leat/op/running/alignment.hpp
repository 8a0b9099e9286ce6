// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/list.hpp>
#include <leat/op/running/mark.hpp>

#include <cstddef>
#include <cstdint>

namespace leat::detail {

class worker_services;
struct step_info;

/// Collects the marks of several inputs of a step: tells when all have brought theirs, and which inputs must wait
/// meanwhile (aligned barriers, Chandy and Lamport 1985 as Flink aligns them).
class alignment {
 public:
  /// The step is named by errors; it and the worker live as long as this.
  alignment(std::size_t inputs, step_info const& step, worker_services const& on);

  bool held(std::size_t input) const { return inputs_[input].held || inputs_[input].last; }

  /// True when `arrived` is the last of its epoch; `passes` is the mark that goes on then. Every input closes the same
  /// epochs, one after the other, until its last mark. Throws run_error where an input closes another one.
  bool arrive(std::size_t input, mark arrived, mark& passes);

 private:
  struct input_state {
    bool held = false;
    bool last = false;
  };

  [[noreturn, gnu::cold]] void refuse(std::size_t input, std::uint64_t epoch) const;

  step_info const& step_;
  worker_services const& worker_;
  list<input_state> inputs_;
  std::size_t missing_;  ///< marks of this epoch
  bool began_ = false;   ///< a mark of this epoch has come
  bool stopped_ = false;
  std::uint64_t epoch_ = 0;
};

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/op/running/alignment.ipp>
#endif
