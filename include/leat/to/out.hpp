// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/text.hpp>
#include <leat/to/sink.hpp>

#include <span>
#include <string>
#include <type_traits>

namespace leat::to {

/// Writes each record to standard output, one on each line, as `leat::text` puts it. The lines of a batch stay
/// together, whichever workers write. What a worker wrote is in order, and comes after what the program had printed
/// before by other means. Each batch is handed to the operating system at once. A full disk or a closed descriptor is
/// an error; a reader that has gone is a `reader_gone`. Where another program has made the descriptor non-blocking, the
/// sink waits for room.
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
    void flush();

   private:
    void hand_over();

    std::string lines_;
    bool unchecked_ = false;  ///< something was written since the last flush
  };

  partition build(step_services const&) const { return {}; }

  std::string file_of(std::string const&) const { return "-"; }
  void check_part(std::string const&) const;

 private:
  [[noreturn, gnu::cold]] static void fail(std::string const& reason);
};

}  // namespace leat::to

#ifndef LEAT_COMPILED
#include <leat/to/out.ipp>
#endif
