// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/concat.hpp>
#include <leat/op/running/file_range.hpp>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>

namespace leat::detail {

LEAT_COLD std::string name_of_range(std::string const& file, file_range const& range) {
  return concat({file, "[", std::to_string(range.number + 1), "/", std::to_string(range.count), "x",
                 std::to_string(range.block), "]"});
}

LEAT_COLD file_range range_of_name(std::string_view name) {
  std::size_t const begin = name.rfind('[');
  if (begin == std::string_view::npos) return {};
  std::uint64_t numbers[3] = {};
  char const* at = name.data() + begin;
  char const* const end = name.data() + name.size();
  for (int i = 0; i != 3; ++i) {
    if (*at != "[/x"[i]) return {};
    std::from_chars_result const read = std::from_chars(at + 1, end, numbers[i]);
    if (read.ec != std::errc{} || numbers[i] == 0 || read.ptr == end) return {};
    at = read.ptr;
  }
  if (*at != ']' || at + 1 != end || numbers[0] > numbers[1] || numbers[1] == 1) return {};
  return {numbers[0] - 1, numbers[1], numbers[2]};
}

LEAT_COLD std::string file_of_name(std::string_view name) {
  return std::string(range_of_name(name).whole() ? name : name.substr(0, name.rfind('[')));
}

}  // namespace leat::detail
