// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/route/formation/begun_connection.hpp>
#include <leat/route/peers/link.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <span>

namespace leat::detail {

LEAT_COLD std::size_t begun_connection::receive(std::span<std::byte> into) {
  if (!first_ || into.empty()) return rest_->receive(into);
  into.front() = *first_;
  first_.reset();
  return 1 + (into.size() == 1 ? 0 : rest_->receive(into.subspan(1)));
}

}  // namespace leat::detail
