// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/run/cluster_support.hpp>
#include <leat/run/options.hpp>

namespace leat::detail {

LEAT_INLINE cluster_support& support_of_clusters() {
  static cluster_support support;
  return support;
}

LEAT_INLINE bool has_network(options const& options) {
  return support_of_clusters().join != nullptr && (options.link || support_of_clusters().make_network != nullptr);
}

}  // namespace leat::detail
