// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/from/source.hpp>

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace leat {
namespace detail {

template <std::integral T>
class range_partition {
 public:
  range_partition(T first, std::uint64_t at, std::uint64_t count) : first_(first), at_(at), count_(count) {}

  bool next_batch(emitter<T>& out) {
    auto const n = static_cast<std::size_t>(std::min<std::uint64_t>(batch_.size(), count_ - at_));
    for (std::size_t i = 0; i != n; ++i) batch_[i] = number(at_ + i);
    out.batch(batch_.data(), n);
    at_ += n;
    return at_ != count_;
  }
  std::uint64_t snapshot() const { return at_; }

 private:
  T number(std::uint64_t index) const { return static_cast<T>(static_cast<std::uint64_t>(first_) + index); }

  T first_;
  std::uint64_t at_;
  std::uint64_t count_;
  std::array<T, 2048> batch_;
};

}  // namespace detail

namespace from {

/// The integers from `first` up to but not including `last`, in order; none when `last` is not above `first`. One
/// partition, `range`, which resumes by index.
template <std::integral T>
class range {
 public:
  using record = T;
  using position = std::uint64_t;

  /// From 0, without `last`.
  explicit range(T last) : range(T{0}, last) {}
  /// From `first`, without `last`.
  range(T first, T last)
      : first_(first),
        count_(first < last ? static_cast<std::uint64_t>(last) - static_cast<std::uint64_t>(first) : 0) {}

  std::vector<std::string> list_parts() const { return {"range"}; }
  detail::range_partition<T> build_part(std::string const&, std::optional<position> const& resume,
                                        step_services const&) const {
    return {first_, (std::min)(resume.value_or(0), count_), count_};
  }

 private:
  T first_;
  std::uint64_t count_;
};

}  // namespace from
}  // namespace leat
