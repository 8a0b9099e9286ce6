// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/run/cli/host_and_port.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace leat::detail {

LEAT_COLD std::optional<host_and_port> split_address(std::string_view address) {
  std::size_t const colon = address.rfind(':');
  if (colon == std::string_view::npos || colon == 0 || colon + 1 == address.size()) return std::nullopt;
  std::string_view host = address.substr(0, colon);
  std::string_view const port = address.substr(colon + 1);
  if (port.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
  bool const bracketed = host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  if (host.empty() || (!bracketed && host.find(':') != std::string_view::npos)) return std::nullopt;
  return host_and_port{std::string(host), std::string(port)};
}

}  // namespace leat::detail
