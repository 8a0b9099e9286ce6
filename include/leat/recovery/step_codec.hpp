// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/recovery/grouped_rows.hpp>
#include <leat/route/codec/codec_versions.hpp>

#include <map>
#include <string>
#include <string_view>

namespace leat::detail {

class record_description;

/// What a step keeps is made of, as `record_text` writes it: now, and what was kept before, which may be the same.
class step_codec {
 public:
  step_codec() = default;
  /// `kept`: what was kept is made of these, each with the path of a file that has some. Throws std::runtime_error
  /// where it cannot be read.
  step_codec(std::string const& step, void (*described)(record_description& to),
             std::map<std::string, std::string> const& kept);

  std::string now;

  /// Whether some rows that were kept have keys of other bytes than now, which belong elsewhere then.
  bool other_keys() const;
  /// Who has kept what is made of this.
  rows_writer writer_of(std::string const& codec) const;

 private:
  struct kept_codec {
    codec_versions versions;
    bool other_keys = false;
  };

  std::map<std::string, kept_codec> kept_;
};

/// Whether the keys of two rows are made of the same. Both are as `record_text` writes them.
bool have_same_key(std::string_view row, std::string_view other);

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/recovery/step_codec.ipp>
#endif
