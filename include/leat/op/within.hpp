// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/lean_chrono.hpp>
#include <leat/detail/saturated_time.hpp>

namespace leat {

/// Of `async_map`: each record may take this long, by the worker's clock, from when its task begins; what it awaits
/// after that is destroyed. Of `dedupe`: values of a key whose times lie less than this apart are one.
class within {
 public:
  template <class Rep, class Period>
  explicit within(std::chrono::duration<Rep, Period> limit) : limit_(detail::saturated_nanoseconds(limit)) {}
  /// The longest time.
  std::chrono::nanoseconds duration() const { return limit_; }
  /// How `async_map` takes it in.
  template <class Settings>
  void apply(Settings& settings) const {
    settings.within = limit_;
  }

 private:
  std::chrono::nanoseconds limit_;
};

}  // namespace leat
