// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <unistd.h>

#include <cstdio>
#include <string>

namespace flows {

/// What goes to the standard output while `f` runs.
template <class F>
std::string printed(F f) {
  std::FILE* const file = std::tmpfile();
  std::fflush(stdout);
  int const kept = ::dup(1);
  ::dup2(::fileno(file), 1);
  f();
  std::fflush(stdout);
  ::dup2(kept, 1);
  ::close(kept);
  std::string text;
  std::rewind(file);
  for (int c = std::fgetc(file); c != EOF; c = std::fgetc(file)) text += static_cast<char>(c);
  std::fclose(file);
  return text;
}

}  // namespace flows
