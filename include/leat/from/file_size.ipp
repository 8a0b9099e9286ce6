// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/from/file_size.hpp>
#include <leat/op/running/file_system.hpp>

#include <cstdint>
#include <string>

namespace leat::detail {

LEAT_COLD std::uint64_t file_size(std::string const& path, file_system& files) {
  file_facts const facts = files.facts(path, file_use::read);
  return facts.kind == file_kind::regular ? facts.size : 0;
}

}  // namespace leat::detail
