// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/recovery/store_file.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace leat::detail {

/// What is to be written of one epoch, into one file.
struct kept_epoch {
  std::map<std::pair<std::string, std::uint32_t>, kept_group> groups;      ///< by step and group
  std::map<std::pair<std::string, std::string>, kept_position> positions;  ///< by step and partition

  /// Rows of a group that has some already go behind them.
  void add(kept_group&& rows);
  void add(kept_position&& position);
};
/// By epoch.
using kept_epochs = std::map<std::uint64_t, kept_epoch>;

/// Buffers of rows, each of one group.
using row_memory = std::vector<std::vector<std::byte>>;

/// Memory of rows that have been written, for those of the next epoch: as much as the last epoch had. Thread-safe.
class spare_memory {
 public:
  /// Empty, with memory if there is some.
  std::vector<std::byte> take();
  /// What is left of earlier epochs goes.
  void replace(row_memory&& by);

 private:
  std::mutex mutex_;
  row_memory buffers_;
};

/// A file of this process: what has been kept and is in it, and what later epochs have made needless.
///
/// Of a group the last full rows are needed and what came behind them, of a partition the last position; and what a run
/// that goes on from any epoch since `oldest_epoch` needs. The rest is removed in the commits that follow, a little in
/// each.
class written_file {
 public:
  explicit written_file(std::unique_ptr<store_file> file) : file_(std::move(file)) {}

  store_file& file() { return *file_; }
  /// A run has claimed it: learns what is there.
  void begin();
  /// What is there, in the order of steps, groups and epochs; each group once.
  std::vector<std::pair<std::string, std::uint32_t>> groups() const;
  /// Writes these epochs, of which the last is `epoch`, and what is said of them. Returns the memory of their rows, to
  /// be used again.
  row_memory commit(kept_epochs&& epochs, std::uint64_t run, std::uint64_t epoch, std::int64_t time);
  /// The last epoch that is decided, and the time before which no copy of a file is gone back to.
  void keep_since(std::uint64_t decided, std::int64_t time);
  std::uint64_t oldest_epoch() const { return oldest_; }

 private:
  static constexpr std::size_t most_removed = 64;  ///< besides as many as are written

  /// What the file has of a group or a partition, in the order of its epochs.
  template <class Kept>
  struct history_of {
    std::vector<Kept> parts;
    bool crowded = false;  ///< it is in the list of those
  };

  void note(kept_group const& group);
  void note(kept_position const& position);
  void choose_old(store_commit& to);

  std::unique_ptr<store_file> file_;
  std::map<std::pair<std::string, std::uint32_t>, history_of<kept_group>> groups_;  ///< without their bytes
  std::map<std::pair<std::string, std::string>, history_of<std::uint64_t>> positions_;
  std::deque<std::pair<std::uint64_t, std::int64_t>> times_;          ///< when which epoch was done
  std::deque<std::pair<std::string, std::uint32_t>> crowded_groups_;  ///< may have some that is not needed
  std::deque<std::pair<std::string, std::string>> crowded_positions_;
  std::uint64_t oldest_ = 0;
};

/// Writes to the files of a process where waiting is allowed, one epoch after the other. It may outlive the run, while
/// a write is under way.
class store_writer {
 public:
  using done_function = std::function<void(std::uint64_t epoch, std::exception_ptr failure)>;

  explicit store_writer(done_function done) : done_(std::move(done)) {}

  std::vector<written_file>& files() { return files_; }
  spare_memory& spare() { return spare_; }

  struct job {
    std::vector<kept_epochs> of_files;
    std::uint64_t run = 0;
    std::uint64_t epoch = 0;
    std::int64_t time = 0;
    std::uint64_t decided = 0;
    std::int64_t keep_from = 0;  ///< seconds since 1970
  };
  void write(job& asked);
  /// Nothing is written from here on, nor told.
  void close();

 private:
  std::mutex writing_;
  bool closed_ = false;
  done_function done_;
  std::vector<written_file> files_;
  spare_memory spare_;
};

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/recovery/store_writer.ipp>
#endif
