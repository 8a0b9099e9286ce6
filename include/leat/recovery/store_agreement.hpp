// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/graph.hpp>
#include <leat/op/running/file_system.hpp>
#include <leat/recovery/resume_point.hpp>
#include <leat/recovery/store_file.hpp>
#include <leat/recovery/store_message.hpp>
#include <leat/route/control/partition_lists.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace leat::detail {

/// What every process decides by itself, of what all have told: each comes to the same answer.

/// The files that a process sees, as it tells the others.
void add_found_files(std::vector<store_kind::found> const& files, std::string const& directory, partition_lists& own);

/// Which process takes which file: one that sees it, all about as many. Throws std::runtime_error where a process runs
/// without a store, sees none that all have, or a file is missing.
std::vector<unsigned> share_files(std::vector<partition_lists const*> const& of_processes);

/// Throws std::runtime_error where the files are of another flow, or have something of a step that the flow does not
/// have and that is not to be forgotten.
void refuse_changed_flow(std::span<taken_file const> files, graph const& flow, std::span<std::string const> forgotten);

/// For the person who starts a run: what it goes on from, and what it promises of inputs, outputs, and steps whose
/// memory no store keeps. `listed`: the partitions that this process can open.
std::string start_of_run(graph const& flow, partition_lists const& listed, file_system& files,
                         std::string const& directory, resume_point const& from);

/// The file that has this group, or this partition.
constexpr unsigned file_of_group(std::uint32_t group, std::size_t files) {
  return static_cast<unsigned>(std::uint64_t{group} * files / group_count);
}
unsigned file_of_partition(std::string_view step, std::string_view partition, std::size_t files);

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/recovery/store_agreement.ipp>
#endif
