// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/flow.hpp>
#include <leat/picture.hpp>
#include <leat/run/picture_dot.hpp>
#include <leat/run/picture_json.hpp>
#include <leat/run/picture_mermaid.hpp>
#include <leat/run/picture_steps.hpp>

#include <string>

namespace leat {

LEAT_INLINE std::string draw(flow const& what, picture as) {
  detail::drawing const drawn(what.description());
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
