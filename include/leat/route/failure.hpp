// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/error.hpp>

#include <cstdint>
#include <source_location>
#include <string>
#include <tuple>
#include <utility>

namespace leat::detail {

/// Why a process failed, as it tells the others.
struct process_failure {
  /// As they travel.
  using fields = std::tuple<std::uint32_t, std::uint32_t, std::uint64_t, std::string, std::string, std::uint8_t>;

  process_failure() = default;
  explicit process_failure(fields all)
      : process(std::get<0>(all)), worker(std::get<1>(all)), epoch(std::get<2>(all)), step(std::get<3>(std::move(all))),
        text(std::get<4>(std::move(all))), status(std::get<5>(all)) {}

  fields all_fields() const { return {process, worker, epoch, step, text, status}; }

  /// That the cluster did not stay together, not that a step failed.
  bool is_of_cluster() const {
    auto const why = static_cast<cluster_error::status>(status);
    return why == cluster_error::status::lost || why == cluster_error::status::refused;
  }

  /// Of two causes all processes name the same one: what failed in a step rather than what followed, then that of the
  /// lower process.
  bool outranks(process_failure const& other) const {
    return std::pair(is_of_cluster(), process) < std::pair(other.is_of_cluster(), other.process);
  }

  /// In another process: the same words, and whose they are.
  [[noreturn, gnu::cold]] void rethrow() const {
    if (is_of_cluster()) throw cluster_error(static_cast<cluster_error::status>(status), text);
    throw run_error(text + "\n  as process " + std::to_string(process) + " says", step, std::source_location{}, worker,
                    epoch);
  }

  std::uint32_t process = 0;
  std::uint32_t worker = 0;
  std::uint64_t epoch = 0;
  std::string step;
  std::string text;
  std::uint8_t status = 1;  ///< what the program exits with
};

}  // namespace leat::detail
