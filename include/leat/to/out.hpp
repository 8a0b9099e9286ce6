// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/text.hpp>
#include <leat/to/sink.hpp>

#include <cerrno>
#include <cstdio>
#include <span>
#include <stdexcept>
#include <string>
#include <system_error>
#include <type_traits>

namespace leat::to {

/// Writes each record to standard output, one per line, as `leat::text` puts it. The lines of a batch stay together,
/// whichever workers write; what a worker wrote is in order. Each batch is flushed. What cannot be written (a full
/// disk, a closed pipe when SIGPIPE is ignored) is an error.
class out {
 public:
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
      if (std::fwrite(lines_.data(), 1, lines_.size(), stdout) != lines_.size() || std::fflush(stdout) != 0)
        fail(errno);
    }

   private:
    [[noreturn, gnu::cold]] static void fail(int error) {
      throw std::runtime_error("cannot write to standard output: " + std::generic_category().message(error));
    }

    std::string lines_;
  };

  partition build(step_services const&) const { return {}; }
};

}  // namespace leat::to
