// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/route/packet.hpp>

#include <cstddef>

namespace leat::detail {

class mesh {
 public:
  template <class T>
  sending_end<T>& sender(std::size_t node, unsigned from, unsigned to);
  template <class T>
  receiving_end<T>& receiver(std::size_t node, unsigned from, unsigned to);
};

}  // namespace leat::detail
