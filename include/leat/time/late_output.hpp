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
#include <leat/time/window_info.hpp>

#include <cstddef>
#include <type_traits>
#include <utility>

namespace leat::detail {

/// Where a step that goes by event time puts what is late, its port 1. It comes from two sides where the step dates its
/// stream by itself: from the step, and from the one that dates.
template <class K, class V>
class late_output {
 public:
  [[gnu::cold]] late_output(worker_builder& worker, step_context const& step, node const& described)
      : out_(worker.batch_size<std::pair<K, late<V>>>()),
        count_(worker.shared_count<late_count>(described, late_records, step.name)),
        marks_(described.inputs.size(), described.step(), worker.worker()) {
    worker.provide({described.id, 1}, out_.next());
  }

  bool read() { return out_.next().read(); }
  /// So many are late, by reason.
  void count(late_counts const& records) { count_.add(records, read()); }
  void operator()(K const& key, late<V>&& missed) { out_(std::pair<K, late<V>>(key, std::move(missed))); }

  bool ready() { return !marks_.held(0) && out_.next().ready(); }
  bool full() { return out_.full(); }
  void flush() { out_.flush(); }
  void arrive(mark arrived) { arrive_from(0, arrived); }
  void advance(stream_time time) { out_.next().advance(time); }

  /// The side of the step that dates.
  bool ready_for_dating() { return !marks_.held(1) && out_.next().ready(); }
  void arrive_from(std::size_t side, mark arrived) {
    mark passes;
    if (marks_.arrive(side, arrived, passes)) out_.next().arrive(passes);
  }

 private:
  emitter<std::pair<K, late<V>>> out_;
  late_count& count_;
  alignment marks_;
};

/// Takes what was late where the stream was dated: it leaves with what is late for the step, and tells the ids of the
/// windows.
template <class K, class V, class Machine>
class late_before final : public running_step, public consumer<late<std::pair<K, V>>> {
  using record = late<std::pair<K, V>>;

 public:
  late_before(Machine const& machine, step_context const& step, late_output<K, V>& to)
      : machine_(machine), step_(step), late_(to) {}

  void take(record* records, std::size_t count) override {
    pass(records, count, [](record& of) -> V&& { return std::move(of.value.second); });
  }
  void look([[maybe_unused]] record const* records, [[maybe_unused]] std::size_t count) override {
    // What several read can be copied.
    if constexpr (std::is_copy_constructible_v<V>)
      pass(records, count, [](record const& of) -> V { return of.value.second; });
  }
  void arrive(mark arrived) override { late_.arrive_from(1, arrived); }
  void advance(stream_time) override {}  // that of the windows comes later, and says less
  bool ready() override { return late_.ready_for_dating() || step_.no_room(); }

 private:
  template <class Record, class Give>
  void pass(Record* records, std::size_t count, Give give) {
    late_counts left_out;
    for (std::size_t i = 0; i != count; ++i) left_out.add(records[i].why);
    late_.count(left_out);
    if (!late_.read()) return;
    guarded(step_, [&] {
      for (std::size_t i = 0; i != count; ++i)
        machine_.miss_before(records[i].at, records[i].why, give(records[i]),
                             [&](window_id id, moment at, late_reason why, V&& value) {
                               late_(records[i].value.first, late<V>{id, at, why, std::move(value)});
                             });
      late_.flush();
    });
  }

  Machine const& machine_;
  step_context const& step_;
  late_output<K, V>& late_;
};

}  // namespace leat::detail
