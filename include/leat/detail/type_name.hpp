// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace leat::detail {

inline void replace_all(std::string& in, std::string_view what, std::string_view with) {
  for (std::size_t at = in.find(what); at != std::string::npos; at = in.find(what, at + with.size()))
    in.replace(at, what.size(), with);
}

/// The T in how a compiler writes a function template's name.
[[gnu::noinline]] inline std::string type_name_in(std::string_view whole) {
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

/// How the compiler writes T, for messages: `std::pair<int, double>`.
template <class T>
std::string type_name() {
  return type_name_in(__PRETTY_FUNCTION__);
}

}  // namespace leat::detail
