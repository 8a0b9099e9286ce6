// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/flow.hpp>
#include <leat/graph.hpp>

#include <memory>
#include <source_location>
#include <string>
#include <utility>

namespace leat {

LEAT_INLINE flow::flow(step_name name) : graph_(std::make_unique<detail::graph>(std::move(name))) {}
LEAT_INLINE flow::flow(char const* name, std::source_location where) : flow(step_name(name, where)) {}
LEAT_INLINE flow::flow(flow&&) noexcept = default;
LEAT_INLINE flow& flow::operator=(flow&&) noexcept = default;
LEAT_INLINE flow::~flow() = default;

LEAT_INLINE std::string const& flow::name() const { return graph_->name(); }

}  // namespace leat
