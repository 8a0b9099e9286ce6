// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/from/file_position.hpp>
#include <leat/from/source.hpp>
#include <leat/op/running/file_system.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace leat::detail {

[[noreturn, gnu::cold]] void refuse_to_write(std::string const& path, std::string const& reason);
std::string reason_not_to_write(int error);

/// Throws what opening the file would throw, as far as that can be known without opening it.
[[gnu::cold]] void check_writable(std::string const& path, file_system& files);

/// A file that is written from the beginning, or on from a position. What was there before a beginning is cut off when
/// something is written for the first time, or the first epoch ends: a run that fails before leaves the file as it was.
/// What stands behind a position is cut off at once: a run that was killed has left it. While the file is open no other
/// sink, of this machine, can write it. A named pipe is waited for until somebody reads it.
class output_file {
 public:
  output_file(std::string path, std::optional<file_position> const& resume, step_services const& services);
  output_file(output_file const&) = delete;
  output_file& operator=(output_file const&) = delete;

  /// False: nobody reads the named pipe yet, ask again. Nobody is waited for once the run is to stop.
  bool ready();

  bool is_open() const { return file_.is_open(); }

  /// Text to be appended; `write_when_full` after each record, `flush` in the end.
  std::string& pending() { return pending_; }
  void write_when_full();

  /// Hands everything to the operating system, and has a file system say what it has no room for; with recovery it is
  /// on the disk afterwards. Throws std::runtime_error when it is not taken.
  void flush();

  /// Bytes in the file, what is pending included.
  std::uint64_t position() const { return position_ + pending_.size(); }
  /// The same, with what stands before it; of what is no regular file its beginning.
  file_position snapshot() const;

 private:
  static constexpr std::size_t buffer_size = std::size_t{64} << 10;

  /// Does not wait for the reader of a named pipe.
  [[gnu::cold]] void open();

  [[gnu::cold]] void begin();
  /// Throws when what stands before the position is not what was written.
  [[gnu::cold]] void look_before();
  void note_last(std::string_view written);
  void write();

  std::string path_;
  step_services services_;
  open_file file_;
  bool regular_ = false;
  bool begun_ = false;
  bool unchecked_ = false;  ///< something was written since the last flush
  bool named_ = false;      ///< its name is on the disk
  std::string pending_;
  std::uint64_t position_;
  std::string last_;                      ///< bytes before it, as many as a position knows
  std::optional<file_position> resumed_;  ///< at this
};

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/to/output_file.ipp>
#endif
