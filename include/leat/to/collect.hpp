// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/to/sink.hpp>

#include <array>
#include <concepts>
#include <cstdint>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

namespace leat {
namespace detail {

/// One mutex for each vector that is collected into, whichever sinks do so. Several vectors may share a mutex.
inline std::mutex& mutex_of(void const* collected) {
  static std::array<std::mutex, 64> mutexes;
  return mutexes[(reinterpret_cast<std::uintptr_t>(collected) >> 4) % mutexes.size()];
}

}  // namespace detail

namespace to {

/// Appends the records to a vector of yours, which outlives the run and is left alone during it. Workers and several
/// such sinks may share one vector; each worker's records are in order. The vector is not cleared between runs.
template <class T>
class collect {
 public:
  /// The vector outlives all runs of the flow.
  explicit collect(std::vector<T>& into) : into_(&into) {}

  class partition {
   public:
    explicit partition(std::vector<T>& into) : into_(&into) {}

    template <class X>
      requires std::constructible_from<T, X&&>
    void write_batch(std::span<X> records) {
      std::lock_guard const lock(detail::mutex_of(into_));
      for (X& record : records) into_->push_back(T(std::move(record)));
    }

   private:
    std::vector<T>* into_;
  };

  partition build(step_services const&) const { return partition(*into_); }

 private:
  std::vector<T>* into_;
};

/// Appends the records to a vector of yours: `to::collect`, by the name that goes with `from::test`.
template <class T>
collect<T> test(std::vector<T>& into) {
  return collect<T>(into);
}

}  // namespace to
}  // namespace leat
