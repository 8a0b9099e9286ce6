// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/list.hpp>
#include <leat/op/emitter.hpp>
#include <leat/op/running/alignment.hpp>
#include <leat/op/running/mark.hpp>
#include <leat/op/running/mark_gate.hpp>
#include <leat/op/running/stage.hpp>
#include <leat/op/running/step_context.hpp>
#include <leat/op/running/stream_time.hpp>
#include <leat/op/running/times_of_inputs.hpp>
#include <leat/op/running/worker_builder.hpp>
#include <leat/route/exchange/by_key.hpp>
#include <leat/state/join_rows.hpp>
#include <leat/state/keyed_state.hpp>
#include <leat/state/state_writer.hpp>
#include <leat/state/unmatched_count.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <tuple>
#include <utility>

namespace leat::detail {

/// The running form of a join: one input per side, marks aligned over them, the least of their times, one table for
/// all.
template <class K, class... Vs>
class join_stage final : public stage {
  using kept = join_sides_kept<Vs...>;
  using row = std::tuple<std::optional<Vs>...>;
  using table = keyed_state<K, kept>;
  using cell = typename table::cell;
  static constexpr bool state_can_be_saved = table::saves;
  static_assert(
      state_can_be_saved,
      "leat: join(name, sides...): the key and the values must have a codec and a default constructor, since they "
      "are read back after a restart");

  template <std::size_t Side>
  class input final : public keyed_consumer<std::pair<K, std::tuple_element_t<Side, std::tuple<Vs...>>>> {
    using record = std::pair<K, std::tuple_element_t<Side, std::tuple<Vs...>>>;

   public:
    explicit input(join_stage& of) : join_(of) {}
    void take(std::uint64_t const* hashes, record* records, std::size_t count) override {
      join_.template take<Side>(hashes, records, count);
    }
    void arrive(mark arrived) override { join_.arrive(Side, arrived); }
    void advance(stream_time time) override { join_.advance(Side, time); }
    bool ready() override {
      return join_.marks_.held(Side) || join_.gate_.holds() ? join_.step_.no_room() : join_.out_.next().ready();
    }

   private:
    join_stage& join_;
  };

 public:
  static constexpr auto describe_rows = described_row<K, table>();

  join_stage(join_insert insertion, join_emit emission, worker_builder& worker, node const& described)
      : insertion_(insertion),
        emission_(emission),
        step_(described.step(), worker.worker()),
        table_(worker.slot_owners().slots_of(worker.worker().index())),
        snapshots_(worker, step_, table_, describe_rows),
        marks_(sizeof...(Vs), described.step(), worker.worker()),
        times_(sizeof...(Vs)),
        out_(worker.batch_size<std::pair<K, row>>()),
        unmatched_(worker.shared_count<unmatched_count>(described, "keys without a value on some side",
                                                        described.step().name,
                                                        emission == join_emit::complete_and_rest)) {
    connect(worker, described, std::index_sequence_for<Vs...>{});
    worker.provide({described.id, 0}, out_.next());
    worker.counters.watch({described.id, 0}, counter_kind::keys, keys_);
  }

  bool turn() override { return gate_.holds() && end_some(); }
  bool done() const override { return gate_.done(); }

 private:
  template <std::size_t... Side>
  void connect(worker_builder& worker, node const& described, std::index_sequence<Side...>) {
    (connect_one<Side>(worker, described), ...);
  }
  template <std::size_t Side>
  void connect_one(worker_builder& worker, node const& described) {
    using V = std::tuple_element_t<Side, std::tuple<Vs...>>;
    auto side = std::make_unique<input<Side>>(*this);
    worker.outlet<keyed_outlet<std::pair<K, V>>>(described.inputs[Side]).next = side.get();
    std::get<Side>(inputs_) = std::move(side);
  }

  template <std::size_t Side, class Record>
  void take(std::uint64_t const* hashes, Record* records, std::size_t count) {
    guarded(step_, [&] {
      table_.visit(
          hashes, count, [records](std::size_t i) -> K const& { return records[i].first; },
          [&](cell& entry, std::size_t i) {
            entry.state().template add<Side>(std::move(records[i].second), insertion_);
            if (emission_ == join_emit::running) send_rows(entry);
            if (passes_on_what_is_complete() && entry.state().complete()) {
              send_rows(entry);
              entry.forget();
            }
          });
    });
    keys_.set(table_.keys());
    guarded(step_, [&] { out_.flush(); });
  }

  bool passes_on_what_is_complete() const {
    return emission_ == join_emit::complete || emission_ == join_emit::complete_and_rest;
  }

  void send_rows(cell& entry) {
    entry.state().rows([&](row const& joined) { out_(std::pair<K, row>(entry.key(), joined)); });
  }

  void advance(std::size_t side, stream_time time) {
    if (times_.advance(side, time)) out_.next().advance(times_.now());
  }

  void arrive(std::size_t side, mark arrived) {
    if (times_.arrive(side, arrived)) out_.next().advance(times_.now());
    mark passes;
    if (!marks_.arrive(side, arrived, passes)) return;
    guarded(step_, [&] { out_.flush(); });
    gate_.arrive(passes);
    bool const ended = passes.kind == mark_kind::end;
    if (ended && passes_on_what_is_complete()) unmatched_.add(table_.keys());
    bool const keys_speak = ended && (emission_ == join_emit::final || emission_ == join_emit::complete_and_rest);
    if (!keys_speak) pass();
  }

  void pass() {
    snapshots_.barrier(gate_.waiting());
    note_passed(gate_.pass(step_, out_.next()));
  }

  bool end_some() {
    if (!out_.next().ready()) return false;
    bool more = true;
    guarded(step_, [&] {
      more = table_.visit_in_key_order(
          2048,
          [&](cell& entry) {
            send_rows(entry);
            entry.forget();
          },
          [&] { return !out_.full(); });
    });
    guarded(step_, [&] { out_.flush(); });
    keys_.set(table_.keys());
    if (!more) pass();
    return true;
  }

  template <class Sides>
  struct inputs_of;
  template <std::size_t... Side>
  struct inputs_of<std::index_sequence<Side...>> {
    using type = std::tuple<std::unique_ptr<input<Side>>...>;
  };

  join_insert insertion_;
  join_emit emission_;
  step_context step_;
  table table_;
  state_writer snapshots_;
  counter keys_;
  alignment marks_;
  times_of_inputs times_;
  emitter<std::pair<K, row>> out_;
  typename inputs_of<std::index_sequence_for<Vs...>>::type inputs_;
  unmatched_count& unmatched_;
  mark_gate gate_;  ///< the end waits here while all keys speak
};

template <class K, class... Vs>
class join_node final : public node {
 public:
  join_node(join_insert insertion, join_emit emission, step_info step, list<port> from)
      : node(std::move(step), std::move(from)), insertion_(insertion), emission_(emission) {
    describe_rows = join_stage<K, Vs...>::describe_rows;
  }

  void build(worker_builder& worker) const override {
    worker.add<join_stage<K, Vs...>>(insertion_, emission_, worker, *this);
  }

 private:
  join_insert insertion_;
  join_emit emission_;
};

}  // namespace leat::detail
