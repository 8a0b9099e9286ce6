// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/lean_chrono.hpp>
#include <leat/detail/saturated_time.hpp>
#include <leat/from/random_metric.hpp>
#include <leat/from/source.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace leat::from {

LEAT_INLINE random_metric::random_metric(std::string name, std::chrono::nanoseconds interval, std::uint64_t count,
                                         make_value next_random)
    : name_(std::move(name)), interval_(interval), count_(count), next_random_(std::move(next_random)) {}

LEAT_INLINE bool random_metric::partition::next_batch(emitter<random_metric::record>& out) {
  if (emitted_ >= metric_.count_) return false;
  out(record(metric_.name_, metric_.next_random_(services_.random())));
  ++emitted_;
  due_ = detail::saturated_sum(due_, metric_.interval_);
  return emitted_ != metric_.count_;
}

LEAT_INLINE random_metric::partition random_metric::build_part(std::string const&,
                                                               std::optional<position> const& resume,
                                                               step_services const& services) const {
  return {*this, resume.value_or(0), services};
}

}  // namespace leat::from
