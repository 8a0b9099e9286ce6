// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "fixture/scratch.hpp"

#include <stdlib.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

/// What a zone file is to say, and its bytes as RFC 8536 has them.
struct zone_text {
  std::vector<std::pair<std::chrono::sys_seconds, std::chrono::seconds>> changes;
  std::chrono::seconds first{};
  std::string rule;
  char version = '2';
  std::uint32_t leaps = 0;

  std::string bytes() const {
    std::vector<std::chrono::seconds> types{first};
    std::string times, types_of_times;
    for (auto const& [at, offset] : changes) {
      std::size_t type = 0;
      while (type != types.size() && types[type] != offset) ++type;
      if (type == types.size()) types.push_back(offset);
      times += big_endian(static_cast<std::uint64_t>(at.time_since_epoch().count()), 8);
      types_of_times += static_cast<char>(type);
    }
    std::string block = times + types_of_times;
    for (auto const offset : types)
      block += big_endian(static_cast<std::uint64_t>(offset.count()), 4) + std::string("\0\0", 2);
    block += std::string("ZZZ\0", 4) + std::string(leaps * 12, '\0');
    // The narrow block says something else: nobody is to read it.
    std::string const narrow = big_endian(60'000, 4) + std::string("\0", 1) + big_endian(7200, 4) + std::string(6, 'x');
    return header(1, 1, 4, 0) + narrow + header(changes.size(), types.size(), 4, leaps) + block + "\n" + rule + "\n";
  }

  static std::string big_endian(std::uint64_t number, int bytes) {
    std::string result;
    while (bytes-- != 0) result += static_cast<char>(number >> bytes * 8 & 0xff);
    return result;
  }
  std::string header(std::size_t times, std::size_t types, std::size_t letters, std::size_t leap_seconds) const {
    std::string result = std::string("TZif") + version + std::string(15, '\0');
    for (std::size_t const count : {std::size_t{0}, std::size_t{0}, leap_seconds, times, types, letters})
      result += big_endian(count, 4);
    return result;
  }
};

/// TZDIR as a test has it, put back at its end.
class zone_folder {
 public:
  explicit zone_folder(std::string const& path) {
    if (char const* const value = std::getenv("TZDIR")) before_ = value;
    ::setenv("TZDIR", path.c_str(), 1);
  }
  zone_folder(zone_folder const&) = delete;
  zone_folder& operator=(zone_folder const&) = delete;
  ~zone_folder() { before_ ? ::setenv("TZDIR", before_->c_str(), 1) : ::unsetenv("TZDIR"); }

 private:
  std::optional<std::string> before_;
};

inline constexpr char const* zones_of_system = "/usr/share/zoneinfo";

/// The names of all zones that the system has, without those that count leap seconds.
inline std::vector<std::string> names_of_zones() {
  std::vector<std::string> names;
  std::error_code error;
  for (std::filesystem::recursive_directory_iterator at(zones_of_system, error), end; !error && at != end; ++at) {
    std::string const name = at->path().string().substr(std::string(zones_of_system).size() + 1);
    if (name.starts_with("right/") || name.starts_with("posix/") || at->is_directory()) continue;
    std::string begin(4, '\0');
    std::ifstream(at->path(), std::ios::binary).read(begin.data(), 4);
    if (begin == "TZif") names.push_back(name);
  }
  return names;
}
