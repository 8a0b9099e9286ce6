// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/held_bytes.hpp>
#include <leat/record.hpp>

#include <cstddef>
#include <utility>

namespace leat::detail {

/// What the records of a batch own: a batch goes on when it is this much, however few they are.
template <class T>
class owned_bytes {
 public:
  static constexpr std::size_t most = 64 * 1024;

  /// Of one more record. True when it is enough.
  bool add(T const& record) { return (bytes_ += held_bytes(record)) >= most; }
  void clear() { bytes_ = 0; }

 private:
  std::size_t bytes_ = 0;
};

/// Plain records own nothing.
template <class T>
  requires plain<T>
class owned_bytes<T> {
 public:
  bool add(T const&) { return false; }
  void clear() {}
};

}  // namespace leat::detail
