// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/concat.hpp>
#include <leat/error.hpp>
#include <leat/run/secret.hpp>
#include <leat/run/weak_secret.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <string>

namespace leat {

LEAT_INLINE std::string secret_from_file(std::string const& path) {
  auto const fail = [&path](std::string_view reason) {
    throw flow_error(detail::concat({"secret file ", path, ": ", reason}));
  };
  int const descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) fail(std::strerror(errno));
  struct stat status{};
  std::array<char, 4096> room{};
  bool const known = ::fstat(descriptor, &status) == 0;
  ssize_t const count = ::read(descriptor, room.data(), room.size());
  int const error = errno;
  ::close(descriptor);
  if (!known || count < 0) fail(std::strerror(error));
  // A volume of Kubernetes and a credential of systemd belong to root, and reach a process by its group or by an ACL,
  // whose mask stands where the rights of the group do.
  bool const given_by_root = status.st_uid == 0 && ::geteuid() != 0;
  if ((status.st_mode & (given_by_root ? S_IROTH : S_IRGRP | S_IROTH)) != 0) fail("others may read it: chmod 600 it");
  std::string secret(room.data(), static_cast<std::size_t>(count));
  while (!secret.empty() && (secret.back() == '\n' || secret.back() == '\r' || secret.back() == ' ')) secret.pop_back();
  if (std::string const weakness = detail::weakness_of(secret); !weakness.empty()) fail(weakness);
  return secret;
}

}  // namespace leat
