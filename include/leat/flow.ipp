// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/flow.hpp>
#include <leat/graph.hpp>

#include <source_location>
#include <string>
#include <utility>

namespace leat {

LEAT_INLINE flow::flow(step_name name) : graph_(new detail::graph(std::move(name))) {}
LEAT_INLINE flow::flow(char const* name, std::source_location location) : flow(step_name(name, location)) {}
LEAT_INLINE flow::flow(flow&& other) noexcept : graph_(std::exchange(other.graph_, nullptr)) {}
LEAT_INLINE flow& flow::operator=(flow&& other) noexcept {
  std::swap(graph_, other.graph_);
  return *this;
}
LEAT_INLINE flow::~flow() { delete graph_; }

LEAT_INLINE std::string const& flow::name() const { return graph_->name(); }

}  // namespace leat
