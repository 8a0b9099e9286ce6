// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/total_order.hpp>
#include <leat/text.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

/// Comparing what came out with what was expected, where the order across workers is not promised.
namespace leat {
namespace detail {

template <class T>
std::string text_of_records(std::vector<T> const& records) {
  if constexpr (printable<T>) {
    std::string result = "[";
    for (T const& record : records) {
      if (result.size() != 1) result += ", ";
      append_text(result, record);
    }
    return result + "]";
  } else {
    return std::to_string(records.size()) + " records";
  }
}

/// The same records as often, in any order.
template <class T>
bool same_multiset(std::vector<T> const& a, std::vector<T> const& b) {
  if (a.size() != b.size()) return false;
  std::vector<bool> used(b.size(), false);
  for (T const& wanted : a) {
    std::size_t i = 0;
    while (i != b.size() && (used[i] || !same_value(b[i], wanted))) ++i;
    if (i == b.size()) return false;
    used[i] = true;
  }
  return true;
}

/// The same values in the same order for each key.
template <class K, class V>
bool same_per_key(std::vector<std::pair<K, V>> const& a, std::vector<std::pair<K, V>> const& b) {
  if (a.size() != b.size()) return false;
  std::vector<bool> used(b.size(), false);
  for (auto const& wanted : a) {
    std::size_t i = 0;
    while (i != b.size() && (used[i] || !same_value(b[i].first, wanted.first))) ++i;
    if (i == b.size() || !same_value(b[i].second, wanted.second)) return false;
    used[i] = true;
  }
  return true;
}

}  // namespace detail

namespace test {

/// The records that came to an output: a vector that can be printed. The order is that of each worker.
template <class T>
class records : public std::vector<T> {
 public:
  using std::vector<T>::vector;
  /// Of a vector.
  explicit records(std::vector<T> expected_records) : std::vector<T>(std::move(expected_records)) {}

  /// NaN is equal to NaN here: a test that expects one can say so.
  friend bool operator==(records const& a, std::vector<T> const& b) {
    return detail::same_value(static_cast<std::vector<T> const&>(a), b);
  }
  friend bool operator==(records const& a, records const& b) { return a == static_cast<std::vector<T> const&>(b); }

  template <class Stream>
  friend Stream& operator<<(Stream& to, records const& shown) {
    to << detail::text_of_records<T>(shown).c_str();
    return to;
  }
};

/// What `unordered` gives.
template <class T>
class unordered_records {
 public:
  /// Made by `unordered(expected)`.
  explicit unordered_records(std::vector<T> expected_records) : expected(std::move(expected_records)) {}
  friend bool operator==(std::vector<T> const& got, unordered_records const& wanted) {
    return detail::same_multiset(got, wanted.expected);
  }
  template <class Stream>
  friend Stream& operator<<(Stream& to, unordered_records const& shown) {
    to << ("in any order " + detail::text_of_records(shown.expected)).c_str();
    return to;
  }
  /// What must have come, in any order.
  std::vector<T> expected;
};

/// What `per_key` gives.
template <class K, class V>
class keyed_records {
 public:
  /// Made by `per_key(expected)`.
  explicit keyed_records(std::vector<std::pair<K, V>> expected_records) : expected(std::move(expected_records)) {}
  friend bool operator==(std::vector<std::pair<K, V>> const& got, keyed_records const& wanted) {
    return detail::same_per_key(got, wanted.expected);
  }
  template <class Stream>
  friend Stream& operator<<(Stream& to, keyed_records const& shown) {
    to << ("in order per key " + detail::text_of_records(shown.expected)).c_str();
    return to;
  }
  /// What must have come, in order for each key.
  std::vector<std::pair<K, V>> expected;
};

/// `CHECK(r.of<int>("out") == leat::test::unordered(expected))`: the same records, as often, in any order.
template <class T>
unordered_records<T> unordered(std::vector<T> expected) {
  return unordered_records<T>(std::move(expected));
}

/// `CHECK(r.of<...>("out") == leat::test::per_key(expected))`: pairs; the values of each key in the order expected, the
/// keys mixed in any way. This is what every flow promises, however many workers run it.
template <class K, class V>
keyed_records<K, V> per_key(std::vector<std::pair<K, V>> expected) {
  return keyed_records<K, V>(std::move(expected));
}

}  // namespace test
}  // namespace leat
