// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/concat.hpp>
#include <leat/detail/shown_text.hpp>
#include <leat/error.hpp>
#include <leat/graph.hpp>
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
  auto const append_two = [](std::string& to, std::int64_t number) {
    to += static_cast<char>('0' + number / 10);
    to += static_cast<char>('0' + number % 10);
  };
  std::string name = offset.count() < 0 ? "UTC-" : "UTC+";
  std::int64_t const length = offset.count() < 0 ? -offset.count() : offset.count();
  append_two(name, length / 3600);
  name += ':';
  append_two(name, length / 60 % 60);
  if (length % 60 != 0) {
    name += ':';
    append_two(name, length % 60);
  }
  return {std::move(name), std::make_shared<detail::zone_table const>(offset, std::vector<detail::offset_change>())};
}

LEAT_INLINE std::chrono::seconds zone::offset_at(moment at) const {
  return table_->offset_at(std::chrono::floor<std::chrono::seconds>(at));
}

LEAT_INLINE moment zone::first_at(local_time shown) const {
  return moment_of(table_->first_at(std::chrono::local_seconds(shown.time_since_epoch())));
}

LEAT_COLD std::string zone::parameters() const {
  std::uint64_t const hash = table_->hash();
  std::string digits;
  for (int shift = 60; shift >= 0; shift -= 4) digits += "0123456789abcdef"[hash >> shift & 0xf];
  return detail::concat({name_, " (zone data ", digits, ")"});
}

}  // namespace leat
