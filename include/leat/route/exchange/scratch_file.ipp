// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/concat.hpp>
#include <leat/route/exchange/scratch_file.hpp>

#include <fcntl.h>
#include <sys/types.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>

namespace leat::detail {

LEAT_INLINE scratch_file::~scratch_file() {
  if (file_ != nullptr) std::fclose(file_);
}

LEAT_INLINE std::uint64_t scratch_file::append(std::span<std::byte const> bytes) {
  if (file_ == nullptr) open();
  if (::fseeko(file_, static_cast<off_t>(end_), SEEK_SET) != 0 ||
      std::fwrite(bytes.data(), 1, bytes.size(), file_) != bytes.size() || std::fflush(file_) != 0)
    refuse("written");
  return std::exchange(end_, end_ + bytes.size());
}

LEAT_INLINE void scratch_file::read(std::uint64_t at, std::span<std::byte> into) {
  if (::fseeko(file_, static_cast<off_t>(at), SEEK_SET) != 0 ||
      std::fread(into.data(), 1, into.size(), file_) != into.size())
    refuse("read");
}

LEAT_INLINE void scratch_file::clear() {
  end_ = 0;
  if (::ftruncate(::fileno(file_), 0) != 0) refuse("emptied");
}

LEAT_INLINE void scratch_file::open() {
  std::string name = concat({directory_, "/leat-XXXXXX"});
  int const descriptor = ::mkostemp(name.data(), O_CLOEXEC);
  if (descriptor < 0) refuse("made");
  bool const nameless = ::unlink(name.c_str()) == 0;
  file_ = nameless ? ::fdopen(descriptor, "w+b") : nullptr;
  if (file_ != nullptr) return;
  ::close(descriptor);
  refuse("made");
}

LEAT_INLINE void scratch_file::refuse(char const* what) const {
  char const* const why = std::strerror(errno);
  throw std::runtime_error(concat({"records that found no room were to be put aside, but a temporary file cannot be ",
                                   what, " in ", directory_, ": ", why}));
}

}  // namespace leat::detail
