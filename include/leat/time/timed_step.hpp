// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/concat.hpp>
#include <leat/time/clock.hpp>
#include <leat/time/key_stage.hpp>
#include <leat/time/timed_outputs.hpp>
#include <leat/time/window_machine.hpp>
#include <leat/time/window_step.hpp>
#include <leat/time/with_late.hpp>

#include <string>
#include <utility>

/// What the steps have in common that go by event time and have no windows.
namespace leat::detail {

using refused_timed = with_late<poison, poison, poison>;

/// Adds the exchange to the owners of the keys, and the step behind it. `Content` is to `window_machine` what windows
/// are.
template <class W, class S, class Clock, class Content>
auto append_timed(S&& up, Clock clock, Content content, std::string options, step_info step) {
  using T = record_of<S>;
  using K = key_of_pair<T>;
  using V = value_of_pair<T>;
  std::string parameters = window_parameters_text(parameters_of(clock), options, false);
  using machine = window_machine<Clock, Content, false>;
  graph& in = stream_access::graph_of(up);
  in.name_step(step);
  port const from = exchange_by_key(std::forward<S>(up), step);
  port const at = in.add<key_window_node<K, V, timed_outputs<K, W, V>, machine>>(
      machine(std::move(clock), std::move(content)), std::move(parameters), std::move(step), from);
  return with_late<K, W, V>{stream_access::make<std::pair<K, W>>(in, {at.node, 0}),
                            stream_access::make<std::pair<K, late<V>>>(in, {at.node, 1})};
}

}  // namespace leat::detail
