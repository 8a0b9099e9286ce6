// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/concat.hpp>
#include <leat/op/running/file_system.hpp>
#include <leat/route/exchange/scratch_file.hpp>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace leat::detail {

LEAT_INLINE std::uint64_t scratch_file::append(std::span<std::byte const> bytes) {
  if (!file_.is_open()) require(file_.open_scratch(files_, directory_), "made");
  require(file_.seek(end_), "written");
  require(file_.write({reinterpret_cast<char const*>(bytes.data()), bytes.size()}), "written");
  return std::exchange(end_, end_ + bytes.size());
}

LEAT_INLINE void scratch_file::read(std::uint64_t at, std::span<std::byte> into) {
  require(file_.seek(at), "read");
  while (!into.empty()) {
    file_system::outcome const read = file_.read(reinterpret_cast<char*>(into.data()), into.size());
    if (read.error == EAGAIN) continue;
    require(read.count == 0 && read.error == 0 ? EIO : read.error, "read");  // what was written cannot be missing
    into = into.subspan(read.count);
  }
}

LEAT_INLINE void scratch_file::clear() {
  end_ = 0;
  require(file_.truncate(0), "emptied");
}

LEAT_INLINE void scratch_file::refuse(int error, char const* done) const {
  throw std::runtime_error(concat({"records that found no room were to be put aside, but a temporary file cannot be ",
                                   done, " in ", directory_, ": ", std::generic_category().message(error)}));
}

}  // namespace leat::detail
