// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/exception_text.hpp>
#include <leat/error.hpp>
#include <leat/run/cli/error_text.hpp>

#include <exception>
#include <string>
#include <utility>

namespace leat {

LEAT_COLD std::string error_text(std::exception const& failure) {
  std::string text = detail::exception_text(failure);
  std::string last = text;
  std::exception_ptr next;
  auto nested_in = [](std::exception const& outer) -> std::exception_ptr {
    auto const* const holder = dynamic_cast<std::nested_exception const*>(&outer);
    return holder != nullptr ? holder->nested_ptr() : nullptr;
  };
  for (next = nested_in(failure); next;) {
    try {
      std::rethrow_exception(std::exchange(next, nullptr));
    } catch (std::exception const& inner) {
      std::string const cause = detail::exception_text(inner);
      bool const from_elsewhere = dynamic_cast<remote_cause const*>(&inner) != nullptr && last.find(cause) != last.npos;
      if (!last.ends_with(cause) && !from_elsewhere) text += "\n  because: " + cause;
      last = cause;
      next = nested_in(inner);
    } catch (...) {
      if (!last.ends_with(detail::not_a_std_exception))
        text += "\n  because: " + std::string(detail::not_a_std_exception);
    }
  }
  return text;
}

}  // namespace leat
