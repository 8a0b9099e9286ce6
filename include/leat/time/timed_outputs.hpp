// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/graph.hpp>
#include <leat/op/emitter.hpp>
#include <leat/op/running/mark.hpp>
#include <leat/op/running/step_context.hpp>
#include <leat/op/running/stream_time.hpp>
#include <leat/op/running/worker_builder.hpp>
#include <leat/time/late_output.hpp>

#include <utility>

namespace leat::detail {

/// Where a key without windows puts its results.
template <class K, class W>
class result_outlet {
 public:
  result_outlet(K const& key, emitter<std::pair<K, W>>& down) : key_(&key), down_(&down) {}
  template <class R>
  void operator()(R&& result) {
    (*down_)(std::pair<K, W>(*key_, std::forward<R>(result)));
  }

 private:
  K const* key_;
  emitter<std::pair<K, W>>* down_;
};

/// The two outputs of a step that goes by event time and has no windows.
template <class K, class W, class V>
class timed_outputs {
 public:
  static constexpr char const* names = "down late";

  [[gnu::cold]] timed_outputs(worker_builder& worker, step_context const& step, node const& described)
      : down(worker.batch_size<std::pair<K, W>>()), late(worker, step, described) {
    worker.provide({described.id, 0}, down.next());
  }

  result_outlet<K, W> of(K const& key) { return {key, down}; }

  bool ready() { return down.next().ready() && late.ready(); }
  bool full() {
    bool const down_full = down.full();
    return late.full() || down_full;
  }
  void flush() {
    down.flush();
    late.flush();
  }
  void arrive(mark arrived) {
    down.next().arrive(arrived);
    late.arrive(arrived);
  }
  void advance(stream_time time) {
    down.next().advance(time);
    late.advance(time);
  }

  emitter<std::pair<K, W>> down;
  late_output<K, V> late;
};

}  // namespace leat::detail
