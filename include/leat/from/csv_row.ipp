// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/concat.hpp>
#include <leat/detail/shown_text.hpp>
#include <leat/from/csv_record.hpp>
#include <leat/from/csv_row.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace leat::detail {

LEAT_INLINE std::size_t csv_header::find(std::string_view column) const {
  std::size_t found = columns.size();
  for (std::size_t i = 0; i != columns.size(); ++i) {
    if (columns[i] != column) continue;
    if (found != columns.size())
      throw std::runtime_error(concat({file, " has two columns named \"", shown(column), "\""}));
    found = i;
  }
  if (found == columns.size()) throw std::runtime_error(missing(column));
  return found;
}

LEAT_INLINE std::string csv_header::missing(std::string_view column) const {
  std::string message = concat({file, " has no column \"", shown(column), "\"; it has "});
  for (std::string const& each : columns)
    message += concat({&each == &columns.front() ? "\"" : ", \"", shown(each), "\""});
  return message;
}

}  // namespace leat::detail

namespace leat {

LEAT_INLINE std::string_view csv_row::operator[](std::size_t index) const {
  if (index >= size())
    throw std::runtime_error(detail::concat({header_->place(line_), ": there is no column ", std::to_string(index),
                                             "; there are ", std::to_string(size()), ", counted from 0"}));
  return fields_[index];
}

}  // namespace leat

namespace leat::detail {

LEAT_INLINE csv_row csv_as_row::read(std::shared_ptr<csv_header const> const& header, csv_fields& fields,
                                     std::uint64_t line) const {
  return {header, std::exchange(fields, {}), line};
}

}  // namespace leat::detail
