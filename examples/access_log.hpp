// SPDX-License-Identifier: BSL-1.0
// Lines of a web server's log, in the common format of Apache and nginx or the combined one, which is longer:
//   192.0.2.7 - - [17/May/2015:10:05:03 +0000] "GET /index.html HTTP/1.1" 200 512
#pragma once

#include <time.h>

#include <chrono>
#include <cstdlib>
#include <optional>
#include <string>

/// A request, as the log has it.
struct hit {
  std::string visitor;
  std::optional<std::chrono::sys_seconds> at;  ///< a line that is none of a log has no time
  std::string path;
  int status = 0;

  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive & visitor & at & path & status;
  }
};

inline hit hit_of(std::string const& line) {
  hit found;
  std::size_t const bracket = line.find(" [");
  std::size_t const quote = line.find("\"", bracket);
  if (bracket == std::string::npos || quote == std::string::npos) return found;
  tm shown{};
  if (strptime(line.c_str() + bracket, " [%d/%b/%Y:%H:%M:%S %z]", &shown) == nullptr) return found;
  long const ahead_of_utc = shown.tm_gmtoff;
  found.at = std::chrono::sys_seconds(std::chrono::seconds(timegm(&shown) - ahead_of_utc));

  found.visitor = line.substr(0, line.find(' '));
  std::size_t const path = line.find(' ', quote);
  if (path != std::string::npos) found.path = line.substr(path + 1, line.find_first_of(" \"", path + 1) - path - 1);
  std::size_t const status = line.find("\" ", quote + 1);
  if (status != std::string::npos) found.status = std::atoi(line.c_str() + status + 2);
  return found;
}
