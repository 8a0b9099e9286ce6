// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/graph.hpp>
#include <leat/op/emitter.hpp>
#include <leat/op/running/alignment.hpp>
#include <leat/op/running/consumer.hpp>
#include <leat/op/running/mark.hpp>
#include <leat/op/running/stage.hpp>
#include <leat/op/running/step_context.hpp>
#include <leat/op/running/stream_time.hpp>
#include <leat/op/running/worker_builder.hpp>
#include <leat/time/late_count.hpp>
#include <leat/time/open_window.hpp>
#include <leat/time/window_info.hpp>

#include <cstddef>
#include <type_traits>
#include <utility>

namespace leat::detail {

/// The three outputs of a step with windows. Late records may come from two sides: from the step, and from the one that
/// has dated its stream.
template <class K, class W, class V>
class window_outputs {
 public:
  [[gnu::cold]] window_outputs(worker_builder& worker, step_context const& step, node const& described)
      : down(worker.batch_size<std::pair<K, in_window<W>>>()),
        late(worker.batch_size<std::pair<K, leat::late<V>>>()),
        meta(worker.batch_size<std::pair<K, window_info>>()),
        count_(worker.shared_count<late_count>(described, late_records, step.name)),
        late_marks_(described.inputs.size(), described.step(), worker.worker()) {
    worker.provide({described.id, 0}, down.next());
    worker.provide({described.id, 1}, late.next());
    worker.provide({described.id, 2}, meta.next());
  }

  window_outlet<K, W> of(K const& key) { return {key, down, meta.next().read() ? &meta : nullptr}; }
  bool late_is_read() { return late.next().read(); }
  /// So many are late, by reason.
  void count_late(late_counts const& records) { count_.add(records, late_is_read()); }

  bool ready() { return !late_marks_.held(0) && down.next().ready() && late.next().ready() && meta.next().ready(); }
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
    arrive_late(0, arrived);
    meta.next().arrive(arrived);
  }
  void advance(stream_time time) {
    down.next().advance(time);
    late.next().advance(time);
    meta.next().advance(time);
  }

  /// The other side of the late records.
  bool ready_for_late() { return !late_marks_.held(1) && late.next().ready(); }
  void arrive_late(std::size_t side, mark arrived) {
    mark passes;
    if (late_marks_.arrive(side, arrived, passes)) late.next().arrive(passes);
  }

  emitter<std::pair<K, in_window<W>>> down;
  emitter<std::pair<K, leat::late<V>>> late;
  emitter<std::pair<K, window_info>> meta;

 private:
  late_count& count_;
  alignment late_marks_;
};

/// Takes what was late where the stream was dated: it leaves with what is late for the windows, and tells their ids.
template <class K, class W, class V, class Machine>
class late_before final : public running_step, public consumer<late<std::pair<K, V>>> {
  using record = late<std::pair<K, V>>;

 public:
  late_before(Machine const& machine, step_context const& step, window_outputs<K, W, V>& to)
      : machine_(machine), step_(step), outputs_(to) {}

  void take(record* records, std::size_t count) override {
    pass(records, count, [](record& of) -> V&& { return std::move(of.value.second); });
  }
  void look([[maybe_unused]] record const* records, [[maybe_unused]] std::size_t count) override {
    // What several read can be copied.
    if constexpr (std::is_copy_constructible_v<V>)
      pass(records, count, [](record const& of) -> V { return of.value.second; });
  }
  void arrive(mark arrived) override { outputs_.arrive_late(1, arrived); }
  void advance(stream_time) override {}  // that of the windows comes later, and says less
  bool ready() override { return outputs_.ready_for_late() || step_.no_room(); }

 private:
  template <class Record, class Give>
  void pass(Record* records, std::size_t count, Give give) {
    late_counts left_out;
    for (std::size_t i = 0; i != count; ++i) left_out.add(records[i].why);
    outputs_.count_late(left_out);
    if (!outputs_.late_is_read()) return;
    guarded(step_, [&] {
      for (std::size_t i = 0; i != count; ++i)
        machine_.miss_before(
            records[i].at, records[i].why, give(records[i]), [&](window_id id, moment at, late_reason why, V&& value) {
              outputs_.late(std::pair<K, late<V>>(records[i].value.first, late<V>{id, at, why, std::move(value)}));
            });
      outputs_.late.flush();
    });
  }

  Machine const& machine_;
  step_context const& step_;
  window_outputs<K, W, V>& outputs_;
};

}  // namespace leat::detail
