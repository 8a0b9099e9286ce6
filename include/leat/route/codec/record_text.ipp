// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/route/codec/describing_archive.hpp>
#include <leat/route/codec/record_text.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace leat::detail {

LEAT_INLINE std::string record_text::of(void (*describe)(record_description&)) {
  record_text to;
  try {
    describe(to);
  } catch (...) {
    // Made-up values did not please a `serialize`: as far as it came is better than nothing.
    to.text_ += " ...";
  }
  return to.text_;
}

LEAT_INLINE void record_text::open(shape_name const& shape) {
  std::string begin(1, shape.letter);
  if (shape.number != 0) begin += std::to_string(shape.number);
  if (shape.divisor != 0) begin += "/" + std::to_string(shape.divisor);
  part(begin + "(");
}

LEAT_INLINE bool record_text::enter(void const* type) {
  for (std::size_t i = inside_.size(); i-- != 0;)
    if (inside_[i] == type) {
      number('^', inside_.size() - i);
      return false;
    }
  inside_.push_back(type);
  part("{");
  return true;
}

LEAT_INLINE void record_text::leave() {
  inside_.pop_back();
  text_ += "}";
}

LEAT_INLINE void record_text::part(std::string const& next) {
  if (text_.size() > most) throw too_long();
  if (!text_.empty() && text_.back() != '(' && text_.back() != '{') text_ += " ";
  text_ += next;
}

}  // namespace leat::detail
