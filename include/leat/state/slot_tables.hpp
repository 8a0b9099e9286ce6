// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace leat::detail {

/// The tables of a number of slots, all of them there from the beginning.
template <class Table>
class all_slot_tables {
 public:
  explicit all_slot_tables(std::size_t count) : tables_(std::make_unique<Table[]>(count)) {}

  Table& operator[](std::size_t i) const { return tables_[i]; }
  /// The same, to add keys to it or to make room for them.
  Table& for_keys(std::size_t i) const { return tables_[i]; }

 private:
  std::unique_ptr<Table[]> tables_;
};

/// The same for a state of which there are many, most of them with few keys: a block of tables is made when a key comes
/// to it, and is kept. Which blocks have had keys is known, so a state of few keys is walked in a few steps.
template <class Table>
class few_slot_tables {
  static constexpr std::size_t block_size = 64;

 public:
  explicit few_slot_tables(std::size_t count)
      : count_(count), blocks_(std::make_unique<block[]>((count + block_size - 1) / block_size)) {}

  /// Of a block that is not there: an empty table, which is not to be changed.
  Table& operator[](std::size_t i) const {
    block const& of = blocks_[i / block_size];
    return of == nullptr ? empty_ : of[i % block_size];
  }
  Table& for_keys(std::size_t i) {
    block& of = blocks_[i / block_size];
    if (of == nullptr) of = std::make_unique<Table[]>(block_size);
    used_ |= std::uint64_t{1} << i / block_size;
    return of[i % block_size];
  }

  /// The first table from this one on that may have keys; the number of tables: there is none.
  std::size_t next_used(std::size_t i) const {
    while (i < count_) {
      if ((used_ >> i / block_size & 1) != 0) {
        if (blocks_[i / block_size][i % block_size].used() != 0) return i;
        ++i;
      } else {
        std::uint64_t const later = used_ >> i / block_size;
        if (later == 0) break;
        i = (i / block_size + static_cast<std::size_t>(std::countr_zero(later))) * block_size;
      }
    }
    return count_;
  }
  /// No table has keys.
  void note_empty() { used_ = 0; }

 private:
  using block = std::unique_ptr<Table[]>;

  static inline constinit Table empty_{};

  std::size_t count_;
  std::unique_ptr<block[]> blocks_;
  std::uint64_t used_ = 0;  ///< a bit for each block
};

}  // namespace leat::detail
