// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/time/zone_table.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace leat::detail {

/// No real zone file has a tenth of it.
inline constexpr std::size_t most_zone_bytes = std::size_t{64} << 10;

/// What a zone file says: TZif of version 2, 3 or 4 (RFC 8536 and 9636), of which the block with 64-bit times and the
/// rule behind it are used. The rule is written out for all years that a moment can be in. Throws std::runtime_error
/// with the reason, "it ...", when the bytes are no such file, or count leap seconds.
zone_table read_zone(std::string_view bytes);

/// The table of the zone of this name among the zone files of the system: below TZDIR where that is set, else where
/// systems have them. Throws std::runtime_error with a sentence.
zone_table find_zone(std::string_view name);

/// Whether it leads to a place below the folder of zones, whatever stands there. Links are the system's own affair.
bool is_name_of_zone(std::string_view name);

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/time/zone_file.ipp>
#endif
