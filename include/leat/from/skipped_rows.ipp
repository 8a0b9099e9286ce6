// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/from/skipped_rows.hpp>

#include <cstdint>
#include <mutex>
#include <string>

namespace leat {

LEAT_INLINE std::uint64_t skipped_rows::count() const {
  std::lock_guard const lock(shared_->mutex);
  return shared_->count;
}

LEAT_INLINE std::string skipped_rows::first() const {
  std::lock_guard const lock(shared_->mutex);
  return shared_->first;
}

LEAT_INLINE void skipped_rows::add(std::string const& reason) {
  std::lock_guard const lock(shared_->mutex);
  if (shared_->count++ == 0) shared_->first = reason;
}

}  // namespace leat
