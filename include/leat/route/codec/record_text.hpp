// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/route/codec/describing_archive.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace leat::detail {

/// What travels for a record, as a short text that two processes can compare: numbers by kind and bytes (i4, u8, f8; z1
/// is a bool, c1 a char), A3(...) an array, T(...) a pair or tuple, S(...) a string, V(...) a sequence, K(...) a set,
/// M(...) a map, O(...) an optional, X(...) a variant, D and I a duration and a time point, {...} a type of the user's,
/// ^2 the second of those around this place, ?16 bytes of which no more is known.
class record_text final : public record_description {
 public:
  static std::string of(void (*describe)(record_description&)) {
    record_text to;
    try {
      describe(to);
    } catch (...) {
      // Made-up values did not please a `serialize`: as far as it came is better than nothing.
      to.text_ += " ...";
    }
    return to.text_;
  }

  void number(char kind, std::size_t bytes) override { part(kind + std::to_string(bytes)); }
  void open(shape_name const& shape) override {
    std::string begin(1, shape.letter);
    if (shape.number != 0) begin += std::to_string(shape.number);
    if (shape.divisor != 0) begin += "/" + std::to_string(shape.divisor);
    part(begin + "(");
  }
  void close() override { text_ += ")"; }
  bool enter(void const* type) override {
    for (std::size_t i = inside_.size(); i-- != 0;)
      if (inside_[i] == type) {
        number('^', inside_.size() - i);
        return false;
      }
    inside_.push_back(type);
    part("{");
    return true;
  }
  void leave() override {
    inside_.pop_back();
    text_ += "}";
  }
  void in_memory() override { part("in memory"); }

 private:
  /// Made-up values may keep a `serialize` in a loop for ever.
  static constexpr std::size_t most = 4000;
  struct too_long {};

  void part(std::string const& next) {
    if (text_.size() > most) throw too_long();
    if (!text_.empty() && text_.back() != '(' && text_.back() != '{') text_ += " ";
    text_ += next;
  }

  std::string text_;
  std::vector<void const*> inside_;
};

}  // namespace leat::detail
