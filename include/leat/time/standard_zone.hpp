// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/time/zone.hpp>

#include <version>
#if defined(__cpp_lib_chrono) && __cpp_lib_chrono >= 201907L
#include <leat/detail/concat.hpp>

#include <chrono>
#include <string>
#endif

namespace leat::detail {

template <a_zone Z>
Z zone_of(Z const& zone) {
  return zone;
}

#if defined(__cpp_lib_chrono) && __cpp_lib_chrono >= 201907L

/// A zone of the standard library.
class standard_zone {
 public:
  explicit standard_zone(std::chrono::time_zone const* zone) : zone_(zone) {}

  std::chrono::seconds offset_at(moment at) const { return zone_->get_info(at).offset; }
  moment first_at(local_time shown) const {
    std::chrono::local_seconds const time(shown.time_since_epoch());
    std::chrono::local_info const found = zone_->get_info(time);
    if (found.result == std::chrono::local_info::nonexistent) return moment_of(found.first.end);
    return moment_of(std::chrono::sys_seconds(time.time_since_epoch() - found.first.offset));
  }
  std::string parameters() const {
    return concat({zone_->name(), " (zone data ", std::chrono::get_tzdb().version, ")"});
  }

 private:
  std::chrono::time_zone const* zone_;
};

inline standard_zone zone_of(std::chrono::time_zone const* zone) { return standard_zone(zone); }

#endif

}  // namespace leat::detail
