// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/recovery/resume_point.hpp>
#include <leat/recovery/store_file.hpp>
#include <leat/route/peers/crc32c.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace leat::detail {

/// A checksum of what stands in the columns of a row: a bit that flips there must not make it another row.
class row_seal {
 public:
  row_seal& add(std::string_view text) { return add(std::as_bytes(std::span(text))).add(std::uint64_t{text.size()}); }
  row_seal& add(std::span<std::byte const> bytes) {
    sum_ = crc32c(bytes, sum_);
    return *this;
  }
  row_seal& add(std::uint64_t number) {
    std::byte bytes[8];
    for (unsigned i = 0; i != 8; ++i) bytes[i] = static_cast<std::byte>(number >> (8 * i));
    return add(std::span<std::byte const>(bytes));
  }
  std::int64_t value() const { return sum_; }

 private:
  std::uint32_t sum_ = 0;
};

inline std::int64_t seal_of(kept_group const& group, std::uint32_t checksum) {
  return row_seal()
      .add(group.codec)
      .add(group.step)
      .add(std::uint64_t{group.group})
      .add(group.epoch)
      .add(std::uint64_t{group.present})
      .add(std::uint64_t{group.full})
      .add(std::uint64_t{checksum})
      .value();
}

inline std::int64_t seal_of(kept_position const& position) {
  return row_seal()
      .add(position.codec)
      .add(position.step)
      .add(position.partition)
      .add(position.epoch)
      .add(position.bytes)
      .add(position.place)
      .value();
}

inline std::int64_t seal_of(store_history::run const& run) {
  return row_seal().add(run.number).add(run.began_at).add(run.last_done).value();
}

}  // namespace leat::detail
