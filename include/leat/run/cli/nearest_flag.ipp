// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/concat.hpp>
#include <leat/run/cli/flags.hpp>
#include <leat/run/cli/nearest_flag.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

namespace leat::detail {

LEAT_COLD std::size_t edit_distance(std::string_view from, std::string_view to) {
  constexpr std::size_t longest = 31;
  if (from.size() > longest || to.size() > longest) return longest;
  std::size_t costs[longest + 1][longest + 1] = {};
  for (std::size_t i = 0; i <= from.size(); ++i)
    for (std::size_t j = 0; j <= to.size(); ++j) {
      std::size_t& cost = costs[i][j];
      if (i == 0 || j == 0) {
        cost = i + j;
        continue;
      }
      cost = (std::min)(costs[i - 1][j], costs[i][j - 1]) + 1;
      cost = (std::min)(cost, costs[i - 1][j - 1] + (from[i - 1] != to[j - 1]));
      bool const swapped = i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1];
      if (swapped) cost = (std::min)(cost, costs[i - 2][j - 2] + 1);
    }
  return costs[from.size()][to.size()];
}

LEAT_COLD bool is_named_in(std::string_view usage, std::string_view name) {
  bool named = false;
  for_each_flag_in(usage, [&](std::string_view own) { named = named || own == name; });
  return named;
}

LEAT_COLD std::string no_such_flag(std::string_view word, std::string_view usage) {
  std::string_view const name = word.substr(2, word.find('=') - 2);
  std::string_view nearest;
  std::size_t least = std::max<std::size_t>(name.size() / 3, 1) + 1;
  auto const consider = [&](std::string_view known) {
    // What is missing at the end counts for one letter: --workers is --workers-per-process.
    std::size_t cost = edit_distance(name, known);
    if (known.size() > name.size()) cost = (std::min)(cost, edit_distance(name, known.substr(0, name.size())) + 1);
    if (cost >= least) return;
    least = cost;
    nearest = known;
  };
  for (flag const& known : flags) consider(known.name);
  consider("help");
  consider("version");
  for_each_flag_in(usage, consider);
  std::string letter;
  for (flag const& known : flags)
    if (known.name == nearest && !known.letter.empty()) letter = concat({", or ", known.spelling()});
  std::string sentence = concat({"there is no flag \"", word, "\""});
  return nearest.empty() ? sentence : concat({sentence, "; the nearest is --", nearest, letter});
}

}  // namespace leat::detail
