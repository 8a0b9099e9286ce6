// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace leat::detail {

struct host_and_port {
  std::string host;
  std::string port;
};

/// `host:port`, `[::1]:port`. Nothing where it is neither.
std::optional<host_and_port> split_address(std::string_view address);

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/run/cli/host_and_port.ipp>
#endif
