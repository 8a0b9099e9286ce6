// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <memory>

namespace leat::detail {

/// The functions of a run, copied to the stack for one batch so that the compiler can keep them in registers, and
/// put back afterwards: a `mutable` lambda's state outlives the batch.
template <class Ops, bool OnStack>
class ops_on_stack {
 public:
  explicit ops_on_stack(Ops& home) : home_(home), copy(home) {}
  ops_on_stack(ops_on_stack const&) = delete;
  ops_on_stack& operator=(ops_on_stack const&) = delete;
  ~ops_on_stack() {
    std::destroy_at(&home_);
    std::construct_at(&home_, copy);
  }

 private:
  Ops& home_;

 public:
  Ops copy;
};
template <class Ops>
class ops_on_stack<Ops, false> {
 public:
  explicit ops_on_stack(Ops& home) : copy(home) {}
  Ops& copy;
};

}  // namespace leat::detail
