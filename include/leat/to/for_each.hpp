// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/op/function/function.hpp>
#include <leat/op/fused/for_each_tail.hpp>

#include <utility>

namespace leat {
namespace to {

/// Calls `f(record)` for each record, on the worker's thread, inside the loop of the steps before it. Each worker has
/// its own copy of `f`. An `f` that keeps what it sums up in itself is fastest; its optional `flush()` is called at the
/// end of each epoch and at the end.
template <class F>
class for_each {
 public:
  /// `function(record)` is called for each record.
  explicit for_each(F function) : f(std::move(function)) {}
  /// Copied for each worker.
  F f;
};
template <class F>
for_each(F) -> for_each<detail::function_of<F>>;

}  // namespace to
}  // namespace leat
