// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/list.hpp>
#include <leat/graph.hpp>
#include <leat/op/running/file_system.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace leat::detail {

/// The files that the steps of a flow read and write, as this process sees them. Before anything is opened: two steps
/// that would spoil each other's are found by device and inode, however their paths are spelled.
class used_files {
 public:
  /// A partition of this step; the empty name for a step without partitions.
  [[gnu::cold]] void add(node const& described, std::string const& part, file_system& files);

  /// Throws run_error, on behalf of a step that writes if one does.
  [[gnu::cold]] void refuse_conflicts(worker_services& worker);

 private:
  enum class kind { stored, pipe, other };
  struct used {
    node const* described;
    std::string path;
    bool written;
    kind of;
  };

  /// Empty where sharing does no harm.
  static std::string identify(used& file, file_system& files);

  /// A file that is still to be made is known by its directory and its name.
  static std::string identify_new(used& file, file_system& files);

  static std::string number_of(file_facts const& facts);

  std::string identity_at(std::size_t i) const { return sorted_[i].substr(0, sorted_[i].size() - 21); }
  used const& file_at(std::size_t i) const { return files_[std::stoul(sorted_[i].substr(sorted_[i].size() - 20))]; }

  static void refuse_conflict(used const& first, used const& second, worker_services& worker);

  static std::string name_of(used const& file);

  list<used> files_;
  std::vector<std::string> sorted_;
};

/// Why a partition cannot be opened, as far as that can be known beforehand; empty when nothing is known against it.
[[gnu::cold]] std::string obstacle_to(node const& described, std::string const& part, file_system& files);

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/run/used_files.ipp>
#endif
