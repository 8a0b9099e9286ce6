// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/list.hpp>

namespace leat::detail {

/// By type, the `codec_version` that it had when some bytes were written. A type is known by its `codec_identity`.
class codec_versions {
 public:
  codec_versions();
  codec_versions(codec_versions&&) noexcept;
  codec_versions& operator=(codec_versions&&) noexcept;
  ~codec_versions();

  /// False: the type has another number already.
  [[gnu::cold]] bool add(void const* type, unsigned number);
  /// Throws codec_error for a type of which nothing was said.
  [[gnu::cold]] unsigned of(void const* type) const;

 private:
  struct version {
    void const* type;
    unsigned number;
  };

  list<version> known_;
};

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/route/codec/codec_versions.ipp>
#endif
