// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/list.hpp>

#include <string>
#include <utility>
#include <vector>

namespace leat::detail {

/// The workers that can open a partition.
struct candidates {
  explicit candidates(std::string partition) : name(std::move(partition)) {}
  std::string name;
  list<unsigned> workers;
};

/// `sorted` has one of this name.
candidates& with_name(list<candidates>& sorted, std::string const& name);

/// Shares partitions out among the workers that can open them: those that fewest workers have come first, then by
/// name; each goes to the candidate that has fewest so far, the lowest index on ties. (Bytewax's rule.)
/// `offered[w]` are the partitions worker w can open; the result is (partition, worker), in the order decided.
[[gnu::cold]] std::vector<std::pair<std::string, unsigned>> assign_partitions(
    std::vector<std::vector<std::string>> const& offered);

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/route/partitions.ipp>
#endif
