// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <mutex>

namespace leat::detail {

/// While one lives, no descriptor that is made gets the number of a standard one (0, 1, 2) that the process was started
/// without. Some supervisors close them; a pipe or a connection that took such a number would be read as standard input,
/// or written into by whatever prints. This covers the descriptors of other libraries too. The places are taken by
/// descriptors that can neither be read nor written: whoever tries is told EBADF, as before. Any thread, several at once.
class standard_descriptors {
 public:
  standard_descriptors() {
    shared& all = of_process();
    std::lock_guard const lock(all.mutex);
    if (all.users++ == 0) take_places(all);
  }
  standard_descriptors(standard_descriptors const&) = delete;
  standard_descriptors& operator=(standard_descriptors const&) = delete;
  ~standard_descriptors() {
    shared& all = of_process();
    std::lock_guard const lock(all.mutex);
    if (--all.users == 0) leave_places(all);
  }

 private:
  struct shared {
    std::mutex mutex;
    unsigned users = 0;
    std::array<bool, 3> taken{};
  };

  static shared& of_process() {
    static shared* const all = new shared;  // never destroyed: a run may end after the statics have
    return *all;
  }

  /// The lowest free number is given out first, so three calls are enough.
  static void take_places(shared& all) {
    for (;;) {
      int const place = ::open("/", O_PATH | O_CLOEXEC);
      if (place > STDERR_FILENO) ::close(place);
      if (place < 0 || place > STDERR_FILENO) return;
      all.taken[static_cast<std::size_t>(place)] = true;
    }
  }

  /// Unless the program has put something else there meanwhile.
  static void leave_places(shared& all) {
    for (int place = 0; place <= STDERR_FILENO; ++place) {
      bool& taken = all.taken[static_cast<std::size_t>(place)];
      if (taken && (::fcntl(place, F_GETFL) & O_PATH) != 0) ::close(place);
      taken = false;
    }
  }
};

}  // namespace leat::detail
