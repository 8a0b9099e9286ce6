// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/concat.hpp>
#include <leat/record.hpp>
#include <leat/text.hpp>
#include <leat/to/output_file.hpp>
#include <leat/to/partitioned_sink.hpp>

#include <sys/stat.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace leat {
namespace detail {

/// One file, a line per record.
class lines_of_records {
 public:
  lines_of_records(std::string path, std::optional<std::uint64_t> const& resume) : file_(std::move(path), resume) {}

  template <class T>
    requires printable<std::remove_const_t<T>>
  void write_batch(std::span<T> records) {
    for (auto const& record : records) {
      append_text(file_.pending(), record);
      file_.pending() += '\n';
      file_.write_when_full();
    }
  }
  void flush() { file_.flush(); }
  std::uint64_t snapshot() const { return file_.position(); }

 private:
  output_file file_;
};

/// One file, a line per value; the keys have done their work.
class lines_of_values {
 public:
  lines_of_values(std::string path, std::optional<std::uint64_t> const& resume) : file_(std::move(path), resume) {}

  template <class K, printable V>
  void write_batch(std::span<std::pair<K, V>> records) {
    for (auto const& [key, value] : records) {
      append_text(file_.pending(), value);
      file_.pending() += '\n';
      file_.write_when_full();
    }
  }
  void flush() { file_.flush(); }
  std::uint64_t snapshot() const { return file_.position(); }

 private:
  output_file file_;
};

}  // namespace detail

namespace to {

/// Writes each record into one file, one per line, as `leat::text` puts it. All workers' records go to the one worker
/// that has the file open; each worker's are in order. What was in the file is overwritten. What has been written is
/// with the operating system at the end of each epoch. Resumed by its length.
class lines {
 public:
  using position = std::uint64_t;

  explicit lines(std::string path) : path_(std::move(path)) {}

  std::vector<std::string> list_parts() const { return {path_}; }
  template <class T>
  std::uint64_t part_of(T const&) const {
    return 0;
  }
  detail::lines_of_records build_part(std::string const& path, std::optional<position> const& resume,
                                      step_services const&) const {
    return {path, resume};
  }

 private:
  std::string path_;
};

/// Writes the values of a keyed stream into `count` files of a directory, `part_0` and on, one value per line. A key
/// decides the file, so the order of each key is kept; each file is written by one worker. The directory is made when
/// it is not there (its parent must be). What was in the files is overwritten. Each is resumed by its length.
class files {
 public:
  using position = std::uint64_t;

  files(std::string directory, std::size_t count) : directory_(std::move(directory)), count_(count) {}

  std::vector<std::string> list_parts() const {
    if (count_ == 0) throw std::runtime_error("to::files(directory, count): the count of files must be at least one");
    std::vector<std::string> names;
    for (std::size_t i = 0; i != count_; ++i) names.push_back("part_" + std::to_string(i));
    return names;
  }
  detail::lines_of_values build_part(std::string const& part, std::optional<position> const& resume,
                                     step_services const&) const {
    if (::mkdir(directory_.c_str(), 0777) != 0 && errno != EEXIST)
      throw std::runtime_error(detail::concat(
          {"cannot make the directory \"", directory_, "\": ", std::generic_category().message(errno)}));
    return {detail::concat({directory_, "/", part}), resume};
  }

 private:
  std::string directory_;
  std::size_t count_;
};

}  // namespace to
}  // namespace leat
