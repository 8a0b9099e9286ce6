// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <exception>
#include <string>

namespace leat::detail {

/// What an exception says. Some have no text: `what()` is a null pointer then, which no string can be made of.
[[gnu::cold]] inline char const* exception_text(std::exception const& cause) noexcept {
  char const* const text = cause.what();
  return text != nullptr ? text : "an exception without a text";
}

inline constexpr char const* not_a_std_exception = "an exception that is not a std::exception";

/// The same of the exception that is being handled, whatever it is.
[[gnu::cold, gnu::noinline]] inline std::string text_of_current_exception() {
  try {
    throw;
  } catch (std::exception const& cause) {
    return exception_text(cause);
  } catch (...) {
    return not_a_std_exception;
  }
}

}  // namespace leat::detail
