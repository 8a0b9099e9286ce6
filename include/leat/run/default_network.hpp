// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/route/link.hpp>

#include <memory>

namespace leat::detail {

using network_maker = std::shared_ptr<network> (*)();

/// Makes the network of a run that is not given one. Null, unless the program includes `leat/run/tcp.hpp`: what a
/// program does not use it need not compile.
inline network_maker& default_network() {
  static network_maker make = nullptr;
  return make;
}

}  // namespace leat::detail
