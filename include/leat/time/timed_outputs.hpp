// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/graph.hpp>
#include <leat/op/emitter.hpp>
#include <leat/op/running/mark.hpp>
#include <leat/op/running/stream_time.hpp>
#include <leat/op/running/worker_builder.hpp>
#include <leat/time/window_info.hpp>

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
  [[gnu::cold]] timed_outputs(worker_builder& worker, node const& described)
      : down(worker.batch_size<std::pair<K, W>>()), late(worker.batch_size<std::pair<K, leat::late<V>>>()) {
    worker.provide({described.id, 0}, down.next());
    worker.provide({described.id, 1}, late.next());
  }

  result_outlet<K, W> of(K const& key) { return {key, down}; }
  bool late_is_read() { return late.next().read(); }

  bool ready() { return down.next().ready() && late.next().ready(); }
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
    late.next().arrive(arrived);
  }
  void advance(stream_time time) {
    down.next().advance(time);
    late.next().advance(time);
  }

  emitter<std::pair<K, W>> down;
  emitter<std::pair<K, leat::late<V>>> late;
};

}  // namespace leat::detail
