// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/op/running/mark.hpp>
#include <leat/op/running/stream_time.hpp>

#include <concepts>
#include <cstddef>
#include <utility>

/// How a fused run ends.
namespace leat::detail {

/// Where the loop of a run puts its records of `T`. Every call is inlined into the loop. It is made of its run end, the
/// worker_builder and the node: `Tail(run_end, worker, described)`.
///  - `push(record)` takes one record; `finish_batch()` comes after the last one of a batch.
///  - `arrive(mark)` and `advance(time)` come between two batches, and in the order of the records.
///  - `ready()`: there is room for a batch more. The loop begins none otherwise.
///  - `arrays<T>` true: the loop may write many plain records at once, by `write(count, fill)` with a count of at most
///    `block()`; `fill(cursor)` calls `cursor(record)` for each.
/// Optional:
///  - `full()`: no room is left, in the middle of a batch: the loop keeps the rest back. A tail that takes all has
///    none;
///  - `copy(records, count)` takes plain records that no step changes;
///  - `answers_for<X>` true: what `push` throws of an X names its step already.
template <class Tail, class T>
concept fused_tail = requires(Tail& tail, T&& record, mark passing, stream_time time) {
  { Tail::template arrays<T> } -> std::convertible_to<bool>;
  tail.push(std::move(record));
  tail.finish_batch();
  tail.arrive(passing);
  tail.advance(time);
  { tail.ready() } -> std::same_as<bool>;
} && (!Tail::template arrays<T> || requires(Tail& tail) {
                       { tail.block() } -> std::same_as<std::size_t>;
                     });

/// What a node keeps until it is built: the type of the tail, and what the tail is made of. Each worker makes its own
/// tail of it. Optional: `build_receiver(worker, node)`, for a run whose records are taken up again on other workers.
template <class E>
concept fused_run_end = std::copy_constructible<E> && requires { typename E::tail; };

}  // namespace leat::detail
