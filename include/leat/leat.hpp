// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/needs.hpp>
#ifndef LEAT_REFUSED

/// All of leat that most programs need, in the order in which a record travels.

// IWYU pragma: begin_exports
#include <leat/version.hpp>

// What many of the others include, so that the compiler says of an error there that it is in a header of this one, and
// not by which way.
#include <leat/op/function/narrows.hpp>

#include <leat/op/function/name_comes_first.hpp>
#include <leat/op/function/owned_record.hpp>

#include <leat/op/function/function.hpp>

#include <leat/op/function/elements.hpp>

#include <leat/flow.hpp>
#include <leat/op/emitter.hpp>

#include <leat/from/source.hpp>
#include <leat/to/sink.hpp>

#include <leat/error.hpp>
#include <leat/op/coroutine/task.hpp>
#include <leat/picture.hpp>
#include <leat/record.hpp>
#include <leat/text.hpp>

#include <leat/from/csv.hpp>
#include <leat/from/generate.hpp>
#include <leat/from/iterable.hpp>
#include <leat/from/lines.hpp>
#include <leat/from/poll.hpp>
#include <leat/from/random_metric.hpp>
#include <leat/from/range.hpp>
#include <leat/from/test.hpp>

#include <leat/op/async_map.hpp>
#include <leat/op/blocking.hpp>
#include <leat/op/branch.hpp>
#include <leat/op/completion.hpp>
#include <leat/op/compose.hpp>
#include <leat/op/enrich_cached.hpp>
#include <leat/op/filter.hpp>
#include <leat/op/filter_map.hpp>
#include <leat/op/filter_map_value.hpp>
#include <leat/op/filter_value.hpp>
#include <leat/op/flat_map.hpp>
#include <leat/op/flat_map_batch.hpp>
#include <leat/op/flat_map_value.hpp>
#include <leat/op/flatten.hpp>
#include <leat/op/inspect.hpp>
#include <leat/op/inspect_debug.hpp>
#include <leat/op/key_on.hpp>
#include <leat/op/key_rm.hpp>
#include <leat/op/map.hpp>
#include <leat/op/map_value.hpp>
#include <leat/op/merge.hpp>
#include <leat/op/or_else.hpp>
#include <leat/op/raises.hpp>
#include <leat/op/step.hpp>
#include <leat/op/waiting.hpp>

#include <leat/route/exchange/to_partitions.hpp>
#include <leat/route/redistribute.hpp>

#include <leat/run/main.hpp>
#include <leat/run/run.hpp>
#include <leat/run/secret.hpp>
#include <leat/run/stats.hpp>

#include <leat/state/collect.hpp>
#include <leat/state/count_final.hpp>
#include <leat/state/fold_final.hpp>
#include <leat/state/join.hpp>
#include <leat/state/or_else.hpp>
#include <leat/state/reduce_final.hpp>
#include <leat/state/stateful.hpp>
#include <leat/state/stateful_batch.hpp>
#include <leat/state/stateful_flat_map.hpp>
#include <leat/state/stateful_map.hpp>

#include <leat/to/collect.hpp>
#include <leat/to/csv.hpp>
#include <leat/to/epoch_token.hpp>
#include <leat/to/for_each.hpp>
#include <leat/to/lines.hpp>
#include <leat/to/out.hpp>
#include <leat/to/output.hpp>
#include <leat/to/partitioned_sink.hpp>
// IWYU pragma: end_exports
#endif
