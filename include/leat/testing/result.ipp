// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/concat.hpp>
#include <leat/error.hpp>
#include <leat/graph.hpp>
#include <leat/op/running/test_overrides.hpp>
#include <leat/testing/result.hpp>

#include <exception>
#include <string>

namespace leat::detail {

LEAT_INLINE void refuse_unseen(test_overrides& test, graph const& flow, std::string const& path) {
  std::string known;
  for (node const* const described : flow.nodes())
    for (step_info const& step : described->steps) {
      if (step.kind != "output") continue;
      known += concat({known.empty() ? "" : ", ", "\"", step.name, "\""});
      if (step.name != path) continue;
      char const* const reason = test.keeps(path) ? "it was told to keep its sink"
                                 : test.is_function(path)
                                     ? "it ends in to::for_each, whose function sees the records itself"
                                     : nullptr;
      if (reason == nullptr) return;
      throw flow_error(
          concat({"output \"", path, "\" (", place_of(step.location), ") is not looked at by this test: ", reason}));
    }
  throw flow_error(concat({"the flow has no output \"", path, "\"; it has ", known.empty() ? "none" : known}));
}

}  // namespace leat::detail

namespace leat::test {

LEAT_INLINE void result::rethrow() const {
  if (failure_) std::rethrow_exception(failure_);
}

}  // namespace leat::test
