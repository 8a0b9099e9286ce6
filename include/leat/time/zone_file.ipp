// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/concat.hpp>
#include <leat/detail/shown_text.hpp>
#include <leat/op/running/file_system.hpp>
#include <leat/run/environment.hpp>
#include <leat/run/files.hpp>
#include <leat/time/posix_zone.hpp>
#include <leat/time/zone_file.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace leat::detail {

/// Takes a zone file to pieces, and never reads behind its end.
class zone_file_reader {
 public:
  explicit zone_file_reader(std::string_view bytes) : rest_(bytes) {}

  zone_table read() {
    header const narrow = read_header();
    if (narrow.version < '2')
      throw std::runtime_error("it is of version 1, which ends in 2037: install newer zone data (tzdata)");
    if (narrow.version > '4') throw std::runtime_error("it is of a version that leat does not know");
    take(narrow.size_with_times_of(4));
    header const wide = read_header();
    if (wide.version != narrow.version) refuse();
    return read_block(wide);
  }

 private:
  struct header {
    char version = 0;
    // How many there are, in the order of the file.
    std::uint64_t marks_of_utc = 0, marks_of_standard_time = 0, leaps = 0, times = 0, types = 0, letters = 0;

    std::uint64_t size_with_times_of(std::uint64_t bytes) const {
      return times * (bytes + 1) + types * 6 + letters + leaps * (bytes + 4) + marks_of_standard_time + marks_of_utc;
    }
  };

  [[noreturn]] static void refuse() { throw std::runtime_error("it is damaged"); }

  std::string_view take(std::uint64_t count) {
    if (count > rest_.size()) throw std::runtime_error("it ends too early");
    auto const taken = rest_.substr(0, static_cast<std::size_t>(count));
    rest_.remove_prefix(taken.size());
    return taken;
  }

  template <class Number>
  static Number number(std::string_view bytes) {
    std::uint64_t value = 0;
    for (char const each : bytes) value = value << 8 | static_cast<unsigned char>(each);
    return static_cast<Number>(value);
  }

  header read_header() {
    if (!rest_.starts_with("TZif")) throw std::runtime_error("it is no zone file (TZif)");
    header result;
    result.version = take(20)[4];
    for (std::uint64_t* const each : {&result.marks_of_utc, &result.marks_of_standard_time, &result.leaps,
                                      &result.times, &result.types, &result.letters})
      *each = number<std::uint32_t>(take(4));
    return result;
  }

  zone_table read_block(header const& head) {
    if (head.leaps != 0)
      throw std::runtime_error("it counts leap seconds, which no moment does: take the zone without \"right/\"");
    if (head.types == 0 || head.types > 256) refuse();
    zone_file_reader block(take(head.size_with_times_of(8)));
    auto const times = block.take(head.times * 8);
    auto const types_of_times = block.take(head.times);
    auto const types = block.take(head.types * 6);

    auto const offset_of = [&](unsigned type) {
      if (type >= head.types) refuse();
      std::chrono::seconds const offset(number<std::int32_t>(types.substr(std::size_t{type} * 6, 4)));
      if (offset <= std::chrono::hours(-25) || offset >= std::chrono::hours(26)) refuse();
      return offset;
    };
    std::vector<offset_change> changes(static_cast<std::size_t>(head.times));
    for (std::size_t i = 0; i != changes.size(); ++i) {
      changes[i].at = std::chrono::sys_seconds(std::chrono::seconds(number<std::int64_t>(times.substr(i * 8, 8))));
      changes[i].offset = offset_of(static_cast<unsigned char>(types_of_times[i]));
      bool const before_all_time = changes[i].at < std::chrono::sys_seconds(std::chrono::seconds(-(1LL << 59)));
      if (before_all_time || changes[i].at > std::chrono::sys_seconds(std::chrono::seconds(1LL << 59))) refuse();
      if (i != 0 && changes[i].at <= changes[i - 1].at) refuse();
    }
    auto first = offset_of(0);

    if (take(1) != "\n") refuse();
    auto const rule = rest_.substr(0, rest_.find('\n'));
    take(rule.size() + 1);
    if (!rule.empty()) append_rule(posix_zone(rule), first, changes);
    return zone_table(first, changes);
  }

  /// From the last change on the rule holds.
  static void append_rule(posix_zone const& rule, std::chrono::seconds& first, std::vector<offset_change>& changes) {
    // The years of 64 bits of nanoseconds.
    constexpr std::chrono::year earliest(1676);
    constexpr std::chrono::year latest(2263);
    std::chrono::sys_seconds const begin = std::chrono::sys_days(earliest / 1 / 1);
    auto const last = changes.empty() ? begin : (std::max)(begin, changes.back().at);
    if (last > std::chrono::sys_days(latest / 1 / 1)) return;
    auto const year_of_last = std::chrono::year_month_day(std::chrono::floor<std::chrono::days>(last)).year();
    auto current = rule.standard();
    std::vector<offset_change> later;
    for (offset_change const& each : rule.changes(year_of_last - std::chrono::years(2), latest)) {
      if (each.at > last)
        later.push_back(each);
      else
        current = each.offset;
    }
    if (changes.empty())
      first = current;
    else if (changes.back().at == last)
      changes.back().offset = current;
    else
      changes.push_back({last, current});
    changes.insert(changes.end(), later.begin(), later.end());
  }

  std::string_view rest_;
};

LEAT_COLD zone_table read_zone(std::string_view bytes) { return zone_file_reader(bytes).read(); }

LEAT_COLD bool is_name_of_zone(std::string_view name) {
  constexpr std::size_t most = 255;
  if (name.empty() || name.size() > most) return false;
  for (char const letter : name) {
    bool const alphabetic = (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z');
    bool const digit = letter >= '0' && letter <= '9';
    if (!alphabetic && !digit && std::string_view("+-_./").find(letter) == std::string_view::npos) return false;
  }
  while (true) {
    auto const folder = name.substr(0, name.find('/'));
    if (folder.empty() || folder.starts_with('.')) return false;
    if (folder.size() == name.size()) return true;
    name.remove_prefix(folder.size() + 1);
  }
}

/// The bytes of a file, up to one more than a zone file may have. Throws std::runtime_error with the reason.
LEAT_COLD std::string bytes_of_zone_file(std::string const& path, file_system& files) {
  open_file file;
  int error = file.open(files, path, file_use::read);
  file_facts const facts = error == 0 ? file.facts() : file_facts();
  if (error == 0) error = facts.error;
  if (error != 0) throw std::runtime_error(std::generic_category().message(error));
  if (facts.kind != file_kind::regular)
    throw std::runtime_error(facts.kind == file_kind::directory ? "it is a folder of zones" : "it is not a file");
  std::string bytes(most_zone_bytes + 1, '\0');
  std::size_t size = 0;
  while (size != bytes.size()) {
    auto const read = file.read(bytes.data() + size, bytes.size() - size);
    if (read.error == EAGAIN) continue;
    if (read.error != 0) throw std::runtime_error(std::generic_category().message(read.error));
    if (read.count == 0) break;
    size += read.count;
  }
  bytes.resize(size);
  if (size > most_zone_bytes) throw std::runtime_error("it is too large for a zone file");
  return bytes;
}

LEAT_COLD zone_table find_zone(std::string_view name) {
  if (!is_name_of_zone(name)) throw std::runtime_error("a zone has a name of the IANA database, such as Europe/Berlin");
  file_system& files = machine_files();
  char const* const given = environment("TZDIR");
  std::array<std::string, 2> const usual{"/usr/share/zoneinfo", "/etc/zoneinfo"};
  std::string folder = given != nullptr ? std::string(given) : usual[0];
  if (given == nullptr && files.facts(usual[0], file_use::read).error != 0 &&
      files.facts(usual[1], file_use::read).error == 0)
    folder = usual[1];
  if (files.facts(folder, file_use::read).error != 0)
    throw std::runtime_error(
        concat({"this system has no zone data: there is no folder ", shown(folder),
                "; install tzdata, or set TZDIR to the folder that has it; zone::utc() and zone::fixed need none"}));
  std::string const path = concat({folder, "/", name});
  if (files.facts(path, file_use::read).error == ENOENT)
    throw std::runtime_error(concat({"there is no such zone in ", shown(folder),
                                     "; a zone has a name of the IANA database, such as Europe/Berlin"}));
  try {
    return read_zone(bytes_of_zone_file(path, files));
  } catch (std::runtime_error const& error) {
    throw std::runtime_error(concat({"cannot use ", shown(path), ": ", error.what()}));
  }
}

}  // namespace leat::detail
