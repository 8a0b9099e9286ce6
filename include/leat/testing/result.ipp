// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/testing/result.hpp>

#include <exception>

namespace leat::test {

LEAT_INLINE void result::rethrow() const {
  if (failure_) std::rethrow_exception(failure_);
}

}  // namespace leat::test
