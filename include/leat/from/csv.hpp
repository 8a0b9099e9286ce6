// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/concat.hpp>
#include <leat/from/csv_record.hpp>
#include <leat/from/csv_row.hpp>
#include <leat/from/input_file.hpp>
#include <leat/from/paths.hpp>
#include <leat/from/skipped_rows.hpp>
#include <leat/from/source.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace leat {
namespace detail {

/// How a CSV file is read.
struct csv_options {
  char separator = ',';
  std::size_t longest = input_file::default_longest;
  bool skip = false;
  std::optional<skipped_rows> skipped;  ///< the caller's counter
};

/// One CSV file, row by row.
template <class As, bool Named>
class csv_partition {
 public:
  using row = typename As::record;
  using record = std::conditional_t<Named, std::pair<std::string, row>, row>;
  using position = std::pair<std::uint64_t, std::uint64_t>;

  csv_partition(std::string const& path, As as, csv_options options, std::optional<position> const& resume,
                step_services const& services)
      : file_(path, services, options.longest),
        name_(base_name(path)),
        as_(std::move(as)),
        options_(std::move(options)),
        reader_(options_.separator),
        step_(services.step()),
        resume_(resume) {}

  bool next_batch(emitter<record>& out) {
    bool has_read = false;
    for (std::size_t n = 0; n != rows_per_batch;) {
      pass_byte_order_mark();
      std::string_view const unread = file_.unread();
      if (unread.empty() && at_end_) return finish();
      csv_found const found = unread.empty() ? csv_found{} : reader_.read(unread, at_end_, fields_);
      if (found.what != csv_found::kind::incomplete) {
        n += use(found, out) ? 1 : 0;
        continue;
      }
      if (has_read) break;
      has_read = true;
      switch (file_.read_more()) {
        case input_file::got::bytes:
          break;
        case input_file::got::nothing_yet:
          return true;
        case input_file::got::end:
          at_end_ = true;
          break;
      }
    }
    return true;
  }

  bool ready() const { return file_.ready(); }
  std::optional<steady_time> next_awake() const { return file_.next_awake(); }
  /// Bytes and lines before the next row.
  position snapshot() const { return resume_.value_or(position(file_.position(), lines_)); }

 private:
  static constexpr std::size_t rows_per_batch = 1024;

  /// Some programs begin a file in UTF-8 with one; it is no part of the first column's name.
  void pass_byte_order_mark() {
    constexpr std::string_view mark = "\xEF\xBB\xBF";
    if (!header_ && file_.position() == 0 && file_.unread().starts_with(mark)) file_.consume(mark.size());
  }

  /// True when a row was emitted.
  bool use(csv_found const& found, emitter<record>& out) {
    std::uint64_t const line = lines_ + 1;
    lines_ += found.lines;
    file_.consume(found.bytes);
    if (found.what == csv_found::kind::blank) return false;
    if (header_) return emit(found, line, out);
    open(found, line);
    return false;
  }

  /// The first record names the columns; a resumed partition then goes on where it was.
  void open(csv_found const& found, std::uint64_t line) {
    auto header = std::make_shared<csv_header>();
    header->file = file_.name();
    if (found.what == csv_found::kind::malformed) throw std::runtime_error(concat({header->place(line), ": ", found.fault}));
    for (std::size_t i = 0; i != fields_.size(); ++i) header->columns.push_back(std::string(fields_[i]));
    as_.bind(*header);
    header_ = std::move(header);
    if (!resume_) return;
    file_.seek(resume_->first);
    lines_ = resume_->second;
    resume_.reset();
    at_end_ = false;
  }

  bool emit(csv_found const& found, std::uint64_t line, emitter<record>& out) {
    std::optional<row> made;
    try {
      if (found.what == csv_found::kind::malformed) throw std::runtime_error(concat({header_->place(line), ": ", found.fault}));
      if (fields_.size() != header_->columns.size())
        throw std::runtime_error(concat({header_->place(line), ": the header has ",
                                         std::to_string(header_->columns.size()), " columns, this row has ",
                                         std::to_string(fields_.size())}));
      made.emplace(as_.read(header_, fields_, line));
    } catch (std::runtime_error const& fault) {
      if (!options_.skip) throw;
      skip(fault.what());
      return false;
    }
    if constexpr (Named)
      out(record(name_, std::move(*made)));
    else
      out(std::move(*made));
    return true;
  }

  void skip(std::string const& what) {
    if (options_.skipped) options_.skipped->add(what);
    if (skipped_here_++ == 0) first_skipped_ = what;
  }

  bool finish() {
    if (!header_) throw std::runtime_error(file_.name() + " has no header: it is empty");
    if (skipped_here_ != 0 && !options_.skipped)
      std::fprintf(stderr, "leat: step \"%s\" skipped %llu malformed rows; the first: %s\n", step_.c_str(),
                   static_cast<unsigned long long>(skipped_here_), first_skipped_.c_str());
    return false;
  }

  input_file file_;
  std::string name_;
  As as_;
  csv_options options_;
  csv_reader reader_;
  csv_fields fields_;
  std::string step_;
  std::optional<position> resume_;
  std::shared_ptr<csv_header const> header_;
  std::uint64_t lines_ = 0;
  std::uint64_t skipped_here_ = 0;
  std::string first_skipped_;
  bool at_end_ = false;
};

/// A source of CSV rows: a partition per file, resumed after the last row emitted.
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
  csv_source separated_by(char separator) const {
    return changed([&](csv_options& o) { o.separator = separator; });
  }
  /// Malformed rows (wrong number of columns, misplaced quotes, for a struct a field that does not fit its member) are
  /// left out and counted instead of ending the run. Without a counter their number is written to stderr at the end.
  csv_source skip_malformed() const {
    return changed([](csv_options& o) { o.skip = true; });
  }
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

  std::vector<std::string> list_parts() const { return files_.list_parts(); }
  std::string file_of(std::string const& part) const { return files_.path_of(part); }
  void check_part(std::string const& part) const { check_readable(file_of(part)); }
  partition build_part(std::string const& part, std::optional<position> const& resume,
                       step_services const& services) const {
    return {files_.path_of(part), as_, options_, resume, services};
  }

 private:
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
/// line. Blank lines are passed over. A malformed row ends the run with its file and line, unless `.skip_malformed()`.
inline detail::csv_source<detail::csv_as_row> csv(std::string path) {
  return {detail::paths(std::vector<std::string>{std::move(path)}), detail::csv_as_row()};
}
/// The rows of several files, each a partition with a header of its own.
inline detail::csv_source<detail::csv_as_row> csv(std::vector<std::string> files) {
  return {detail::paths(std::move(files)), detail::csv_as_row()};
}
/// The rows of the files in a directory whose names match `glob`.
inline detail::csv_source<detail::csv_as_row> csv_files(std::string directory, std::string glob = "*.csv") {
  return {detail::paths(std::move(directory), std::move(glob)), detail::csv_as_row()};
}

/// The same as records of the user's: `from::csv<trade>("trades.csv", leat::column("price", &trade::price), ...)`.
/// Columns that are not named are passed over; members that are not named keep their defaults.
/// In each form one column at least.
template <class Struct, class... Members>
detail::csv_source<detail::csv_as_struct<Struct, Members...>> csv(std::string path,
                                                                  csv_column<Struct, Members>... columns) {
  constexpr bool some_column_is_named = sizeof...(Members) != 0;
  static_assert(some_column_is_named,
                "leat: from::csv<Struct>(path, columns...): name one column at least, as in leat::column(\"price\", "
                "&trade::price)");
  return {detail::paths(std::vector<std::string>{std::move(path)}),
          detail::csv_as_struct<Struct, Members...>(std::move(columns)...)};
}
template <class Struct, class... Members>
detail::csv_source<detail::csv_as_struct<Struct, Members...>> csv(std::vector<std::string> files,
                                                                  csv_column<Struct, Members>... columns) {
  constexpr bool some_column_is_named = sizeof...(Members) != 0;
  static_assert(some_column_is_named,
                "leat: from::csv<Struct>(path, columns...): name one column at least, as in leat::column(\"price\", "
                "&trade::price)");
  return {detail::paths(std::move(files)), detail::csv_as_struct<Struct, Members...>(std::move(columns)...)};
}
template <class Struct, class... Members>
detail::csv_source<detail::csv_as_struct<Struct, Members...>> csv_files(std::string directory, std::string glob,
                                                                        csv_column<Struct, Members>... columns) {
  constexpr bool some_column_is_named = sizeof...(Members) != 0;
  static_assert(some_column_is_named,
                "leat: from::csv<Struct>(path, columns...): name one column at least, as in leat::column(\"price\", "
                "&trade::price)");
  return {detail::paths(std::move(directory), std::move(glob)),
          detail::csv_as_struct<Struct, Members...>(std::move(columns)...)};
}

}  // namespace from
}  // namespace leat
