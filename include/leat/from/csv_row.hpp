// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/concat.hpp>
#include <leat/detail/shown_text.hpp>
#include <leat/from/csv_record.hpp>
#include <leat/from/field.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace leat {
namespace detail {

/// What all rows of a file share.
struct csv_header {
  std::string file;  ///< as errors call it
  std::vector<std::string> columns;

  /// Throws std::runtime_error for a column that is not there, or there twice.
  std::size_t find(std::string_view column) const;

  std::string place(std::uint64_t line) const { return concat({file, ", line ", std::to_string(line)}); }

 private:
  std::string missing(std::string_view column) const;
};

template <class T>
std::string unreadable(csv_header const& header, std::size_t column, std::string_view field, std::uint64_t line) {
  return concat({header.place(line), ": the column \"", shown(header.columns[column]), "\" holds \"", shown(field),
                 "\", which is not ", kind_of_field<T>()});
}

}  // namespace detail

/// One record of a CSV file, its columns named by the file's first line.
class csv_row {
 public:
  /// A row without columns.
  csv_row() : header_(std::make_shared<detail::csv_header const>()) {}
  csv_row(std::shared_ptr<detail::csv_header const> header, detail::csv_fields fields, std::uint64_t line)
      : header_(std::move(header)), fields_(std::move(fields)), line_(line) {}

  /// The text of a column. Throws std::runtime_error when the file has no such column.
  std::string_view operator[](std::string_view column) const { return fields_[header_->find(column)]; }
  /// A field by its place, from 0. Throws std::runtime_error that names file and line when the row has fewer.
  std::string_view operator[](std::size_t index) const;

  /// A column as a number, bool, text, time or optional. Throws std::runtime_error that names file and line when the
  /// text does not fit.
  template <detail::field_type T>
  T get(std::string_view column) const {
    std::size_t const index = header_->find(column);
    T value{};
    if (!detail::read_field(fields_[index], value))
      throw std::runtime_error(detail::unreadable<T>(*header_, index, fields_[index], line_));
    return value;
  }

  /// Fields of this row.
  std::size_t size() const { return fields_.size(); }
  /// The names of the columns, in the order of the file.
  std::vector<std::string> const& columns() const { return header_->columns; }
  /// The line of the file it begins on, from 1.
  std::uint64_t line() const { return line_; }

  friend std::string to_text(csv_row const& row) {
    std::string result = "{";
    for (std::size_t i = 0; i != row.size(); ++i) {
      if (i != 0) result += ", ";
      result += row.columns()[i] + ": ";
      result += row.fields_[i];
    }
    return result + "}";
  }

  /// Encodes the row for another process, with the names of its columns.
  template <class A>
  void save(A& archive, unsigned) const {
    archive << header_->file << header_->columns << fields_.text << fields_.ends << line_;
  }
  template <class A>
  void load(A& archive, unsigned) {
    detail::csv_header header;
    archive >> header.file >> header.columns >> fields_.text >> fields_.ends >> line_;
    if (header.columns.size() != fields_.size()) throw std::runtime_error("a row of a CSV file arrived damaged");
    header_ = std::make_shared<detail::csv_header const>(std::move(header));
  }

 private:
  std::shared_ptr<detail::csv_header const> header_;
  detail::csv_fields fields_;
  std::uint64_t line_ = 0;
};

/// A column of a CSV file and the member of the user's struct that it fills.
template <class Struct, class Member>
class csv_column {
 public:
  /// Made by `leat::column(name, member)`.
  csv_column(std::string column_name, Member Struct::* into) : name(std::move(column_name)), member(into) {}
  /// As the header of the file has it.
  std::string name;
  /// What the column is read into and written from.
  Member Struct::* member;
};

/// `leat::column("price", &trade::price)`, for `from::csv<trade>` and `to::csv`.
template <class Struct, class Member>
csv_column<Struct, Member> column(std::string name, Member Struct::* into) {
  constexpr bool member_owns_its_text =
      !std::is_same_v<Member, std::string_view> && !std::is_same_v<Member, std::optional<std::string_view>>;
  static_assert(member_owns_its_text,
                "leat: leat::column(name, &S::member): a std::string_view would show the text of a later row: the "
                "member has to be a std::string");
  return {std::move(name), into};
}

namespace detail {

/// Refuses, by a sentence, columns that a struct cannot be read by.
template <class... Members>
constexpr void refuse_columns() {
  constexpr bool some_column_is_named = sizeof...(Members) != 0;
  static_assert(some_column_is_named,
                "leat: from::csv<Struct>(path, columns...): name one column at least, as in leat::column(\"price\", "
                "&trade::price)");
  constexpr bool members_can_be_read = (field_type<Members> && ...);
  static_assert(members_can_be_read,
                "leat: from::csv<Struct>(path, columns...): a member cannot be read from a field: give its type "
                "bool from_text(std::string_view, type&) beside it");
}

/// How rows become the records of a stream: as they are, or as a struct of the user's.
class csv_as_row {
 public:
  using record = csv_row;
  void bind(csv_header const&) {}
  csv_row read(std::shared_ptr<csv_header const> const& header, csv_fields& fields, std::uint64_t line) const;
};

template <class Struct, class... Members>
class csv_as_struct {
 public:
  using record = Struct;
  explicit csv_as_struct(csv_column<Struct, Members>... columns) : columns_(std::move(columns)...) {}

  void bind(csv_header const& header) {
    indexes_.clear();
    std::apply([&](auto const&... each) { (indexes_.push_back(header.find(each.name)), ...); }, columns_);
  }

  Struct read(std::shared_ptr<csv_header const> const& header, csv_fields const& fields, std::uint64_t line) const {
    Struct row{};
    std::size_t n = 0;
    std::apply([&](auto const&... each) { (fill(row, each, indexes_[n++], *header, fields, line), ...); }, columns_);
    return row;
  }

 private:
  template <class M>
  static void fill(Struct& row, csv_column<Struct, M> const& column, std::size_t index, csv_header const& header,
                   csv_fields const& fields, std::uint64_t line) {
    if constexpr (field_type<M>)
      if (!read_field(fields[index], row.*column.member))
        throw std::runtime_error(unreadable<M>(header, index, fields[index], line));
  }

  std::tuple<csv_column<Struct, Members>...> columns_;
  std::vector<std::size_t> indexes_;
};

}  // namespace detail
}  // namespace leat

#ifndef LEAT_COMPILED
#include <leat/from/csv_row.ipp>
#endif
