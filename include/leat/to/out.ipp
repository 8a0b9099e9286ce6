// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/standard_output.hpp>
#include <leat/detail/write_all.hpp>
#include <leat/text.hpp>
#include <leat/to/out.hpp>
#include <leat/to/sink.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <span>
#include <stdexcept>
#include <string>
#include <system_error>
#include <type_traits>
#include <utility>

namespace leat::to {

LEAT_INLINE void out::partition::hand_over() {
  detail::print_lines(lines_);
  unchecked_ = true;
}

LEAT_INLINE void out::partition::flush() {
  if (!std::exchange(unchecked_, false)) return;
  if (int const error = detail::close_copy_of(STDOUT_FILENO); error != 0) fail(std::generic_category().message(error));
}

LEAT_INLINE void out::check_part(std::string const&) const {
  // While a flow runs something that cannot be written stands in the place of a standard output that is closed.
  int const flags = ::fcntl(STDOUT_FILENO, F_GETFL);
  if (flags < 0 || (flags & O_PATH) != 0) fail("it is closed");
  if ((flags & O_ACCMODE) == O_RDONLY) fail("it is open for reading only");
}

LEAT_INLINE void out::fail(std::string const& reason) {
  throw std::runtime_error("cannot write to standard output: " + reason);
}

}  // namespace leat::to
