// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/concat.hpp>
#include <leat/detail/shown_text.hpp>
#include <leat/op/running/file_system.hpp>

#include <chrono>
#include <functional>
#include <string>
#include <utility>

namespace leat::detail {

/// How long a file that another process has locked is waited for, and who is told.
struct lock_patience {
  using tell_function = std::function<void(std::string const& path)>;
  lock_patience(std::chrono::milliseconds longest_wait = {}, tell_function told = {})
      : longest(longest_wait), tell(std::move(told)) {}

  static constexpr std::chrono::milliseconds silent{1000};
  std::chrono::milliseconds longest;
  /// Called once when `silent` is over, on the thread that waits; empty: nobody is told.
  tell_function tell;
};

/// For a person who waits for this file.
[[gnu::cold]] inline std::string waiting_for(std::string const& path, file_system& files,
                                             std::chrono::milliseconds longest) {
  long const holder = files.process_with_lock(path);
  return concat({"leat: recovery: waiting for \"", shown(path, path.size()), "\", which ",
                 holder == 0 ? "another process" : concat({"process ", std::to_string(holder)}),
                 " is using, for up to ", std::to_string(std::chrono::ceil<std::chrono::seconds>(longest).count()),
                 " s"});
}

}  // namespace leat::detail
