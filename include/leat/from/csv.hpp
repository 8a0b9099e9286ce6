// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/concat.hpp>
#include <leat/error.hpp>
#include <leat/from/csv_partition.hpp>
#include <leat/from/csv_row.hpp>
#include <leat/from/paths.hpp>
#include <leat/from/skipped_rows.hpp>
#include <leat/from/source.hpp>
#include <leat/op/running/file_range.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace leat {
namespace detail {

/// A source of CSV rows: a partition per file, or range of one, resumed after the last row emitted.
template <class As, bool Named = false>
class csv_source {
 public:
  using partition = csv_partition<As, Named>;
  using record = typename partition::record;
  using position = typename partition::position;

  csv_source(paths files, As as, csv_options options = {})
      : files_(std::move(files)), as_(std::move(as)), options_(std::move(options)) {}

  /// Each row comes with the name of its file (without directories): a keyed stream.
  csv_source<As, true> with_name() const { return {files_, as_, options_}; }
  /// Each file is shared by so many partitions, 1 to 4096, which take blocks of it in turn, so that several workers
  /// convert its rows. Each of them finds the rows of the others too, and passes them over: where a row begins depends
  /// on all quotes before it. Rows of one block come in order; which of two blocks comes first is not said. Every
  /// process has to see the same file. Throws flow_error for standard input; a pipe is refused when the run begins.
  csv_source in_ranges(std::uint64_t count, std::uint64_t block_bytes = file_range::usual_block) const {
    csv_source copy(*this);
    copy.files_ = files_.in_ranges(count, block_bytes);
    return copy;
  }
  /// What stands between two fields, instead of a comma. Throws flow_error for a quote and an end of line.
  csv_source separated_by(char separator) const {
    refuse_special(separator, "separated_by");
    return changed([&](csv_options& o) { o.dialect.separator = separator; });
  }
  /// The file has no header: these are its columns, and its first line is a row. Throws flow_error when there are none.
  csv_source columns(std::vector<std::string> names) const {
    if (names.empty()) throw flow_error("from::csv(...).columns(names): name one column at least");
    return changed([&](csv_options& o) { o.columns = std::move(names); });
  }
  /// So many lines above the header (or the first row) are passed over, whatever they hold.
  csv_source skip_lines(std::uint64_t count) const {
    return changed([&](csv_options& o) { o.lines_above = count; });
  }
  /// Lines that begin with this character are passed over. Throws flow_error for a quote and an end of line.
  csv_source comments(char begin = '#') const {
    refuse_special(begin, "comments");
    return changed([&](csv_options& o) { o.dialect.comment = begin; });
  }
  /// What a row lacks at its end is empty, instead of making it malformed.
  csv_source fill_short_rows() const {
    return changed([](csv_options& o) { o.fill = true; });
  }
  /// Inside quotes a backslash takes the next character as it is, so that `\"` is a quote; doubled quotes are one
  /// still.
  csv_source backslash_escapes() const {
    return changed([](csv_options& o) { o.dialect.backslash = true; });
  }
  /// A quote that does not belong where it stands is a character: inside a field that does not begin with one, and
  /// inside quotes where no separator or end of line follows.
  csv_source lazy_quotes() const {
    return changed([](csv_options& o) { o.dialect.lazy = true; });
  }
  /// Malformed rows (wrong number of columns, misplaced quotes, for a struct a field that does not fit its member) are
  /// left out and counted instead of ending the run. Without a counter their number is written to stderr at the end.
  csv_source skip_malformed() const {
    return changed([](csv_options& o) { o.skip = true; });
  }
  /// The same, counted in `counter` and not told.
  csv_source skip_malformed(skipped_rows const& counter) const {
    return changed([&](csv_options& o) {
      o.skip = true;
      o.skipped = counter;
    });
  }
  /// A row longer than this many bytes is an error; 16 MiB unless said. It bounds the memory used.
  csv_source longest(std::size_t bytes) const {
    return changed([&](csv_options& o) { o.longest = bytes; });
  }

  std::vector<std::string> list_parts(file_system& files) const { return files_.list_parts(files); }
  std::string file_of(std::string const& part) const { return files_.path_of(part); }
  void check_part(std::string const& part, file_system& files) const { files_.check_part(part, files); }
  bool in_turn(std::string const& part, file_system& files) const { return files_.regular(part, files); }
  partition build_part(std::string const& part, std::optional<position> const& resume,
                       step_services const& services) const {
    csv_options options = options_;
    options.may_be_empty = !files_.single();
    options.range = files_.range_of(part);
    return {files_.path_of(part), as_, std::move(options), resume, services};
  }

 private:
  static void refuse_special(char c, std::string_view option) {
    if (c == '"' || c == '\n' || c == '\r' || c == '\0')
      throw flow_error(
          concat({"from::csv(...).", option, ": a quote, an end of line and NUL have a meaning of their own"}));
  }

  template <class F>
  csv_source changed(F&& change) const {
    csv_source copy(*this);
    change(copy.options_);
    return copy;
  }

  paths files_;
  As as_;
  csv_options options_;
};

}  // namespace detail

namespace from {

/// The rows of a CSV file (RFC 4180; `-` is standard input) as `csv_row`, whose columns are named by the file's first
/// line, unless `.columns(names)`. Lines end in LF, CR LF or, all of them, CR; blank ones are passed over. Text in
/// UTF-16 is refused. A malformed row ends the run with its file and line, unless `.skip_malformed()`. A file that
/// holds nothing is an error when it is the only one, and has no rows among others. Other spellings of CSV: the
/// functions of the result.
inline detail::csv_source<detail::csv_as_row> csv(std::string path) {
  return {detail::paths(std::vector<std::string>{std::move(path)}), detail::csv_as_row()};
}
/// The rows of several files, each a partition with a header of its own.
inline detail::csv_source<detail::csv_as_row> csv(std::vector<std::string> files) {
  return {detail::paths(std::move(files)), detail::csv_as_row()};
}
/// The rows of the files in a directory, not of those below it, whose names match `glob`.
inline detail::csv_source<detail::csv_as_row> csv_files(std::string directory, std::string glob = "*.csv") {
  return {detail::paths(std::move(directory), std::move(glob)), detail::csv_as_row()};
}

/// The same as records of the user's: `from::csv<trade>("trades.csv", leat::column("price", &trade::price), ...)`.
/// Columns that are not named are passed over; members that are not named keep their defaults.
/// In each form one column at least.
template <class Struct, class... Members>
detail::csv_source<detail::csv_as_struct<Struct, Members...>> csv(std::string path,
                                                                  csv_column<Struct, Members>... columns) {
  detail::refuse_columns<Members...>();
  return {detail::paths(std::vector<std::string>{std::move(path)}),
          detail::csv_as_struct<Struct, Members...>(std::move(columns)...)};
}
template <class Struct, class... Members>
detail::csv_source<detail::csv_as_struct<Struct, Members...>> csv(std::vector<std::string> files,
                                                                  csv_column<Struct, Members>... columns) {
  detail::refuse_columns<Members...>();
  return {detail::paths(std::move(files)), detail::csv_as_struct<Struct, Members...>(std::move(columns)...)};
}
template <class Struct, class... Members>
detail::csv_source<detail::csv_as_struct<Struct, Members...>> csv_files(std::string directory, std::string glob,
                                                                        csv_column<Struct, Members>... columns) {
  detail::refuse_columns<Members...>();
  return {detail::paths(std::move(directory), std::move(glob)),
          detail::csv_as_struct<Struct, Members...>(std::move(columns)...)};
}

}  // namespace from
}  // namespace leat
