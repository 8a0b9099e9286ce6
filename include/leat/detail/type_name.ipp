// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/type_name.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace leat::detail {

LEAT_COLD void replace_all(std::string& in, std::string_view text, std::string_view with) {
  for (std::size_t at = in.find(text); at != std::string::npos; at = in.find(text, at + with.size()))
    in.replace(at, text.size(), with);
}

[[gnu::noinline]] LEAT_COLD std::string type_name_in(std::string_view whole) {
  std::size_t const from = whole.find("T = ") + 4;
  std::size_t depth = 0;
  std::size_t to = from;
  for (; to != whole.size(); ++to) {
    char const c = whole[to];
    if (c == '<' || c == '(' || c == '[') ++depth;
    if (depth == 0 && (c == ';' || c == ']')) break;
    if (c == '>' || c == ')' || c == ']') --depth;
  }
  std::string name(whole.substr(from, to - from));
  replace_all(name, "__cxx11::", "");
  replace_all(name, "basic_string<char>", "string");
  return name;
}

}  // namespace leat::detail
