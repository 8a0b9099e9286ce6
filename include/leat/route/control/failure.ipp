// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/concat.hpp>
#include <leat/detail/exception_text.hpp>
#include <leat/error.hpp>
#include <leat/route/control/failure.hpp>

#include <cxxabi.h>

#include <cstdlib>
#include <exception>
#include <memory>
#include <source_location>
#include <string>
#include <string_view>
#include <typeinfo>
#include <utility>

namespace leat::detail {

LEAT_INLINE process_failure::process_failure(fields values)
    : process(std::get<0>(values)),
      worker(std::get<1>(values)),
      epoch(std::get<2>(values)),
      step(std::get<3>(std::move(values))),
      text(std::get<4>(std::move(values))),
      status(std::get<5>(values)),
      cause(std::get<6>(std::move(values))),
      cause_type(std::get<7>(std::move(values))) {}

LEAT_INLINE process_failure::fields process_failure::all_fields() const {
  auto const beginning = [](std::string const& field) {
    constexpr std::size_t most = 2u << 20;
    return field.size() <= most ? field : concat({std::string_view(field).substr(0, most), " ..."});
  };
  return {process, worker, epoch, beginning(step), beginning(text), status, beginning(cause), beginning(cause_type)};
}

LEAT_INLINE bool process_failure::is_of_cluster() const {
  auto const kind = static_cast<cluster_error::status>(status);
  return kind == cluster_error::status::lost || kind == cluster_error::status::refused;
}

LEAT_INLINE bool process_failure::outranks(process_failure const& other) const {
  return std::pair(is_of_cluster(), process) < std::pair(other.is_of_cluster(), other.process);
}

LEAT_INLINE void process_failure::note_cause(std::exception const& failure) {
  auto const* const holder = dynamic_cast<std::nested_exception const*>(&failure);
  if (holder == nullptr || !holder->nested_ptr()) return;
  try {
    holder->rethrow_nested();
  } catch (std::exception const& inner) {
    cause = exception_text(inner);
    cause_type = readable(typeid(inner));
    note_cause(inner);
  } catch (...) {
    cause = not_a_std_exception;
    std::type_info const* const type = abi::__cxa_current_exception_type();
    cause_type = type != nullptr ? readable(*type) : "unknown";
  }
}

LEAT_INLINE void process_failure::rethrow() const {
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

LEAT_INLINE std::string process_failure::readable(std::type_info const& type) {
  int status = 0;
  std::unique_ptr<char, void (*)(void*)> const name(abi::__cxa_demangle(type.name(), nullptr, nullptr, &status),
                                                    &std::free);
  return name ? name.get() : type.name();
}

}  // namespace leat::detail
