// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/is_optional.hpp>
#include <leat/error.hpp>
#include <leat/from/csv_row.hpp>
#include <leat/text.hpp>
#include <leat/to/output_file.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace leat {
namespace detail {

/// Puts what stands behind `begin` into quotes, as RFC 4180 (2005) has it, where a reader would take it for something
/// else: a separator, a quote, an end of line; blanks that some readers drop; a mark of UTF-8 or UTF-16; `alone`: a
/// blank line.
void quote_field(std::string& to, std::size_t begin, char separator, bool alone);

template <class T>
void append_field(std::string& to, T const& value, char separator, bool alone) {
  std::size_t const begin = to.size();
  if constexpr (is_optional<T>) {
    if (value) return append_field(to, *value, separator, alone);
  } else {
    append_text(to, value);
  }
  quote_field(to, begin, separator, alone);
}

template <class T>
concept tuple_like = requires { std::tuple_size<std::remove_const_t<T>>::value; };

template <class F>
inline constexpr bool is_written_field = printable<F>;
template <class F>
inline constexpr bool is_written_field<std::optional<F>> = is_written_field<F>;

/// The columns of a record that is a tuple, a pair or a row of another CSV file.
template <std::size_t N>
class csv_names {
 public:
  explicit csv_names(char const* const (&names)[N]) {
    for (std::size_t i = 0; i != N; ++i) names_[i] = names[i];
  }

  template <class T>
  static constexpr bool has_fields = tuple_like<T>;
  template <class T>
  static constexpr bool has_a_field_for_each_name = [] {
    if constexpr (tuple_like<T>)
      return std::tuple_size_v<T> == N;
    else
      return false;
  }();
  template <class T>
  static constexpr bool each_field_has_a_text = []<std::size_t... Index>(std::index_sequence<Index...>) {
    if constexpr (has_a_field_for_each_name<T>)
      return (is_written_field<std::remove_cvref_t<std::tuple_element_t<Index, T>>> && ...);
    else
      return false;
  }(std::make_index_sequence<N>());

  template <class T>
  static constexpr bool takes = std::is_same_v<T, csv_row> || each_field_has_a_text<T>;

  /// Says why a record is not taken.
  template <class T>
  static consteval void refuse() {
    static_assert(
        has_fields<T>,
        "leat: to::csv(path, {names...}): the record is no tuple, pair or csv_row: make a std::tuple of it "
        "by map before, or name a struct's members: to::csv(path, leat::column(\"price\", &trade::price), ...)");
    static_assert(
        !has_fields<T> || has_a_field_for_each_name<T>,
        "leat: to::csv(path, {names...}): there are more names than the record has fields, or fewer: each "
        "field needs a name. A nested pair or tuple is one field: to have a column for each of its parts, make "
        "one std::tuple of all by map before");
    static_assert(!has_a_field_for_each_name<T> || each_field_has_a_text<T>,
                  "leat: to::csv(path, {names...}): a field of the record has no text: give it std::string "
                  "to_text(field const&) beside it, or an operator<<");
  }

  std::array<std::string, N> const& names() const { return names_; }

  template <class T, class Write>
  void each_field(T const& record, Write&& write) const {
    if constexpr (std::is_same_v<T, csv_row>)
      for (std::string const& name : names_) write(record[name]);
    else
      std::apply([&](auto const&... fields) { (write(fields), ...); }, record);
  }

 private:
  std::array<std::string, N> names_;
};

/// The columns of a record that is a struct of the user's.
template <class Struct, class... Members>
class csv_members {
 public:
  explicit csv_members(csv_column<Struct, Members>... columns) : names_{columns.name...}, members_(columns.member...) {}

  template <class T>
  static constexpr bool is_the_struct = std::is_same_v<T, Struct>;
  template <class T>
  static constexpr bool takes = is_the_struct<T> && (is_written_field<Members> && ...);

  template <class T>
  static consteval void refuse() {
    static_assert(is_the_struct<T>,
                  "leat: to::csv(path, columns...): the columns are members of another struct than the record that the "
                  "step before it produces");
    static_assert(!is_the_struct<T> || takes<T>,
                  "leat: to::csv(path, columns...): a member has no text: give its type std::string "
                  "to_text(type const&) beside it, or an operator<<");
  }

  std::array<std::string, sizeof...(Members)> const& names() const { return names_; }

  template <class Write>
  void each_field(Struct const& record, Write&& write) const {
    std::apply([&](auto const&... members) { (write(record.*members), ...); }, members_);
  }

 private:
  std::array<std::string, sizeof...(Members)> names_;
  std::tuple<Members Struct::*...> members_;
};

/// Nobody has named the columns.
struct no_csv_columns {
  template <class T>
  static constexpr bool takes = false;

  template <class T>
  static consteval void refuse() {
    static_assert(takes<T>,
                  "leat: to::csv(path, columns): name the columns, for a tuple {\"symbol\", \"price\"}, for a struct "
                  "leat::column(\"price\", &trade::price), ...");
  }
};

/// One file, a row per record.
template <class Columns>
class csv_of_records {
 public:
  csv_of_records(std::string path, Columns columns, char separator, std::optional<file_position> const& resume,
                 step_services const& services)
      : file_(std::move(path), resume, services), columns_(std::move(columns)), separator_(separator) {}

  template <class T>
    requires(Columns::template takes<std::remove_const_t<T>>)
  void write_batch(std::span<T> records) {
    write_header();
    for (T const& record : records) {
      begin_row();
      columns_.each_field(record, [this](auto const& field) { this->add(field); });
      end_row();
    }
  }
  bool ready() { return file_.ready(); }
  void flush() {
    if (file_.is_open()) write_header();
    file_.flush();
  }
  file_position snapshot() const { return file_.snapshot(); }

 private:
  void write_header() {
    if (file_.position() != 0) return;
    begin_row();
    for (std::string const& name : columns_.names()) add(name);
    end_row();
  }

  void begin_row() { first_ = true; }
  template <class Field>
  void add(Field const& field) {
    if (!std::exchange(first_, false)) file_.pending() += separator_;
    append_field(file_.pending(), field, separator_, columns_.names().size() == 1);
  }
  void end_row() {
    file_.pending() += '\n';
    file_.write_when_full();
  }

  output_file file_;
  Columns columns_;
  char separator_;
  bool first_ = true;
};

/// A sink of CSV rows: `to::csv(path, columns)`.
template <class Columns>
class csv_sink {
 public:
  using position = file_position;

  csv_sink(std::string path, Columns columns) : path_(std::move(path)), columns_(std::move(columns)) {}

  template <class T>
  static consteval bool takes_or_says_why() {
    if constexpr (!Columns::template takes<T>) Columns::template refuse<T>();
    return Columns::template takes<T>;
  }

  /// What stands between two fields, instead of a comma. Throws flow_error for a quote and an end of line.
  csv_sink separated_by(char separator) const {
    if (separator == '"' || separator == '\n' || separator == '\r' || separator == '\0')
      throw flow_error("to::csv(...).separated_by: a quote, an end of line and NUL have a meaning of their own");
    csv_sink changed(*this);
    changed.separator_ = separator;
    return changed;
  }

  std::vector<std::string> list_parts() const { return {path_}; }
  template <class T>
  std::uint64_t part_of(T const&) const {
    return 0;
  }
  std::string file_of(std::string const& part) const { return part; }
  void check_part(std::string const& part, file_system& files) const { check_writable(part, files); }
  csv_of_records<Columns> build_part(std::string const& path, std::optional<position> const& resume,
                                     step_services const& services) const {
    return {path, columns_, separator_, resume, services};
  }

 private:
  std::string path_;
  Columns columns_;
  char separator_ = ',';
};

}  // namespace detail

namespace to {

/// Writes each record as a row of a CSV file (RFC 4180, lines end in LF) below a header of these names: a tuple or a
/// pair has a field for each, of a `leat::csv_row` the columns of these names are taken. Fields are written as
/// `leat::text` puts them, an empty optional as an empty field; `from::csv` reads the same values back. Workers,
/// overwriting, named pipes: as `to::lines`.
template <std::size_t N>
detail::csv_sink<detail::csv_names<N>> csv(std::string path, char const* const (&columns)[N]) {
  return {std::move(path), detail::csv_names<N>(columns)};
}

inline detail::csv_sink<detail::no_csv_columns> csv(std::string path) { return {std::move(path), {}}; }

/// The same for a struct: `to::csv("trades.csv", leat::column("price", &trade::price), ...)`, one column at least.
template <class Struct, class... Members>
detail::csv_sink<detail::csv_members<Struct, Members...>> csv(std::string path,
                                                              csv_column<Struct, Members>... columns) {
  return {std::move(path), detail::csv_members<Struct, Members...>(std::move(columns)...)};
}

}  // namespace to
}  // namespace leat

#ifndef LEAT_COMPILED
#include <leat/to/csv.ipp>
#endif
