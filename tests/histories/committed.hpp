// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/recovery/store_file.hpp>
#include <leat/run/simulated/disk.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace histories {

/// What files have that no later run takes back, as the store says between two runs.
class committed_outputs {
 public:
  /// Throws where the store would go on from before `decided`, which becomes the epoch that it goes on from, where it
  /// has what is of no epoch of its own, and where a file does not begin with what was committed of it.
  void look(leat::detail::store_kind& store, std::vector<std::string> const& directories,
            leat::detail::simulated_disk const& disk, std::uint64_t& decided);

  std::string of(std::string const& path) const;

 private:
  std::map<std::string, std::string> texts_;  ///< by path
};

}  // namespace histories
