// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/picture/steps.hpp>

#include <string>
#include <string_view>

namespace leat::detail {

/// A string of JSON; the text is UTF-8 already.
[[gnu::cold]] std::string json_text(std::string_view text);

/// For programs. A step a line, in an order in which each comes after those that feed it:
///
///     {"flow_id": "wordcount",
///      "composites": [STEP...],     steps made of others, which name them as "within"
///      "steps": [STEP...]}
///     STEP: {"step_id": "wordcount.count.sum", "step_name": "sum", "op_type": "reduce_final",
///            "within": "wordcount.count" or null, "loop": 2 or null,
///            "guarantee": "exactly once" or null,
///            "where": {"file": "main.cpp", "line": 12}, "inputs": [INPUT...]}
///     INPUT: {"step_id": "wordcount.count.key", "output": 0, "routing": "exchange by key" or null}
///
/// Members may be added; those here keep their meaning. `op_type` is the operator's name; `output` counts from 0 (of a
/// branch: 0 true, 1 false); `routing` says how records change workers on the way, null that they do not. Steps with
/// the same `loop` are fused; of what is made of others it is null.
/// "guarantee" is there where guarantees are shown.
[[gnu::cold]] std::string json(drawing const& drawn);

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/picture/json.ipp>
#endif
