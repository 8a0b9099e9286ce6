// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/to/csv.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace leat::detail {

LEAT_INLINE void quote_field(std::string& to, std::size_t begin, char separator, bool alone) {
  std::string_view const field = std::string_view(to).substr(begin);
  bool special = field.empty() && alone;
  if (!field.empty())
    special = field.front() == ' ' || field.front() == '\t' || field.back() == ' ' || field.back() == '\t' ||
              static_cast<unsigned char>(field.front()) == 0xef || static_cast<unsigned char>(field.front()) >= 0xfe;
  for (char const c : field) special = special || c == separator || c == '"' || c == '\n' || c == '\r';
  if (!special) return;
  std::string quoted = "\"";
  for (char const c : field) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  quoted += '"';
  to.replace(begin, std::string::npos, quoted);
}

}  // namespace leat::detail
