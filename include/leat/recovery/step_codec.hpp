// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/recovery/grouped_rows.hpp>
#include <leat/route/codec/codec_versions.hpp>

#include <map>
#include <string>

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

  /// Whether some rows that were kept have keys of other bytes than now.
  bool other_keys() const;
  /// Who has kept what is made of this. Throws std::runtime_error where keys belong elsewhere now, which is only
  /// `sorted` out in a run of one process.
  rows_writer writer_of(std::string const& codec, bool sorted) const;

 private:
  struct kept_codec {
    codec_versions versions;
    bool other_keys = false;
    std::string path;
  };

  std::map<std::string, kept_codec> kept_;
};

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/recovery/step_codec.ipp>
#endif
