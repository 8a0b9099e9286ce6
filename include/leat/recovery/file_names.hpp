// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/graph.hpp>
#include <leat/op/running/file_system.hpp>
#include <leat/recovery/store_file.hpp>
#include <leat/route/control/partition_lists.hpp>

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace leat::detail {

/// Positions that a run goes on from, by step and partition.
using positions_by_partition = std::map<std::pair<std::string, std::string>, kept_position>;

/// Partitions that are named by the path of their file, as it was given, and by the range that they have of it. A file
/// that is given by another path, or in other ranges, than in earlier runs would be read again, or emptied: it is found
/// by where it stands.
class file_names {
 public:
  /// Looks where the files of this process's partitions stand. Throws std::runtime_error for a file that an earlier run
  /// knew by another path or in other ranges, and for an output that would empty a file of which the store knows
  /// nothing, while the file that it wrote before is written by nobody.
  void begin(graph const& flow, std::vector<partition_lists const*> const& of_processes, unsigned process,
             positions_by_partition const& kept, file_system& files);

  /// Where the file of a partition stands, from the root of the machine; empty where the name is no path.
  std::string const& place_of(std::string const& step, std::string const& partition) const;

 private:
  std::map<std::pair<std::string, std::string>, std::string> places_;  ///< by step and partition
};

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/recovery/file_names.ipp>
#endif
