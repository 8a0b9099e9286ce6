// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/flow.hpp>
#include <leat/picture.hpp>
#include <leat/picture/dot.hpp>
#include <leat/picture/json.hpp>
#include <leat/picture/mermaid.hpp>
#include <leat/picture/steps.hpp>

#include <string>

namespace leat {

LEAT_INLINE std::string draw(flow const& flow, picture as, bool with_guarantees) {
  detail::drawing const drawn(flow.description(), with_guarantees);
  switch (as) {
    case picture::mermaid:
      return detail::mermaid(drawn);
    case picture::dot:
      return detail::dot(drawn);
    case picture::json:
      break;
  }
  return detail::json(drawn);
}

}  // namespace leat
