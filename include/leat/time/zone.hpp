// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/lean_chrono.hpp>
#include <leat/time/moment.hpp>

#include <concepts>
#include <memory>
#include <source_location>
#include <string>
#include <string_view>

namespace leat {

namespace detail {

class zone_table;

/// `+01:00`, with seconds where there are any.
void append_offset(std::string& to, std::chrono::seconds offset);

/// The clocks of a place, whichever; there is no `now`.
struct local_clock {};

}  // namespace detail

/// What the clocks of a place show, in seconds since they showed 1970-01-01 00:00. It is what
/// `std::chrono::local_seconds` is, without the cost of `<chrono>`; both convert by `time_since_epoch()`.
using local_time = std::chrono::time_point<detail::local_clock, std::chrono::seconds>;

/// A place by its clocks, for windows that are its days or months. `leat::zone` is one; a type of your own needs two
/// functions, which any thread may call:
///  - `offset_at(moment)`: how far the clocks are ahead of UTC at that moment, less than 26 hours in either direction;
///  - `first_at(local_time)`: the first moment at which the clocks show that time or a later one. Where they leap over
///    it, that is the moment of the leap; where they show it twice, the earlier moment.
/// Optional is `parameters()`, a text that changes when what the zone says does: it is compared when a run goes on from
/// a store.
template <class Z>
concept a_zone = std::copy_constructible<Z> && requires(Z const& zone, moment at, local_time shown) {
  { zone.offset_at(at) } -> std::convertible_to<std::chrono::seconds>;
  { zone.first_at(shown) } -> std::convertible_to<moment>;
};

/// A time zone as the system knows it. It is read once, when it is constructed, and is a cheap value from then on,
/// which threads may share.
class zone {
 public:
  /// The zone of this name of the IANA database: `Europe/Berlin`. It is read from the folder that the variable TZDIR
  /// names, or from /usr/share/zoneinfo. Throws flow_error when it is not there, or is no zone file.
  explicit zone(std::string_view name, std::source_location place = std::source_location::current());

  /// Needs no files.
  static zone utc();
  /// Clocks that are always so far ahead of UTC, less than a day in either direction. Throws flow_error for more. Needs
  /// no files.
  static zone fixed(std::chrono::seconds offset, std::source_location place = std::source_location::current());

  /// The name that it was asked for by, `UTC`, or `UTC+01:00`.
  std::string const& name() const { return name_; }
  /// How far the clocks are ahead of UTC at that moment. Any thread, as all that follows.
  std::chrono::seconds offset_at(moment at) const;
  /// The first moment at which the clocks show that time or a later one.
  moment first_at(local_time shown) const;
  /// What the clocks show at that moment, with how far they are ahead of UTC: `2026-10-25T02:30:00+02:00`. There is a
  /// fraction of the second where the moment has one.
  std::string text(moment at) const;
  /// The name and a hash of what is known of the zone, which differs between versions of zone data where they do.
  std::string parameters() const;

 private:
  zone(std::string name, std::shared_ptr<detail::zone_table const> table);

  std::string name_;
  std::shared_ptr<detail::zone_table const> table_;
};

}  // namespace leat

#ifndef LEAT_COMPILED
#include <leat/time/zone.ipp>
#endif
