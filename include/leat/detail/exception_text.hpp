// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <exception>

namespace leat::detail {

/// What an exception says. Some have no text: `what()` is a null pointer then, which no string can be made of.
[[gnu::cold]] inline char const* exception_text(std::exception const& cause) noexcept {
  char const* const text = cause.what();
  return text != nullptr ? text : "an exception without a text";
}

}  // namespace leat::detail
