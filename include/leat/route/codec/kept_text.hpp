// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/route/codec/codec_versions.hpp>
#include <leat/route/codec/describing_archive.hpp>
#include <leat/route/codec/record_text.hpp>

#include <cstddef>
#include <string>

namespace leat::detail {

/// What was kept of values, as the program that kept them has described it, beside the types as they are now. They are
/// described once more as they were then: each type of the user's with the number that stands in the text at its place.
/// So the numbers of all of them are found, or that the types cannot have been written so.
class kept_text final : public record_text {
 public:
  kept_text(std::string const& stored, void (*describe)(record_description&));

  /// Values can be read back, by these numbers.
  bool readable() const { return readable_; }
  /// Some type has a greater number there than now.
  bool newer() const { return newer_; }
  codec_versions& versions() { return versions_; }

  bool enter(void const* type, unsigned& version) override;

 private:
  struct another_make {};

  /// The number in front of a colon there; else 0.
  unsigned version_at(std::size_t place) const;

  std::string stored_;
  codec_versions versions_;
  bool newer_ = false;
  bool readable_ = false;
};

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/route/codec/kept_text.ipp>
#endif
