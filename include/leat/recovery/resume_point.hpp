// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace leat::detail {

/// What one file of a store tells of the runs that have used it. A run claims all files before its first record.
struct store_history {
  /// A run that has claimed this file, and what it has left there.
  struct run {
    std::uint64_t number = 0;
    std::uint64_t began_at = 0;   ///< the epoch that it went on from; 0: it began anew
    std::uint64_t last_done = 0;  ///< the last epoch that this file holds all of; 0: none of this run's

    template <class Archive>
    void serialize(Archive& archive, unsigned) {
      archive & number & began_at & last_done;
    }
  };

  std::vector<run> runs;  ///< by their numbers
  /// What only earlier epochs need may have been removed.
  std::uint64_t oldest_epoch = 0;

  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive & runs & oldest_epoch;
  }
};

/// What a run is to go on from.
struct resume_point {
  std::uint64_t epoch = 0;   ///< the last one that all files hold; 0: there is none
  std::uint64_t parent = 0;  ///< the run that has left it; 0: none
  std::uint64_t run = 1;     ///< the number of the new run

  friend bool operator==(resume_point const&, resume_point const&) = default;

  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive & epoch & parent & run;
  }
};

/// The same for whoever asks, and however often: nothing that a process did before it was killed, a claim of some files
/// among it, changes the answer until all files have been claimed.
///
/// The parent is the last run that has claimed all files: one that has claimed only some has seen no record. An epoch
/// of it counts where all files hold it, or where it is the one that it began at. Throws std::runtime_error with a
/// sentence where a file is too old a copy: `paths` are those of the files.
resume_point resume_from(std::span<store_history const> files, std::span<std::string const> paths);

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/recovery/resume_point.ipp>
#endif
