// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/sort_names.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace leat::detail {

LEAT_COLD void sort_names(std::vector<std::string>& names) {
  auto const sift = [&names](std::size_t at, std::size_t end) {
    for (std::size_t child = 2 * at + 1; child < end; child = 2 * at + 1) {
      if (child + 1 != end && names[child] < names[child + 1]) ++child;
      if (!(names[at] < names[child])) return;
      names[at].swap(names[child]);
      at = child;
    }
  };
  for (std::size_t i = names.size() / 2; i != 0; --i) sift(i - 1, names.size());
  for (std::size_t end = names.size(); end > 1; --end) {
    names[0].swap(names[end - 1]);
    sift(0, end - 1);
  }
}

}  // namespace leat::detail
