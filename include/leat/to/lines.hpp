// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/concat.hpp>
#include <leat/text.hpp>
#include <leat/to/output_file.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace leat {
namespace detail {

/// One file, a line per record.
class lines_of_records {
 public:
  lines_of_records(std::string path, std::string header, std::optional<file_position> const& resume,
                   step_services const& services)
      : file_(std::move(path), resume, services), header_(std::move(header)) {}

  template <class T>
    requires printable<std::remove_const_t<T>>
  void write_batch(std::span<T> records) {
    write_header();
    for (auto const& record : records) {
      append_text(file_.pending(), record);
      file_.pending() += '\n';
      file_.write_when_full();
    }
  }
  bool ready() { return file_.ready(); }
  void flush();
  file_position snapshot() const { return file_.snapshot(); }

 private:
  void write_header();

  output_file file_;
  std::string header_;  ///< with its end of line
};

/// One file, a line per value; the keys have done their work.
class lines_of_values {
 public:
  lines_of_values(std::string path, std::optional<file_position> const& resume, step_services const& services)
      : file_(std::move(path), resume, services) {}

  template <class K, printable V>
  void write_batch(std::span<std::pair<K, V>> records) {
    for (auto const& [key, value] : records) {
      append_text(file_.pending(), value);
      file_.pending() += '\n';
      file_.write_when_full();
    }
  }
  bool ready() { return file_.ready(); }
  void flush() { file_.flush(); }
  file_position snapshot() const { return file_.snapshot(); }

 private:
  output_file file_;
};

}  // namespace detail

namespace to {

/// Writes each record into one file, one per line, as `leat::text` puts it. All workers' records go to the one worker
/// that has the file open; each worker's are in order. What was in the file is cut off when the first record is
/// written, or the first epoch ends: a run that cannot begin leaves the file as it was. What has been written is with
/// the operating system at the end of each epoch. A named pipe is waited for until somebody reads it; nothing else is
/// asked for its records meanwhile. An input of the same flow that reads the file, or another output that writes it, is
/// refused; so is a file that another program of leat's is writing. Resumed by its length.
class lines {
 public:
  static constexpr bool writes_text = true;
  using position = file_position;

  /// The file is overwritten, from its first record on.
  explicit lines(std::string path) : path_(std::move(path)) {}

  /// The file begins with this line, also when no record comes.
  lines header(std::string const& line) const;

  std::vector<std::string> list_parts() const { return {path_}; }
  template <class T>
  std::uint64_t part_of(T const&) const {
    return 0;
  }
  std::string file_of(std::string const& part) const { return part; }
  void check_part(std::string const& part, file_system& files) const { detail::check_writable(part, files); }
  detail::lines_of_records build_part(std::string const& path, std::optional<position> const& resume,
                                      step_services const& services) const;

 private:
  std::string path_;
  std::string header_;
};

/// Writes the values of a keyed stream into `count` files of a directory, `part_0` and on, one value per line. A key
/// decides the file, so the order of each key is kept; each file is written by one worker. The directory is made when
/// it is not there (its parent must be). The files are overwritten as that of `to::lines` is. Each is resumed by its
/// length.
class files {
 public:
  using position = file_position;

  /// `count`: files, named `part_0` and so on; 1 at least.
  files(std::string directory, std::size_t count) : directory_(std::move(directory)), count_(count) {}

  std::vector<std::string> list_parts() const;
  std::string file_of(std::string const& part) const { return detail::concat({directory_, "/", part}); }
  void check_part(std::string const& part, file_system& files) const;
  detail::lines_of_values build_part(std::string const& part, std::optional<position> const& resume,
                                     step_services const& services) const;

 private:
  [[noreturn, gnu::cold]] void fail(int error) const;

  std::string directory_;
  std::size_t count_;
};

}  // namespace to
}  // namespace leat

#ifndef LEAT_COMPILED
#include <leat/to/lines.ipp>
#endif
