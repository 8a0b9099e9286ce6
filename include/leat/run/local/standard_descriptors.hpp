// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <mutex>

namespace leat::detail {

/// While one of these lives, no descriptor that is made gets the number of a standard one (0, 1, 2) that the process
/// was started without. Some supervisors close them; a pipe or a connection that took such a number would be read as
/// standard input, or written into by whatever prints. This covers the descriptors of other libraries too. The places
/// are taken by descriptors that can neither be read nor written: whoever tries gets EBADF, as before. May be used on
/// any thread, several at once.
class standard_descriptors {
 public:
  standard_descriptors();
  standard_descriptors(standard_descriptors const&) = delete;
  standard_descriptors& operator=(standard_descriptors const&) = delete;
  ~standard_descriptors();

 private:
  struct shared {
    std::mutex mutex;
    unsigned users = 0;
    std::array<bool, 3> taken{};
  };

  static shared& of_process();

  /// The lowest free number is given out first, so three calls are enough.
  static void take_places(shared& state);

  /// Closes the places that it took, but for those into which the program has put something else meanwhile.
  static void leave_places(shared& state);
};

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/run/local/standard_descriptors.ipp>
#endif
