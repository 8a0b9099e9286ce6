// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string>
#include <string_view>

namespace leat::detail {

void replace_all(std::string& in, std::string_view text, std::string_view with);

/// The T in how a compiler writes a function template's name.
std::string type_name_in(std::string_view whole);

/// How the compiler writes T, for messages: `std::pair<int, double>`.
template <class T>
std::string type_name() {
  return type_name_in(__PRETTY_FUNCTION__);
}

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/detail/type_name.ipp>
#endif
