// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/concat.hpp>
#include <leat/route/codec/byte_buffer.hpp>
#include <leat/route/codec/codec.hpp>
#include <leat/time/window_parameters.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

namespace leat::detail {

LEAT_COLD std::string parameters_of_worker(unsigned index) { return "parameters of worker " + std::to_string(index); }

LEAT_COLD window_parameters::window_parameters(worker_builder& worker, step_context const& step, node const& of,
                                               void (*described)(record_description& to))
    : step_(step), parameters_(of.parameters), store_(worker.process().recovers) {
  if (store_ == nullptr) return;
  guarded(step_, [&] {
    for (unsigned index = 0; auto const kept = store_->position_of(step_.name, parameters_of_worker(index), described);
         ++index) {
      auto const before = decode<std::pair<std::string, std::chrono::nanoseconds>>(kept->bytes);
      if (before.first != parameters_)
        throw std::runtime_error(
            concat({"the store has windows of this step that were made with ", before.first, "; now it has ",
                    parameters_, ": give it what it had, or another name, with which it begins anew"}));
      quiet_before_ = (std::max)(quiet_before_, before.second);
    }
  });
}

LEAT_COLD void window_parameters::keep(std::uint64_t epoch, std::chrono::nanoseconds quiet) {
  if (store_ == nullptr || kept_ == quiet) return;
  kept_ = quiet;
  byte_buffer bytes;
  encode(std::pair(parameters_, quiet), bytes);
  guarded(step_, [&] {
    store_->keep_position(step_.name, parameters_of_worker(step_.worker->index()), epoch, bytes.bytes());
  });
}

}  // namespace leat::detail
