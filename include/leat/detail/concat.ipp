// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/concat.hpp>

#include <initializer_list>
#include <string>
#include <string_view>

namespace leat::detail {

[[gnu::noinline]] LEAT_INLINE std::string concat(std::initializer_list<std::string_view> pieces) {
  std::string text;
  for (std::string_view const piece : pieces) text += piece;
  return text;
}

}  // namespace leat::detail
