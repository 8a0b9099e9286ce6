// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/concat.hpp>
#include <leat/detail/shown_text.hpp>
#include <leat/error.hpp>
#include <leat/graph.hpp>
#include <leat/text.hpp>
#include <leat/time/zone.hpp>
#include <leat/time/zone_file.hpp>
#include <leat/time/zone_table.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <source_location>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace leat {

LEAT_INLINE void detail::append_offset(std::string& to, std::chrono::seconds offset) {
  std::int64_t const length = offset.count() < 0 ? -offset.count() : offset.count();
  to += offset.count() < 0 ? '-' : '+';
  append_padded(to, length / 3600, 2);
  to += ':';
  append_padded(to, length / 60 % 60, 2);
  if (length % 60 == 0) return;
  to += ':';
  append_padded(to, length % 60, 2);
}

LEAT_COLD zone::zone(std::string name, std::shared_ptr<detail::zone_table const> table)
    : name_(std::move(name)), table_(std::move(table)) {}

LEAT_COLD zone::zone(std::string_view name, std::source_location place) : name_(name) {
  try {
    table_ = std::make_shared<detail::zone_table const>(detail::find_zone(name));
  } catch (std::runtime_error const& error) {
    throw flow_error(
        detail::concat({"zone(\"", detail::shown(name), "\") (", detail::place_of(place), "): ", error.what()}));
  }
}

LEAT_COLD zone zone::utc() {
  return {"UTC",
          std::make_shared<detail::zone_table const>(std::chrono::seconds(0), std::vector<detail::offset_change>())};
}

LEAT_COLD zone zone::fixed(std::chrono::seconds offset, std::source_location place) {
  constexpr std::chrono::seconds day = std::chrono::hours(24);
  if (offset <= -day || offset >= day)
    throw flow_error(detail::concat({"zone::fixed(", std::to_string(offset.count()), "s) (", detail::place_of(place),
                                     "): clocks differ from UTC by less than a day"}));
  std::string name = "UTC";
  detail::append_offset(name, offset);
  return {std::move(name), std::make_shared<detail::zone_table const>(offset, std::vector<detail::offset_change>())};
}

LEAT_INLINE std::chrono::seconds zone::offset_at(moment at) const {
  return table_->offset_at(std::chrono::floor<std::chrono::seconds>(at));
}

LEAT_INLINE moment zone::first_at(local_time shown) const {
  return moment_of(table_->first_at(std::chrono::local_seconds(shown.time_since_epoch())));
}

LEAT_INLINE std::string zone::text(moment at) const {
  // In seconds the first and the last moment have room for an offset.
  std::chrono::seconds const offset = offset_at(at);
  auto const instant = std::chrono::floor<std::chrono::seconds>(at.time_since_epoch());
  auto const day = std::chrono::floor<std::chrono::days>(instant + offset);
  std::chrono::nanoseconds fraction = at.time_since_epoch() % std::chrono::seconds(1);
  if (fraction.count() < 0) fraction += std::chrono::seconds(1);
  std::string result;
  detail::append_time(result, day, instant + offset - day + fraction);
  result.pop_back();  // the Z of UTC
  detail::append_offset(result, offset);
  return result;
}

LEAT_COLD std::string zone::parameters() const {
  std::uint64_t const hash = table_->hash();
  std::string digits;
  for (int shift = 60; shift >= 0; shift -= 4) digits += "0123456789abcdef"[hash >> shift & 0xf];
  return detail::concat({name_, " (zone data ", digits, ")"});
}

}  // namespace leat
