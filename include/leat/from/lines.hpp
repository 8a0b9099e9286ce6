// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/from/input_file.hpp>
#include <leat/from/line_range.hpp>
#include <leat/from/paths.hpp>
#include <leat/from/source.hpp>
#include <leat/op/running/file_range.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace leat {
namespace detail {

/// One file, or a range of it, line by line.
template <class Record>
class lines_partition {
 public:
  lines_partition(std::string const& path, file_range const& range, std::optional<file_position> const& resume,
                  step_services const& services, std::size_t longest)
      : file_(path, services, longest), name_(base_name(path)), range_(range, resumed(resume), resume.has_value()) {}

  bool next_batch(emitter<Record>& out) {
    bool has_read = false;
    for (std::size_t n = 0; n != lines_per_batch;) {
      if (!range_.has(file_.position())) [[unlikely]] {
        line_range::found const found = range_.find_line(file_);
        if (found == line_range::found::end) return false;
        if (found == line_range::found::line) continue;
      }
      std::string_view const unread = file_.unread();
      if (unread.size() > searched_) {
        if (void const* const found = std::memchr(unread.data() + searched_, '\n', unread.size() - searched_)) {
          auto const length = static_cast<std::size_t>(static_cast<char const*>(found) - unread.data());
          std::string_view const line = without_return(unread.substr(0, length));
          file_.check_length(line.size());
          emit_record(out, line);
          file_.consume(length + 1);
          searched_ = 0;
          ++n;
          continue;
        }
        searched_ = unread.size();
      }
      if (has_read) break;
      has_read = true;
      switch (file_.read_more()) {
        case input_file::got::bytes:
          break;
        case input_file::got::nothing_yet:
          return true;
        case input_file::got::end:
          return finish(out);
      }
    }
    return true;
  }

  bool ready() const { return file_.ready(); }
  std::optional<steady_time> next_awake() const { return file_.next_awake(); }
  file_position snapshot() const { return range_.snapshot(file_); }

 private:
  static constexpr std::size_t lines_per_batch = 1024;

  input_file& resumed(std::optional<file_position> const& at) {
    if (at) file_.seek(*at);
    return file_;
  }

  static std::string_view without_return(std::string_view line) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
  }

  void emit_record(emitter<Record>& out, std::string_view line) {
    if constexpr (std::is_same_v<Record, std::string>)
      out(line);
    else
      out(Record(name_, std::string(line)));
  }

  /// The last line may lack its newline.
  bool finish(emitter<Record>& out) {
    std::string_view const rest = file_.unread();
    if (!rest.empty()) {
      file_.check_length(rest.size());
      emit_record(out, rest);
      file_.consume(rest.size());
      searched_ = 0;
    }
    return false;
  }

  input_file file_;
  std::string name_;
  line_range range_;
  std::size_t searched_ = 0;  ///< bytes of `unread` that are known to hold no newline
};

/// A source of lines: a partition per file, or range of one, resumed at the byte after the last line emitted.
template <class Record>
class lines_source {
 public:
  using record = Record;
  using position = file_position;

  explicit lines_source(paths files, std::size_t longest = input_file::default_longest)
      : files_(std::move(files)), longest_(longest) {}

  /// Each line comes with the name of its file (without directories): a keyed stream of
  /// `std::pair<std::string, std::string>`.
  auto with_name() const { return lines_source<std::pair<std::string, std::string>>(files_, longest_); }
  /// A line longer than this many bytes is an error; 16 MiB unless said. It bounds the memory used.
  lines_source longest(std::size_t bytes) const { return lines_source(files_, bytes); }
  /// Each file is shared by so many partitions, 1 to 4096, which take blocks of it in turn, so that several workers
  /// read it. Lines of one block come in order; which of two blocks comes first is not said. Every process has to see
  /// the same file. Throws flow_error for standard input; a pipe is refused when the run begins.
  lines_source in_ranges(std::uint64_t count, std::uint64_t block_bytes = file_range::usual_block) const {
    return lines_source(files_.in_ranges(count, block_bytes), longest_);
  }

  std::vector<std::string> list_parts(file_system& files) const { return files_.list_parts(files); }
  std::string file_of(std::string const& part) const { return files_.path_of(part); }
  void check_part(std::string const& part, file_system& files) const { files_.check_part(part, files); }
  bool in_turn(std::string const& part, file_system& files) const { return files_.regular(part, files); }
  lines_partition<Record> build_part(std::string const& part, std::optional<position> const& resume,
                                     step_services const& services) const {
    return {files_.path_of(part), files_.range_of(part), resume, services, longest_};
  }

 private:
  paths files_;
  std::size_t longest_;
};

}  // namespace detail

namespace from {

/// The lines of a file, or of standard input for `-`, as std::string without their end (LF or CR LF); the last one may
/// lack it, blank lines are kept. A pipe, a terminal, a named pipe are read as their bytes come in. The file is opened
/// by one worker, unless it is read `.in_ranges(n)`; the error for one that cannot be read names it and the reason.
inline detail::lines_source<std::string> lines(std::string path) {
  return detail::lines_source<std::string>(detail::paths(std::vector<std::string>{std::move(path)}));
}
/// The lines of several files, each a partition.
inline detail::lines_source<std::string> lines(std::vector<std::string> files) {
  return detail::lines_source<std::string>(detail::paths(std::move(files)));
}

/// The lines of the files in a directory whose names match `glob` (as the shell's, so `*` leaves out names that begin
/// with a full stop), each a partition; directories in it are left out, and what is in them. It is an error when
/// nothing matches.
inline detail::lines_source<std::string> files(std::string directory, std::string glob = "*") {
  return detail::lines_source<std::string>(detail::paths(std::move(directory), std::move(glob)));
}

}  // namespace from
}  // namespace leat
