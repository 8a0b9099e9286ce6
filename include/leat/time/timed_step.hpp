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
auto append_timed(S&& up, Clock clock, Content content, std::string options, step_info step, step_name const& given) {
  using T = record_of<S>;
  using K = key_of_pair<T>;
  using V = value_of_pair<T>;
  std::string parameters = window_parameters_text(parameters_of(clock), options, false);
  using machine = window_machine<Clock, Content, false>;
  graph& in = stream_access::graph_of(up);
  auto const at = append_by_time<timed_outputs<K, W, V>>(std::forward<S>(up), clock, machine(clock, std::move(content)),
                                                         std::move(parameters), std::move(step), given);
  return with_late<K, W, V>{stream_access::make<std::pair<K, W>>(in, {at, 0}),
                            stream_access::make<std::pair<K, late<V>>>(in, {at, 1})};
}

}  // namespace leat::detail
