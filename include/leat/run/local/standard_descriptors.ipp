// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/run/local/standard_descriptors.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <mutex>

namespace leat::detail {

LEAT_COLD standard_descriptors::standard_descriptors() {
  shared& state = of_process();
  std::lock_guard const lock(state.mutex);
  if (state.users++ == 0) take_places(state);
}

LEAT_COLD standard_descriptors::~standard_descriptors() {
  shared& state = of_process();
  std::lock_guard const lock(state.mutex);
  if (--state.users == 0) leave_places(state);
}

LEAT_COLD standard_descriptors::shared& standard_descriptors::of_process() {
  static shared* const state = new shared;  // never destroyed: a run may end after the statics have
  return *state;
}

LEAT_COLD void standard_descriptors::take_places(shared& state) {
  for (;;) {
    int const place = ::open("/", O_PATH | O_CLOEXEC);
    if (place > STDERR_FILENO) ::close(place);
    if (place < 0 || place > STDERR_FILENO) return;
    state.taken[static_cast<std::size_t>(place)] = true;
  }
}

LEAT_COLD void standard_descriptors::leave_places(shared& state) {
  for (int place = 0; place <= STDERR_FILENO; ++place) {
    bool& taken = state.taken[static_cast<std::size_t>(place)];
    if (taken && (::fcntl(place, F_GETFL) & O_PATH) != 0) ::close(place);
    taken = false;
  }
}

}  // namespace leat::detail
