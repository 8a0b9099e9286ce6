// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/from/bytes_before.hpp>
#include <leat/from/file_position.hpp>
#include <leat/op/running/file_system.hpp>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <string>

namespace leat::detail {

LEAT_INLINE int read_before(open_file& file, file_position const& position, std::string& bytes) {
  char before[file_position::most_known];
  std::size_t const known = (std::min)(std::size_t{position.known}, sizeof before);
  std::size_t count = 0;
  int error = file.seek(position.byte - known);
  while (error == 0 && count != known) {
    file_system::outcome const read = file.read(before + count, known - count);
    error = read.error == EAGAIN ? 0 : read.error;
    if (read.error == 0 && read.count == 0) break;
    count += read.count;
  }
  bytes.assign(before, count);
  return error;
}

}  // namespace leat::detail
