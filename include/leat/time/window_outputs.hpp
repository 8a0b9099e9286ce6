// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/graph.hpp>
#include <leat/op/emitter.hpp>
#include <leat/op/running/mark.hpp>
#include <leat/op/running/step_context.hpp>
#include <leat/op/running/stream_time.hpp>
#include <leat/op/running/worker_builder.hpp>
#include <leat/time/late_output.hpp>
#include <leat/time/open_window.hpp>
#include <leat/time/window_info.hpp>

#include <utility>

namespace leat::detail {

/// The three outputs of a step with windows.
template <class K, class W, class V>
class window_outputs {
 public:
  static constexpr char const* names = "down late meta";

  [[gnu::cold]] window_outputs(worker_builder& worker, step_context const& step, node const& described)
      : down(worker.batch_size<std::pair<K, in_window<W>>>()),
        late(worker, step, described),
        meta(worker.batch_size<std::pair<K, window_info>>()) {
    worker.provide({described.id, 0}, down.next());
    worker.provide({described.id, 2}, meta.next());
  }

  window_outlet<K, W> of(K const& key) { return {key, down, meta.next().read() ? &meta : nullptr}; }

  bool ready() { return late.ready() && down.next().ready() && meta.next().ready(); }
  bool full() {
    bool const down_full = down.full();
    bool const late_full = late.full();
    return meta.full() || down_full || late_full;
  }
  void flush() {
    down.flush();
    late.flush();
    meta.flush();
  }
  void arrive(mark arrived) {
    down.next().arrive(arrived);
    late.arrive(arrived);
    meta.next().arrive(arrived);
  }
  void advance(stream_time time) {
    down.next().advance(time);
    late.advance(time);
    meta.next().advance(time);
  }

  emitter<std::pair<K, in_window<W>>> down;
  late_output<K, V> late;
  emitter<std::pair<K, window_info>> meta;
};

}  // namespace leat::detail
