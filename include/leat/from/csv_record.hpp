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
  void clear() {
    text.clear();
    ends.clear();
  }
};

/// What was found at the beginning of some bytes.
struct csv_found {
  enum class kind { record, blank, incomplete, malformed };

  kind what = kind::incomplete;
  std::size_t bytes = 0;        ///< that belong to it, its end of line included
  std::size_t lines = 0;        ///< ends of line among them
  char const* fault = nullptr;  ///< what is wrong with a malformed one, to be continued with a full stop
};

/// Reads one record as RFC 4180 (2005) describes them: fields in quotes may hold separators, ends of line and doubled
/// quotes; lines end in CR LF or LF, the last one may lack its end. A malformed record ends with its first line.
class csv_reader {
 public:
  explicit csv_reader(char separator) : separator_(separator) {}

  /// `at_end`: no bytes follow these.
  csv_found read(std::string_view bytes, bool at_end, csv_fields& into) const {
    into.clear();
    void const* const newline = std::memchr(bytes.data(), '\n', bytes.size());
    if (newline == nullptr && !at_end) return {};
    std::size_t const line_end =
        newline == nullptr ? bytes.size() : static_cast<std::size_t>(static_cast<char const*>(newline) - bytes.data());
    std::size_t const line_bytes = line_end + (newline == nullptr ? 0 : 1);
    std::string_view const line = without_return(bytes.substr(0, line_end));
    if (line.empty()) return {csv_found::kind::blank, line_bytes, newline == nullptr ? 0u : 1u, nullptr};
    if (line.find('"') == std::string_view::npos) {
      split(line, into);
      return {csv_found::kind::record, line_bytes, newline == nullptr ? 0u : 1u, nullptr};
    }
    csv_found found = read_quoted(bytes, at_end, into);
    if (found.what == csv_found::kind::malformed) {
      found.bytes = line_bytes;
      found.lines = 1;
    }
    return found;
  }

 private:
  static std::string_view without_return(std::string_view line) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
  }

  void split(std::string_view line, csv_fields& into) const {
    into.text.reserve(line.size());
    for (;;) {
      std::size_t const end = line.find(separator_);
      into.text.append(line.substr(0, end));
      into.ends.push_back(into.text.size());
      if (end == std::string_view::npos) return;
      line.remove_prefix(end + 1);
    }
  }

  static csv_found malformed(char const* fault) { return {csv_found::kind::malformed, 0, 0, fault}; }

  csv_found read_quoted(std::string_view bytes, bool at_end, csv_fields& into) const {
    std::size_t at = 0;
    std::size_t lines = 0;
    for (;;) {
      bool const quoted = at < bytes.size() && bytes[at] == '"';
      if (quoted) {
        if (!take_quoted(bytes, at, lines, into))
          return at_end ? malformed("the quotes of a field are never closed") : csv_found{};
      } else {
        while (at < bytes.size() && bytes[at] != separator_ && bytes[at] != '\n') {
          if (bytes[at] == '"') return malformed("there is a quote inside a field that does not begin with one");
          into.text += bytes[at++];
        }
        bool const carriage_return = at < bytes.size() && bytes[at] == '\n' && at != 0 && bytes[at - 1] == '\r';
        if (carriage_return) into.text.pop_back();
      }
      if (at == bytes.size() && !at_end) return {};
      into.ends.push_back(into.text.size());
      if (at == bytes.size()) return {csv_found::kind::record, at, lines, nullptr};
      if (quoted && bytes[at] == '\r') {
        if (at + 1 == bytes.size() && !at_end) return {};
        if (at + 1 < bytes.size() && bytes[at + 1] == '\n') ++at;
      }
      if (bytes[at] == '\n') return {csv_found::kind::record, at + 1, lines + 1, nullptr};
      if (bytes[at] != separator_) return malformed("there is text after the quotes of a field were closed");
      ++at;
    }
  }

  /// From an opening quote to behind the closing one. False when that is not there.
  static bool take_quoted(std::string_view bytes, std::size_t& at, std::size_t& lines, csv_fields& into) {
    ++at;
    for (;;) {
      std::size_t const quote = bytes.find('"', at);
      if (quote == std::string_view::npos) return false;
      std::string_view const piece = bytes.substr(at, quote - at);
      for (char const c : piece) lines += c == '\n' ? 1 : 0;
      into.text.append(piece);
      at = quote + 1;
      if (at == bytes.size() || bytes[at] != '"') return true;
      into.text += '"';
      ++at;
    }
  }

  char separator_;
};

}  // namespace leat::detail
