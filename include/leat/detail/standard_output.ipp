// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/standard_output.hpp>
#include <leat/detail/status_line.hpp>
#include <leat/detail/write_all.hpp>
#include <leat/error.hpp>

#include <stdio.h>  // fileno, flockfile

#include <cerrno>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

namespace leat::detail {

LEAT_INLINE void print_lines(std::string_view lines) {
  status_line::aside const aside(::fileno(stdout));
  ::flockfile(stdout);
  int error = std::fflush(stdout) != 0 ? errno : 0;
  if (error == 0) error = write_all(::fileno(stdout), lines);
  ::funlockfile(stdout);
  if (error == 0) return;
  std::string const reason = "cannot write to standard output: " + std::generic_category().message(error);
  if (error == EPIPE) throw reader_gone(reason);
  throw std::runtime_error(reason);
}

}  // namespace leat::detail
