// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <exception>
#include <string>
#include <tuple>
#include <typeinfo>

namespace leat::detail {

/// Why a process failed, as it tells the others.
struct process_failure {
  /// As they travel.
  using fields = std::tuple<std::uint32_t, std::uint32_t, std::uint64_t, std::string, std::string, std::uint8_t,
                            std::string, std::string>;

  process_failure() = default;
  explicit process_failure(fields values);

  /// All of them fit into one frame, whatever an exception says.
  fields all_fields() const;

  /// That the cluster did not stay together, not that a step failed.
  bool is_of_cluster() const;

  /// Of two causes all processes name the same one: what failed in a step rather than what followed, then that of the
  /// lower process.
  bool outranks(process_failure const& other) const;

  /// Notes what the failure began with: the innermost exception that is nested in it.
  [[gnu::cold]] void note_cause(std::exception const& failure);

  /// In another process: the same words, and whose they are.
  [[noreturn, gnu::cold]] void rethrow() const;

  /// As it is written in a program.
  [[gnu::cold]] static std::string readable(std::type_info const& type);

  std::uint32_t process = 0;
  std::uint32_t worker = 0;
  std::uint64_t epoch = 0;
  std::string step;
  std::string text;
  std::uint8_t status = 1;  ///< what the program exits with
  std::string cause;        ///< what the exception says that the failure began with
  std::string cause_type;
};

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/route/control/failure.ipp>
#endif
