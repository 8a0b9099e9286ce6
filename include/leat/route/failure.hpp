// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/error.hpp>

#include <cxxabi.h>

#include <cstdint>
#include <cstdlib>
#include <exception>
#include <memory>
#include <source_location>
#include <string>
#include <tuple>
#include <typeinfo>
#include <utility>

namespace leat::detail {

/// Why a process failed, as it tells the others.
struct process_failure {
  /// As they travel.
  using fields = std::tuple<std::uint32_t, std::uint32_t, std::uint64_t, std::string, std::string, std::uint8_t,
                            std::string, std::string>;

  process_failure() = default;
  explicit process_failure(fields all)
      : process(std::get<0>(all)), worker(std::get<1>(all)), epoch(std::get<2>(all)), step(std::get<3>(std::move(all))),
        text(std::get<4>(std::move(all))), status(std::get<5>(all)), cause(std::get<6>(std::move(all))),
        cause_type(std::get<7>(std::move(all))) {}

  fields all_fields() const { return {process, worker, epoch, step, text, status, cause, cause_type}; }

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

  /// Notes what the failure began with: the innermost exception that is nested in it.
  [[gnu::cold]] void note_cause(std::exception const& failure) {
    auto const* const holder = dynamic_cast<std::nested_exception const*>(&failure);
    if (holder == nullptr || !holder->nested_ptr()) return;
    try {
      holder->rethrow_nested();
    } catch (std::exception const& inner) {
      cause = inner.what();
      cause_type = readable(typeid(inner));
      note_cause(inner);
    } catch (...) {
      cause = "an exception that is not a std::exception";
      std::type_info const* const type = abi::__cxa_current_exception_type();
      cause_type = type != nullptr ? readable(*type) : "unknown";
    }
  }

  /// In another process: the same words, and whose they are.
  [[noreturn, gnu::cold]] void rethrow() const {
    if (is_of_cluster()) throw cluster_error(static_cast<cluster_error::status>(status), text);
    run_error const failure(text + "\n  as process " + std::to_string(process) + " says", step, std::source_location{},
                            worker, epoch);
    if (cause_type.empty()) throw failure;
    try {
      throw remote_cause(cause, cause_type);
    } catch (...) {
      std::throw_with_nested(failure);
    }
  }

  /// As it is written in a program.
  [[gnu::cold]] static std::string readable(std::type_info const& type) {
    int status = 0;
    std::unique_ptr<char, void (*)(void*)> const name(abi::__cxa_demangle(type.name(), nullptr, nullptr, &status),
                                                      &std::free);
    return name ? name.get() : type.name();
  }

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
