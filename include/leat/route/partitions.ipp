// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/list.hpp>
#include <leat/detail/sort_names.hpp>
#include <leat/route/partitions.hpp>

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace leat::detail {

LEAT_COLD candidates& with_name(list<candidates>& sorted, std::string const& name) {
  std::size_t first = 0;
  for (std::size_t count = sorted.size(); count > 1;) {
    std::size_t const half = count / 2;
    if (!(name < sorted[first + half].name)) first += half;
    count -= half;
  }
  return sorted[first];
}

LEAT_COLD std::vector<std::pair<std::string, unsigned>> assign_partitions(
    std::vector<std::vector<std::string>> const& offered) {
  std::vector<std::string> partitions;
  for (std::vector<std::string> const& names : offered)
    for (std::string const& name : names) partitions.push_back(std::string(name));
  sort_names(partitions);
  list<candidates> names;
  for (std::string& name : partitions)
    if (names.empty() || names.back().name != name) names.emplace_back(std::move(name));
  for (unsigned w = 0; w != offered.size(); ++w)
    for (std::string const& name : offered[w]) {
      list<unsigned>& workers = with_name(names, name).workers;
      if (workers.empty() || workers.back() != w) workers.push_back(w);
    }

  list<std::size_t> load;
  while (load.size() != offered.size()) load.push_back(0);
  std::vector<std::pair<std::string, unsigned>> result;
  for (std::size_t rarity = 1; rarity <= offered.size(); ++rarity)
    for (candidates& of : names) {
      if (of.workers.size() != rarity) continue;
      unsigned best = of.workers.front();
      for (unsigned w : of.workers)
        if (load[w] < load[best]) best = w;
      ++load[best];
      result.emplace_back(of.name, best);
    }
  return result;
}

}  // namespace leat::detail
