// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/concat.hpp>
#include <leat/detail/exception_text.hpp>
#include <leat/detail/shown_text.hpp>
#include <leat/detail/status_line.hpp>
#include <leat/from/csv_record.hpp>
#include <leat/from/csv_row.hpp>
#include <leat/from/input_file.hpp>
#include <leat/from/paths.hpp>
#include <leat/from/skipped_rows.hpp>
#include <leat/from/source.hpp>
#include <leat/op/running/file_range.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace leat::detail {

/// How a CSV file is read.
struct csv_options {
  csv_dialect dialect;
  std::vector<std::string> columns;  ///< none: the file has a header
  std::uint64_t lines_above = 0;     ///< the header, or the first row
  bool fill = false;                 ///< rows that are too short
  bool may_be_empty = false;
  file_range range;
  std::size_t longest = input_file::default_longest;
  bool skip = false;
  std::optional<skipped_rows> skipped;  ///< the caller's counter
};

/// One CSV file, row by row. Of a file in ranges it finds all rows, and has those that begin in its own blocks.
template <class As, bool Named>
class csv_partition {
 public:
  using row = typename As::record;
  using record = std::conditional_t<Named, std::pair<std::string, row>, row>;
  using position = std::pair<file_position, std::uint64_t>;

  csv_partition(std::string const& path, As as, csv_options options, std::optional<position> const& resume,
                step_services const& services)
      : file_(path, services, options.longest),
        name_(base_name(path)),
        as_(std::move(as)),
        options_(std::move(options)),
        reader_(options_.dialect),
        step_(services.step()),
        resume_(resume) {}

  bool next_batch(emitter<record>& out) {
    bool has_read = false;
    for (std::size_t n = 0; n != rows_per_batch;) {
      std::string_view const unread = file_.unread();
      if (unread.empty() && at_end_) return finish();
      if (!unread.empty() && go_on(unread, out, n)) continue;
      if (!at_end_ && too_long_by(unread, 1)) {  // the last byte may be the CR of its end
        n += give_up_row(unread, out) ? 1 : 0;
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
  /// Bytes and lines before the next row; before one that is too long, as long as its end has not been found.
  position snapshot() const {
    if (passing_over_) return given_up_;
    return resume_.value_or(position(file_.snapshot(), lines_));
  }

 private:
  static constexpr std::size_t rows_per_batch = 1024;
  static constexpr char const* too_long = "too long";

  /// What stands first in `unread`. False when more bytes are needed for that.
  bool go_on(std::string_view unread, emitter<record>& out, std::size_t& rows) {
    if (!begun_) return begin(unread);
    bool const above = !header_ && lines_ < options_.lines_above;
    if (above || passing_over_) return pass_over_line(unread);
    csv_found const found = reader_.read(unread, at_end_, fields_, !header_ || has_row());
    if (found.result == csv_found::kind::incomplete) return false;
    bool const too_long_for_a_row =
        found.result == csv_found::kind::record && is_too_long(unread.substr(0, found.bytes));
    rows += (too_long_for_a_row ? give_up_row(unread, out) : use(found, out)) ? 1 : 0;
    return true;
  }

  /// Whether the next row is its own.
  bool has_row() {
    if (options_.range.whole()) return true;
    if (std::uint64_t const at = file_.position(); at >= block_end_) {
      block_end_ = options_.range.end_of_block(at);
      block_is_own_ = options_.range.owns(at);
    }
    return block_is_own_;
  }

  void consume(std::size_t bytes) {
    file_.consume(bytes);
    reader_.consumed(bytes);
  }

  bool too_long_by(std::string_view bytes, std::size_t more) const {
    return bytes.size() > options_.longest && bytes.size() - options_.longest > more;
  }
  /// Its end of line does not count, so that it is the same wherever the file was cut for reading.
  bool is_too_long(std::string_view bytes) const {
    if (!too_long_by(bytes, 0)) return false;
    bool const ends = bytes.ends_with(reader_.line_end());
    bool const returns = ends && reader_.line_end() == '\n' && bytes.substr(0, bytes.size() - 1).ends_with('\r');
    return too_long_by(bytes, (ends ? 1u : 0u) + (returns ? 1u : 0u));
  }

  /// A byte order mark, which some programs begin a file in UTF-8 with, is no part of the first column's name. The
  /// first end of line outside quotes tells how all are written; what stands above the header may have quotes that mean
  /// nothing.
  [[gnu::cold]] bool begin(std::string_view unread) {
    constexpr std::string_view mark = "\xEF\xBB\xBF";
    if (!at_end_ && unread.size() < mark.size() && mark.starts_with(unread)) return false;
    for (; looked_at_ != unread.size(); ++looked_at_) {
      char const c = unread[looked_at_];
      if (c == '"' && options_.lines_above == 0) in_quotes_ = !in_quotes_;
      if (!in_quotes_ && (c == '\r' || c == '\n')) break;
    }
    bool const found = looked_at_ != unread.size();
    bool const followed = looked_at_ + 1 < unread.size();
    bool const known = found && (followed || unread[looked_at_] == '\n');
    if (!known && !at_end_ && unread.size() < options_.longest) return false;
    if (found && unread[looked_at_] == '\r' && !(followed && unread[looked_at_ + 1] == '\n'))
      reader_.lines_end_in('\r');
    if (unread.starts_with(mark)) file_.consume(mark.size());
    begun_ = true;
    if (!options_.columns.empty() && options_.lines_above == 0) take_columns(options_.columns);
    return true;
  }

  /// One that is no row: above the header, or the rest of one that is too long.
  [[gnu::cold]] bool pass_over_line(std::string_view unread) {
    std::size_t const end = unread.find(reader_.line_end());
    bool const ends = end != std::string_view::npos;
    consume(ends ? end + 1 : unread.size());
    lines_ += ends && !std::exchange(passing_over_, !ends) ? 1 : 0;
    if (ends && !header_ && !options_.columns.empty() && lines_ == options_.lines_above) take_columns(options_.columns);
    return true;
  }

  /// A row, or what a quote that is never closed makes one, may be longer than what is kept in memory. So may a
  /// comment, which is no row.
  [[gnu::cold]] bool give_up_row(std::string_view unread, emitter<record>& out) {
    std::size_t const end = unread.find(reader_.line_end());
    passing_over_ = end == std::string_view::npos;
    if (passing_over_) given_up_ = position(file_.snapshot(), lines_);
    reader_.give_up();
    char const comment = options_.dialect.comment;
    bool const is_comment = comment != '\0' && unread.starts_with(comment);
    return use({is_comment ? csv_found::kind::blank : csv_found::kind::malformed,
                passing_over_ ? unread.size() : end + 1, 1, too_long},
               out);
  }

  /// True when a row was emitted.
  bool use(csv_found const& found, emitter<record>& out) {
    std::uint64_t const line = lines_ + 1;
    bool const own = has_row();
    lines_ += found.lines;
    consume(found.bytes);
    if (found.result == csv_found::kind::blank) return false;
    if (header_) return own && emit_record(found, line, out);
    if (found.result == csv_found::kind::malformed)
      throw std::runtime_error(concat({file_.name(), ", line ", std::to_string(line), ": ", fault_of(found)}));
    std::vector<std::string> columns;
    for (std::size_t i = 0; i != fields_.size(); ++i) columns.push_back(std::string(fields_[i]));
    take_columns(std::move(columns));
    return false;
  }

  /// Once the columns are known a resumed partition goes on where it was.
  [[gnu::cold]] void take_columns(std::vector<std::string> columns) {
    auto header = std::make_shared<csv_header>();
    header->file = file_.name();
    header->columns = std::move(columns);
    as_.bind(*header);
    header_ = std::move(header);
    if (!resume_) return;
    position const resume = *std::exchange(resume_, std::nullopt);
    if (resume.first.byte < file_.position()) return;  // the header had not been read
    file_.seek(resume.first);
    lines_ = resume.second;
    at_end_ = false;
  }

  bool emit_record(csv_found const& found, std::uint64_t line, emitter<record>& out) {
    std::optional<row> value;
    try {
      if (found.result == csv_found::kind::malformed)
        throw std::runtime_error(concat({header_->place(line), ": ", fault_of(found)}));
      std::size_t const columns = header_->columns.size();
      while (options_.fill && fields_.size() < columns) fields_.end_field();
      if (fields_.size() != columns)
        throw std::runtime_error(
            concat({header_->place(line), options_.columns.empty() ? ": the header has " : ": there are ",
                    std::to_string(columns), " columns, this row has ", std::to_string(fields_.size())}));
      value.emplace(as_.read(header_, fields_, line));
    } catch (std::runtime_error const& fault) {
      if (!options_.skip) throw;
      skip(exception_text(fault));
      return false;
    }
    if constexpr (Named)
      out(record(name_, std::move(*value)));
    else
      out(std::move(*value));
    return true;
  }

  [[gnu::cold]] std::string fault_of(csv_found const& found) const {
    if (found.fault != too_long) return found.fault;
    return concat({"it is longer than ", std::to_string(options_.longest),
                   " bytes, the longest row allowed; a quote may never be closed, or .longest(bytes) be needed"});
  }

  [[gnu::cold]] void skip(std::string const& reason) {
    file_.services().skipped(1);
    if (options_.skipped) options_.skipped->add(reason);
    if (skipped_here_++ == 0) first_skipped_ = reason;
  }

  [[gnu::cold]] bool finish() {
    if (!header_ && options_.columns.empty() && !options_.may_be_empty)
      throw std::runtime_error(file_.name() + " has no header: it is empty");
    if (skipped_here_ != 0 && !options_.skipped)
      print_error_line(concat({"leat: step \"", step_, "\" skipped ", std::to_string(skipped_here_),
                               " malformed rows; the first: ", shown_lines(first_skipped_)}));
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
  std::uint64_t block_end_ = 0;
  bool block_is_own_ = false;
  bool begun_ = false;
  bool in_quotes_ = false;  ///< of what was looked at before that
  std::size_t looked_at_ = 0;
  bool passing_over_ = false;  ///< the rest of a line whose beginning was a row that is too long
  position given_up_;          ///< where that row began
  bool at_end_ = false;
};

}  // namespace leat::detail
