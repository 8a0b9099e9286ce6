// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/from/csv_record.hpp>

#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>

namespace leat::detail {

LEAT_INLINE csv_found csv_reader::read(std::string_view bytes, bool at_end, csv_fields& into, bool wanted) {
  if (!in_quoted_record_) {
    into.clear();
    if (dialect_.line_end == '\r' && bytes.front() == '\n') return {csv_found::kind::blank, 1, 0, nullptr};
    void const* const newline = std::memchr(bytes.data() + at_, dialect_.line_end, bytes.size() - at_);
    if (newline == nullptr && !at_end) {
      at_ = bytes.size();
      return {};
    }
    at_ = 0;
    std::size_t const line_end =
        newline == nullptr ? bytes.size() : static_cast<std::size_t>(static_cast<char const*>(newline) - bytes.data());
    lines_ = newline == nullptr ? 0 : 1;
    line_bytes_ = line_end + lines_;
    std::string_view const line = without_return({bytes.data(), line_end});
    if (line.empty() || (dialect_.comment != '\0' && line.front() == dialect_.comment))
      return {csv_found::kind::blank, line_bytes_, lines_, nullptr};
    if (line.find('"') == std::string_view::npos) {
      if (wanted) split(line, into);
      return {csv_found::kind::record, line_bytes_, lines_, nullptr};
    }
    if (!wanted && ends_with_line(line)) return {csv_found::kind::record, line_bytes_, lines_, nullptr};
    in_quoted_record_ = true;
    phase_ = phase::begin;
    first_lines_ = lines_;
    lines_ = 0;
  }
  csv_found const found = read_lines(bytes, at_end, into);
  if (found.result == csv_found::kind::incomplete) return found;
  if (found.result == csv_found::kind::malformed) {
    give_up();
    return {found.result, line_bytes_, first_lines_, found.fault};
  }
  begin_anew();
  return found;
}

LEAT_INLINE void csv_reader::begin_anew() {
  in_quoted_record_ = false;
  leapt_ = false;
  at_ = 0;
}

LEAT_INLINE void csv_reader::give_up() {
  if (in_quoted_record_ && dialect_.lazy) {
    seen_ = at_;
    seen_phase_ = phase_;
  }
  begin_anew();
}

LEAT_INLINE csv_found csv_reader::read_lines(std::string_view bytes, bool at_end, csv_fields& into) {
  if (at_ == 0 && seen_ > line_bytes_) {
    csv_found const found = read_quoted(bytes.substr(0, line_bytes_), false, into);
    if (found.result != csv_found::kind::incomplete) return found;
    at_ = seen_;
    phase_ = seen_phase_;
    leapt_ = true;
  }
  csv_found const found = read_quoted(bytes, at_end, into);
  if (!leapt_ || found.result != csv_found::kind::record) return found;
  // It ends after all: its fields are read from its beginning.
  into.clear();
  at_ = 0;
  lines_ = 0;
  phase_ = phase::begin;
  return read_quoted(bytes, at_end, into);
}

LEAT_INLINE std::string_view csv_reader::without_return(std::string_view line) const {
  if (dialect_.line_end == '\n' && line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

LEAT_INLINE bool csv_reader::ends_with_line(std::string_view line) const {
  if (dialect_.lazy || dialect_.backslash) return false;
  bool even = true;
  for (std::size_t at = line.find('"'); at != std::string_view::npos; at = line.find('"', at + 1)) even = !even;
  return even;
}

LEAT_INLINE void csv_reader::split(std::string_view line, csv_fields& into) const {
  into.text.reserve(line.size());
  for (char const* from = line.data();;) {
    auto const left = static_cast<std::size_t>(line.data() + line.size() - from);
    auto const* const end = static_cast<char const*>(std::memchr(from, dialect_.separator, left));
    into.text.append(from, end == nullptr ? left : static_cast<std::size_t>(end - from));
    into.end_field();
    if (end == nullptr) return;
    from = end + 1;
  }
}

[[gnu::noinline]] LEAT_INLINE csv_found csv_reader::read_quoted(std::string_view bytes, bool at_end, csv_fields& into) {
  for (;;) {
    if (phase_ == phase::begin) {
      if (at_ == bytes.size() && !at_end) return {};
      bool const quote = at_ != bytes.size() && bytes[at_] == '"';
      phase_ = quote ? phase::quoted : phase::plain;
      at_ += quote ? 1 : 0;
    }
    if (phase_ == phase::quoted && !take_quoted(bytes, into))
      return at_end ? malformed("the quotes of a field are never closed") : csv_found{};
    if (phase_ == phase::plain && !take_plain(bytes, into))
      return malformed("there is a quote inside a field that does not begin with one");

    if (at_ == bytes.size() && !at_end) return {};
    if (phase_ == phase::after_quote && at_ != bytes.size()) {
      if (bytes[at_] == '"') {
        into.text += '"';
        ++at_;
        phase_ = phase::quoted;
        continue;
      }
      if (bytes[at_] == '\r' && dialect_.line_end == '\n') {
        if (at_ + 1 == bytes.size() && !at_end) return {};
        bool const ends_line = at_ + 1 == bytes.size() || bytes[at_ + 1] == '\n';
        at_ += ends_line ? 1 : 0;
      }
      if (at_ != bytes.size() && bytes[at_] != dialect_.separator && bytes[at_] != dialect_.line_end) {
        if (!dialect_.lazy) return malformed("there is text after the quotes of a field were closed");
        into.text += '"';
        phase_ = phase::quoted;
        continue;
      }
    } else if (phase_ == phase::plain && (at_ == bytes.size() || bytes[at_] == dialect_.line_end)) {
      drop_return(bytes, into);
    }
    into.end_field();
    if (at_ == bytes.size()) return record(at_);
    if (bytes[at_] == dialect_.line_end) {
      ++lines_;
      return record(at_ + 1);
    }
    ++at_;
    phase_ = phase::begin;
  }
}

LEAT_INLINE bool csv_reader::take_quoted(std::string_view bytes, csv_fields& into) {
  std::size_t quote = bytes.find('"', at_);
  for (;;) {
    if (quote < at_) quote = bytes.find('"', at_);
    std::size_t const end = quote == std::string_view::npos ? bytes.size() : quote;
    if (dialect_.backslash) {
      std::size_t const escape = bytes.substr(0, end).find('\\', at_);
      if (escape != std::string_view::npos) {
        take(bytes.substr(at_, escape - at_), into);
        at_ = escape;
        if (escape + 1 == bytes.size()) return false;
        take(bytes.substr(escape + 1, 1), into);
        at_ = escape + 2;
        continue;
      }
    }
    take(bytes.substr(at_, end - at_), into);
    at_ = end;
    if (quote == std::string_view::npos) return false;
    ++at_;
    phase_ = phase::after_quote;
    return true;
  }
}

LEAT_INLINE void csv_reader::take(std::string_view piece, csv_fields& into) {
  for (char const c : piece) lines_ += c == dialect_.line_end ? 1 : 0;
  into.text.append(piece);
}

LEAT_INLINE bool csv_reader::take_plain(std::string_view bytes, csv_fields& into) {
  std::size_t end = at_;
  bool quote = false;
  for (; end != bytes.size() && bytes[end] != dialect_.separator && bytes[end] != dialect_.line_end; ++end)
    quote = quote || bytes[end] == '"';
  into.text.append(bytes.substr(at_, end - at_));
  at_ = end;
  return !quote || dialect_.lazy;
}

LEAT_INLINE void csv_reader::drop_return(std::string_view bytes, csv_fields& into) const {
  if (dialect_.line_end == '\n' && at_ != 0 && bytes[at_ - 1] == '\r') into.text.pop_back();
}

}  // namespace leat::detail
