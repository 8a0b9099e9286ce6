// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace leat::detail {

/// The fields of one record, without their quotes, one after the other in `text`.
struct csv_fields {
  std::string text;
  std::vector<std::size_t> ends;

  std::size_t size() const { return ends.size(); }
  std::string_view operator[](std::size_t i) const {
    std::size_t const begin = i == 0 ? 0 : ends[i - 1];
    return std::string_view(text).substr(begin, ends[i] - begin);
  }
  void end_field() { ends.push_back(text.size()); }
  void clear() {
    text.clear();
    ends.clear();
  }
};

/// How the records of a file are written down.
struct csv_dialect {
  char separator = ',';
  char comment = '\0';     ///< a line that begins with it is none; NUL: there are no comments
  bool backslash = false;  ///< inside quotes a backslash takes the next character as it is
  bool lazy = false;       ///< a quote that does not belong where it stands is a character
  char line_end = '\n';
};

/// What was found at the beginning of some bytes.
struct csv_found {
  enum class kind { record, blank, incomplete, malformed };

  kind result = kind::incomplete;
  std::size_t bytes = 0;        ///< that belong to it, its end of line included
  std::size_t lines = 0;        ///< ends of line among them
  char const* fault = nullptr;  ///< what is wrong with a malformed one, to be continued with a full stop
};

/// Reads one record as RFC 4180 (2005) describes them: fields in quotes may hold separators, ends of line and doubled
/// quotes; lines end in CR LF or LF (or all in CR), the last one may lack its end. A malformed record ends with its
/// first line. A record that comes in pieces is read on from where its last piece ended.
///
/// Where a lazy quote is never closed, the lines behind it may each begin with another one: none is looked through to
/// the end again. At each end of line inside a record its reader is inside quotes. So a later record that is inside
/// quotes at the end of its first line goes the way that the earlier one went, and leaps to where that was given up.
class csv_reader {
 public:
  explicit csv_reader(csv_dialect const& dialect) : dialect_(dialect) {}

  void lines_end_in(char line_end) { dialect_.line_end = line_end; }
  char line_end() const { return dialect_.line_end; }

  /// `bytes` begin with the record. After `incomplete` they begin with the same ones, and there are more of them.
  /// `at_end`: no bytes follow these. `wanted`: false where nobody looks at the fields, which need not be right then.
  csv_found read(std::string_view bytes, bool at_end, csv_fields& into, bool wanted = true);

  /// The incomplete record is given up: the next bytes begin with another one.
  void give_up();

  /// So many of the bytes have been used: those of a record, or others in front of the next one.
  void consumed(std::size_t bytes) { seen_ = bytes < seen_ ? seen_ - bytes : 0; }

 private:
  enum class phase { begin, plain, quoted, after_quote };

  std::string_view without_return(std::string_view line) const;

  /// Whether that is known of the record that begins with this line. Each quote that belongs where it stands opens or
  /// closes a field; one that does not makes the record malformed, and then it ends here, too.
  bool ends_with_line(std::string_view line) const;

  void split(std::string_view line, csv_fields& into) const;

  static csv_found malformed(char const* fault) { return {csv_found::kind::malformed, 0, 0, fault}; }
  csv_found record(std::size_t bytes) const { return {csv_found::kind::record, bytes, lines_, nullptr}; }

  csv_found read_lines(std::string_view bytes, bool at_end, csv_fields& into);
  csv_found read_quoted(std::string_view bytes, bool at_end, csv_fields& into);

  void begin_anew();

  /// To behind the closing quote. False when that is not there.
  bool take_quoted(std::string_view bytes, csv_fields& into);
  void take(std::string_view piece, csv_fields& into);

  /// To the separator, the end of the line, or the end of the bytes. False at a quote.
  bool take_plain(std::string_view bytes, csv_fields& into);

  /// A CR before the end of the line is part of that.
  void drop_return(std::string_view bytes, csv_fields& into) const;

  csv_dialect dialect_;
  std::size_t at_ = 0;  ///< so far the record has been looked at
  bool in_quoted_record_ = false;
  phase phase_ = phase::begin;
  std::size_t lines_ = 0;
  std::size_t line_bytes_ = 0;        ///< of the record's first line
  std::size_t first_lines_ = 0;       ///< 0: its end is that of the file
  bool leapt_ = false;                ///< what was seen before is not in the fields
  std::size_t seen_ = 0;              ///< bytes from here on in which a record that was given up did not end
  phase seen_phase_ = phase::quoted;  ///< and where it was behind them
};

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/from/csv_record.ipp>
#endif
