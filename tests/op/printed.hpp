// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <unistd.h>

#include <cstdio>
#include <string>

namespace flows {

/// What goes to the standard output, or the standard error, while `f` runs.
template <class F>
std::string printed(F f, std::FILE* stream = stdout) {
  std::FILE* const file = std::tmpfile();
  std::fflush(stream);
  int const kept = ::dup(::fileno(stream));
  ::dup2(::fileno(file), ::fileno(stream));
  f();
  std::fflush(stream);
  ::dup2(kept, ::fileno(stream));
  ::close(kept);
  std::string text;
  std::rewind(file);
  for (int c = std::fgetc(file); c != EOF; c = std::fgetc(file)) text += static_cast<char>(c);
  std::fclose(file);
  return text;
}

}  // namespace flows
