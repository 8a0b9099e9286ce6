// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/write_all.hpp>
#include <leat/error.hpp>
#include <leat/text.hpp>
#include <leat/to/sink.hpp>

#include <fcntl.h>
#include <stdio.h>  // fileno, flockfile
#include <unistd.h>

#include <cerrno>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>

namespace leat::to {

/// Writes each record to standard output, one per line, as `leat::text` puts it. The lines of a batch stay together,
/// whichever workers write; what a worker wrote is in order, behind what was printed before by other means. Each batch is
/// handed to the operating system at once. What cannot be written (a full disk, a descriptor that is closed) is an error;
/// a reader that has gone is a `reader_gone`. Another program that has made the descriptor non-blocking is waited for.
class out {
 public:
  static constexpr bool writes_text = true;

  class partition {
   public:
    template <class T>
      requires printable<std::remove_const_t<T>>
    void write_batch(std::span<T> records) {
      lines_.clear();
      for (auto const& record : records) {
        append_text(lines_, record);
        lines_ += '\n';
      }
      hand_over();
    }

   private:
    void hand_over() {
      std::string_view rest = lines_;
      ::flockfile(stdout);
      int error = std::fflush(stdout) != 0 ? errno : 0;
      if (error == 0) error = detail::write_all(::fileno(stdout), rest);
      ::funlockfile(stdout);
      if (error == EPIPE) throw reader_gone("cannot write to standard output: " + std::generic_category().message(error));
      if (error != 0) fail(std::generic_category().message(error));
    }

    std::string lines_;
  };

  partition build(step_services const&) const { return {}; }

  std::string file_of(std::string const&) const { return "-"; }
  void check_part(std::string const&) const {
    // While a flow runs something that cannot be written stands in the place of a standard output that is closed.
    int const flags = ::fcntl(STDOUT_FILENO, F_GETFL);
    if (flags < 0 || (flags & O_PATH) != 0) fail("it is closed");
    if ((flags & O_ACCMODE) == O_RDONLY) fail("it is open for reading only");
  }

 private:
  [[noreturn, gnu::cold]] static void fail(std::string const& reason) {
    throw std::runtime_error("cannot write to standard output: " + reason);
  }
};

}  // namespace leat::to
