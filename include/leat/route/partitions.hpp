// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace leat::detail {

/// Shares partitions out among the workers that can open them: those that fewest workers have come first, then by
/// name; each goes to the candidate that has fewest so far, the lowest index on ties. (Bytewax's rule.)
/// `offered[w]` are the partitions worker w can open; the result is (partition, worker), in the order decided.
inline std::vector<std::pair<std::string, unsigned>> assign_partitions(
    std::vector<std::vector<std::string>> const& offered) {
  std::map<std::string, std::vector<unsigned>> candidates;
  for (unsigned w = 0; w != offered.size(); ++w)
    for (std::string const& name : offered[w]) {
      std::vector<unsigned>& have_it = candidates[name];
      if (have_it.empty() || have_it.back() != w) have_it.push_back(w);
    }

  std::vector<std::size_t> load(offered.size(), 0);
  std::vector<std::pair<std::string, unsigned>> result;
  for (std::size_t rarity = 1; rarity <= offered.size(); ++rarity)
    for (auto const& [name, have_it] : candidates) {
      if (have_it.size() != rarity) continue;
      unsigned best = have_it.front();
      for (unsigned w : have_it)
        if (load[w] < load[best]) best = w;
      ++load[best];
      result.emplace_back(name, best);
    }
  return result;
}

}  // namespace leat::detail
