// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/list.hpp>
#include <leat/graph.hpp>
#include <leat/op/running/worker_builder.hpp>
#include <leat/route/exchange/exchange.hpp>
#include <leat/time/dated_before.hpp>
#include <leat/time/key_stage.hpp>
#include <leat/time/slice_stage.hpp>
#include <leat/time/window_info.hpp>

#include <optional>
#include <string>
#include <utility>

namespace leat::detail {

/// The node of a step that goes by event time. Machine: window_machine.hpp.
template <class K, class V, class Outputs, class Machine>
class node_by_time final : public node {
  using by_key = key_stage<K, V, Outputs, Machine>;

 public:
  /// `from`: the exchange and, if the step dates its stream by itself, what was late then.
  node_by_time(Machine machine, std::string what_it_has, step_info step, list<port> from)
      : node(std::move(step), std::move(from)), machine_(std::move(machine)) {
    parameters = std::move(what_it_has);
    if constexpr (may_go_by_slices)
      describe_rows = slice_stage<K, V, Outputs, Machine>::describe_rows;
    else
      describe_rows = by_key::describe_rows;
  }

  /// Decides how the step keeps its windows. What takes corrections has them by key.
  void build(worker_builder& worker) const override {
    if constexpr (may_go_by_slices)
      if (corrections_of(worker, *this, std::nullopt).count() == 0)
        return add<slice_stage<K, V, Outputs, Machine>>(worker);
    add<by_key>(worker);
  }

 private:
  static constexpr bool may_go_by_slices = requires { requires Machine::goes_by_slices; };

  template <class Stage>
  void add(worker_builder& worker) const {
    auto& stage = worker.add<Stage>(machine_, worker, *this);
    worker.outlet<keyed_outlet<std::pair<K, V>>>(inputs.front()).next = &stage;
    if constexpr (Machine::dates_its_stream)
      worker.subscribe<late<std::pair<K, V>>>(inputs[1], stage.late_input(worker));
  }

  Machine machine_;
};

}  // namespace leat::detail
