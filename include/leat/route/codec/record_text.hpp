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
/// {2: ...} such a type whose `codec_version` is 2, ^2 the second of those around this place, ?16 bytes of which no
/// more is known.
class record_text : public record_description {
 public:
  static std::string of(void (*describe)(record_description&));

  void number(char kind, std::size_t bytes) override { part(kind + std::to_string(bytes)); }
  void open(shape_name const& shape) override;
  void close() override { text_ += ")"; }
  bool enter(void const* type, unsigned& version) override;
  void leave() override;
  void in_memory() override { part("in memory"); }

 protected:
  record_text() = default;
  ~record_text() = default;

  void write(void (*describe)(record_description&));
  std::string const& text() const { return text_; }
  /// Where the number of a type stands, or its first part, that is entered next.
  std::size_t place_of_version() const;

 private:
  /// A bound, since made-up values may keep a `serialize` in a loop for ever.
  static constexpr std::size_t most = 4000;
  struct too_long {};

  void part(std::string const& next);
  bool begins() const;

  std::string text_;
  std::vector<void const*> inside_;
};

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/route/codec/record_text.ipp>
#endif
