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
  to.write(describe);
  return to.text_;
}

LEAT_INLINE void record_text::write(void (*describe)(record_description&)) {
  try {
    describe(*this);
  } catch (...) {
    // Made-up values did not please a `serialize`: as far as it came is better than nothing.
    text_ += " ...";
  }
}

LEAT_INLINE void record_text::open(shape_name const& shape) {
  std::string begin(1, shape.letter);
  if (shape.number != 0) begin += std::to_string(shape.number);
  if (shape.divisor != 0) begin += "/" + std::to_string(shape.divisor);
  part(begin + "(");
}

LEAT_INLINE bool record_text::enter(void const* type, unsigned& version) {
  for (std::size_t i = inside_.size(); i-- != 0;)
    if (inside_[i] == type) {
      number('^', inside_.size() - i);
      return false;
    }
  inside_.push_back(type);
  part("{");
  if (version != 0) text_ += std::to_string(version) + ":";
  return true;
}

LEAT_INLINE bool record_text::begins() const { return text_.empty() || text_.back() == '(' || text_.back() == '{'; }

LEAT_INLINE std::size_t record_text::place_of_version() const { return text_.size() + (begins() ? 1 : 2); }

LEAT_INLINE void record_text::leave() {
  inside_.pop_back();
  text_ += "}";
}

LEAT_INLINE void record_text::part(std::string const& next) {
  if (text_.size() > most) throw too_long();
  if (!begins()) text_ += " ";
  text_ += next;
}

}  // namespace leat::detail
