// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/lean_function.hpp>
#include <leat/op/running/file_system.hpp>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace leat::detail {

/// A disk in memory, for a flow on a simulated runtime: `simulated_runtime::use`. It fails as a test asks it to, at a
/// byte that the test names, so that each fault can be repeated. Names are paths as they are written: `a` and `./a` are
/// two files. It has no pipes, and `-` is a file like another.
class simulated_disk final : public file_system {
 public:
  static constexpr std::uint64_t nowhere = (std::numeric_limits<std::uint64_t>::max)();

  void put(std::string const& path, std::string_view content);
  std::string content(std::string const& path) const;
  bool has(std::string const& path) const { return stored_.contains(path); }

  /// A write past this byte of the file fails with this error, a number of <cerrno>. What stands before the byte is
  /// written: the record there is torn.
  void fail_writes(std::string const& path, std::uint64_t from, int error);
  /// The bytes before are read.
  void fail_reads(std::string const& path, std::uint64_t from, int error);
  /// So many bytes for all files together; ENOSPC then, also in the middle of a write.
  void limit(std::uint64_t bytes) { room_ = bytes; }
  /// No read gives more than this, however much it asks for.
  void cut_reads_to(std::size_t most) { most_read_ = most; }
  /// Of the reads, each but every n-th has nothing yet; 1: each gives something.
  void delay_reads(unsigned n) { reads_for_one_ = n; }
  /// What a file system finds out only when this file is closed.
  void fail_late(std::string const& path, int error) { stored_[path].late_error = error; }

  // Faults at the n-th call from now on, of those that open, read, write, cut off, sync or remove. `drawn`, a number of
  // chance, says how much of that call is done all the same.

  /// It fails with this error, those behind it do not. What a sync that failed was to bring to the disk is never
  /// brought there by a later one, as on real machines.
  void fail_call(std::uint64_t nth, int error, std::uint64_t drawn) { next_ = {nth, error, drawn, false}; }
  /// The machine stops in it: nothing is done any more, and each call fails with EIO, until `start_again`.
  void halt_at(std::uint64_t nth, std::uint64_t drawn) { next_ = {nth, EIO, drawn, true}; }
  void halt() { halted_ = true; }
  bool halted() const { return halted_; }
  /// And there is no fault to come.
  void start_again();
  /// Faults of the n-th call that have come.
  std::uint64_t faults() const { return faults_; }
  /// Counts a call, and gives the error that it has to fail with: for what a test keeps on the same machine by itself.
  int meet();

  file_facts facts(std::string const& path, file_use use) override;
  int obstacle(std::string const& path, file_use use) override;
  std::string place(std::string const& path) override { return path; }
  int list(std::string const& directory, std::vector<std::string>& names) override;
  int make_directory(std::string const& path) override;
  int open(std::string const& path, file_use use, int& handle) override;
  int open_scratch(std::string const& directory, int& handle) override;
  void close(int handle) override;
  file_facts facts(int handle) override;
  bool readable(int) override { return true; }
  outcome read(int handle, char* to, std::size_t most) override;
  int write(int handle, std::string_view bytes) override;
  std::uint64_t position(int handle) override { return open_.at(handle).position; }
  int seek(int handle, std::uint64_t position) override;
  int truncate(int handle, std::uint64_t size) override;
  int late_error(int handle) override { return file(handle).late_error; }
  int sync(int handle) override;
  int sync_name(std::string const& path) override;
  /// A file that was removed may be there again when the power has failed, until its directory is synced.
  int remove(std::string const& path);
  /// The names of all files of a directory.
  int sync_names(std::string const& directory);

  /// The power fails. Nothing stays of a file whose name, or that of its directory, was not synced. Of another one what
  /// was synced stays. Each later write, in pieces of 512 bytes, and each time that it was cut off, reached the disk or
  /// did not, whatever became of the others. `keep(n)` is a number from 0 to n, of chance.
  void lose_unsynced(std::function<std::uint64_t(std::uint64_t)> const& keep);
  /// Pieces that were lost so, in all.
  std::uint64_t pieces_lost() const { return pieces_lost_; }

 private:
  static constexpr std::uint64_t sector = 512;  ///< bytes of which a disk writes all or none

  /// Bytes that were written, or, where it cuts, that the file ended there.
  struct change {
    std::uint64_t at = 0;
    std::string bytes;
    bool cuts = false;
  };
  struct stored {
    std::string bytes;
    std::string synced;
    std::vector<change> unsynced;  ///< since then
    bool named = false;            ///< its name is on the disk
    bool directory = false;
    bool written = false;  ///< somebody has it open for that
    std::uint64_t number = 0;
    std::uint64_t writes_fail_from = nowhere;
    std::uint64_t reads_fail_from = nowhere;
    int write_error = 0;
    int read_error = 0;
    int late_error = 0;
  };
  struct opened {
    std::string path;
    std::uint64_t position = 0;
    bool writes = false;
    bool scratch = false;
  };

  struct fault {
    std::uint64_t in = 0;  ///< so many calls; 0: none is to come
    int error = 0;
    std::uint64_t drawn = 0;
    bool halts = false;
  };

  static std::string directory_of(std::string const& path);
  static void apply(change const& made, std::string& to);
  bool is_directory(std::string const& path) const;
  file_facts facts_of(stored const& found) const;
  stored& file(int handle) { return stored_.at(open_.at(handle).path); }
  int hand_out(std::string const& path, bool writes, bool scratch, int& handle);

  std::map<std::string, stored> stored_;  ///< by path
  std::map<int, opened> open_;            ///< by handle
  int handles_made_ = 1000;               ///< none is a descriptor of the process
  std::uint64_t files_made_ = 0;
  fault next_;
  bool halted_ = false;
  std::uint64_t faults_ = 0;
  std::map<std::string, std::string> removed_;  ///< what was synced of files that may be there again
  std::uint64_t pieces_lost_ = 0;
  std::uint64_t used_ = 0;
  std::uint64_t room_ = nowhere;
  std::size_t most_read_ = (std::numeric_limits<std::size_t>::max)();
  unsigned reads_for_one_ = 1;
  unsigned reads_asked_ = 0;
};

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/run/simulated/disk.ipp>
#endif
