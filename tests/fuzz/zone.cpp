// SPDX-License-Identifier: BSL-1.0
// What a zone file may hold that somebody has damaged, or made: it is refused by a sentence within a bound of memory, or
// it gives a zone in which each local time has its first instant.
#include <leat/time/posix_zone.hpp>
#include <leat/time/zone_file.hpp>

#include "fuzz/script.hpp"

#include <sanitizer/allocator_interface.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace {

using leat::detail::zone_table;

std::size_t asked_for = 0;
int const hooked = __sanitizer_install_malloc_and_free_hooks(
    [](void const volatile*, std::size_t bytes) { asked_for += bytes; }, [](void const volatile*) {});

/// The rule written out for six centuries, in lists that grow, and a multiple of the bytes.
std::optional<zone_table> read(std::string_view bytes) {
  asked_for = 0;
  std::optional<zone_table> result;
  try {
    result = leat::detail::read_zone(bytes);
  } catch (std::runtime_error const&) {
  }
  if (hooked == 0 || asked_for > (std::size_t{1} << 18) + 64 * bytes.size()) std::abort();
  return result;
}

/// What the clocks show.
std::chrono::local_seconds local(zone_table const& zone, std::chrono::sys_seconds instant) {
  return std::chrono::local_seconds((instant + zone.offset_at(instant)).time_since_epoch());
}

void look_at(zone_table const& zone, std::chrono::local_seconds time) {
  auto const first = zone.first_at(time);
  if (local(zone, first) < time) std::abort();
  if (local(zone, first - std::chrono::seconds(1)) >= time) std::abort();
  if (zone.first_at(time + std::chrono::seconds(1)) < first) std::abort();
}

std::string_view text(std::span<std::byte const> bytes) {
  return {reinterpret_cast<char const*>(bytes.data()), bytes.size()};
}

/// A sound header and block around what the fuzzer makes of times, offsets and the rule.
std::string file_of(fuzz::input& in) {
  auto const number = [](std::uint64_t value, int bytes) {
    std::string result;
    while (bytes-- != 0) result += static_cast<char>(value >> bytes * 8 & 0xff);
    return result;
  };
  unsigned const times = in.number<std::uint8_t>();
  unsigned const types = 1 + in.number<std::uint8_t>() % 8;
  std::string const begin =
      std::string("TZif") + static_cast<char>('2' + in.number<std::uint8_t>() % 3) + std::string(15 + 8, '\0');
  std::string file = begin + number(0, 4) + number(0, 4) + number(0, 4) + number(0, 4);
  file += begin + number(0, 4) + number(times, 4) + number(types, 4) + number(0, 4);
  auto at = static_cast<std::int64_t>(in.number<std::int32_t>()) * 16;
  std::string places;
  for (unsigned i = 0; i != times; ++i) {
    at += 1 + static_cast<std::int64_t>(in.number<std::uint32_t>()) % 40'000'000;
    file += number(static_cast<std::uint64_t>(at), 8);
    places += static_cast<char>(in.number<std::uint8_t>() % types);
  }
  file += places;
  for (unsigned i = 0; i != types; ++i)
    file += number(static_cast<std::uint64_t>(in.number<std::int32_t>() % 90'000), 4) + std::string("\0\0", 2);
  file += "\n";
  file += text(in.take(in.number<std::uint8_t>() % 64));
  return file + "\n";
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  fuzz::input in(data, size);
  auto const choice = in.number<std::uint8_t>();
  std::chrono::local_seconds const asked(std::chrono::seconds(in.number<std::int64_t>() >> choice / 4 % 32));
  auto const zone = choice % 4 == 0 ? read(file_of(in))
                    : choice % 4 == 1
                        ? read("TZif2" + std::string(39, '\0') + "TZif2" + std::string(27, '\0') +
                               std::string("\0\0\0\1\0\0\0\0\0\0\0\0\0\0\n", 15) + std::string(text(in.rest())) + "\n")
                        : read(text(in.rest()));
  if (!zone) return 0;
  for (int year = 1900; year < 2200; year += 7)
    look_at(*zone, std::chrono::local_days(std::chrono::year(year) / 1 / 1) + asked.time_since_epoch() % 31'000'000);
  // Where a number of 64 bits counts seconds that a table may be asked for.
  if (asked.time_since_epoch() / 4 < (std::chrono::seconds::max)() / 8 &&
      asked.time_since_epoch() / 4 > (std::chrono::seconds::min)() / 8)
    look_at(*zone, asked);
  zone->first_at(asked);
  zone->offset_at(std::chrono::sys_seconds(asked.time_since_epoch()));
  if (!leat::detail::is_name_of_zone("Europe/Berlin")) std::abort();
  return 0;
}
