// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/op/fused/for_each_tail.hpp>
#include <leat/text.hpp>

#include <source_location>
#include <stdexcept>
#include <string>
#include <utility>

namespace leat {
namespace detail {

struct raise_on_record {
  template <class T>
  [[noreturn]] void operator()(T const& record) const {
    std::string message = "raises step got an item";
    if constexpr (printable<T>) {
      message += ": ";
      append_text(message, record);
    }
    throw std::runtime_error(message);
  }
};

class raises_step {
 public:
  explicit raises_step(step_name name) : name_(std::move(name)) {}

  template <a_stream S>
  friend auto operator|(S&& up, raises_step self) {
    if constexpr (silent<S>)
      return refused(up);
    else {
      step_info step("raises", self.name_);
      stream_access::graph_of(up).name_step(step);
      finish(std::forward<S>(up), to_each<record_of<S>, raise_on_record>{raise_on_record{}}, std::move(step));
      return stream<finished>{};
    }
  }

 private:
  step_name name_;
};

}  // namespace detail

/// Ends a stream on which no record may arrive: the first record ends the run with an error that shows it. Counts as an
/// output.
inline detail::raises_step raises(step_name name) { return detail::raises_step(std::move(name)); }
inline detail::raises_step raises(std::source_location location = std::source_location::current()) {
  return detail::raises_step(step_name::by_position(location));
}

}  // namespace leat
