// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/buffer.hpp>
#include <leat/detail/list.hpp>
#include <leat/detail/owned_bytes.hpp>
#include <leat/detail/pack.hpp>
#include <leat/flow.hpp>
#include <leat/op/function/shown_record.hpp>
#include <leat/op/fused/batch_tail.hpp>
#include <leat/op/fused/fused_op.hpp>
#include <leat/op/fused/held_rest.hpp>
#include <leat/op/fused/ops_on_stack.hpp>
#include <leat/op/fused/survivors.hpp>
#include <leat/op/fused/tail.hpp>
#include <leat/op/running/consumer.hpp>
#include <leat/op/running/mark.hpp>
#include <leat/op/running/stage.hpp>
#include <leat/op/running/step_context.hpp>
#include <leat/op/running/stream_time.hpp>
#include <leat/op/running/worker_builder.hpp>
#include <leat/record.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <type_traits>
#include <utility>

/// One loop for a run of stateless steps. Plain records go through array loops; after a filter the survivors are
/// moved together without a branch, unless nearly all or nearly none pass. Everything else is pushed, record by
/// record, through inlined calls.
namespace leat::detail {

template <class In, class Tail, class... Ops>
class kernel final : public consumer<In>, public running_step {
  using run_steps = fused_steps<In, Ops...>;
  static constexpr std::size_t size = run_steps::size;
  template <std::size_t Index>
  using record_at = typename run_steps::template record_at<Index>;
  using ops_type = pack<Ops...>;
  static_assert(fused_tail<Tail, record_at<size>>);
  static constexpr bool copies_to_stack = (std::is_trivially_copyable_v<Ops> && ...) && !(std::is_empty_v<Ops> && ...);
  using local_ops = ops_on_stack<ops_type, copies_to_stack>;

  /// Much can come of one batch where a record owns memory, or becomes large or many: then the loop looks whether there
  /// is room left, record by record, or block by block where all is plain.
  static constexpr bool may_stop = requires(Tail& tail) { tail.full(); } &&
                                   (!plain<record_at<size>> || batch_grows<In, record_at<size>> || run_steps::expands);
  friend held_rest<In>;
  friend nothing_held<In>;

 public:
  template <class RunEnd>
  [[gnu::cold]] kernel(ops_type const& ops, RunEnd const& run_end, worker_builder& worker, node const& described)
      : ops_(ops, copy_failure(described, worker.worker())),
        tail_(run_end, worker, described),
        held_(*this),
        steps_(described, worker.worker()) {
    if constexpr (may_stop) worker.outboxes.push_back(&held_);
    bind<0>();
  }
  [[gnu::cold, gnu::noinline]] ~kernel() override = default;

  void take(In* records, std::size_t count) override {
    if constexpr (plain<In>)
      look(records, count);
    else
      held_.take(*this, records, count);
  }
  void look(In const* records, std::size_t count) override {
    if constexpr (plain<In> || copyable_record<In>) held_.look(*this, records, count);
  }
  void arrive(mark arrived) override { held_.arrive(*this, arrived); }
  void advance(stream_time time) override { held_.advance(*this, time); }
  bool ready() override { return tail_.ready() && held_.empty(); }

 private:
  /// Steps that want to know where they run are told once; steps that want to know of each batch, before it.
  template <std::size_t Index>
  void bind() {
    if constexpr (Index != size) {
      if constexpr (requires { in_pack<Index>(ops_).bind(steps_[Index]); }) in_pack<Index>(ops_).bind(steps_[Index]);
      bind<Index + 1>();
    }
  }
  template <std::size_t Index = 0>
  void begin_batch() {
    if constexpr (Index != size) {
      if constexpr (requires { in_pack<Index>(ops_).begin_batch(); }) in_pack<Index>(ops_).begin_batch();
      begin_batch<Index + 1>();
    }
  }

  /// What a record's own functions throw between two steps is laid to the step that has it then.
  template <class Run>
  [[gnu::always_inline]] void run_batch(Run&& run_all) {
    guarded(steps_.front(), [&] {
      begin_batch();
      run_all();
    });
    in_tail([&] { tail_.finish_batch(); });
    // An f that was given emit may have caught what a later step threw: no mark may pass that record.
    if constexpr (run_steps::emits) steps_.front().worker->rethrow_failure();
  }
  template <class F>
  [[gnu::always_inline]] decltype(auto) in_tail(F&& f) {
    return guarded(steps_.back(), std::forward<F>(f));
  }
  template <class X>
  [[gnu::always_inline]] void into_tail(X&& record) {
    if constexpr (requires { requires Tail::template answers_for<X>; })
      tail_.push(std::forward<X>(record));
    else
      in_tail([&]() __attribute__((always_inline)) { tail_.push(std::forward<X>(record)); });
  }

  bool has_room() { return tail_.ready(); }
  void pass(mark passing) {
    steps_.pass(passing, [&] { in_tail([&] { tail_.arrive(passing); }); });
  }
  void pass(stream_time time) {
    in_tail([&] { tail_.advance(time); });
  }

  /// The first of these records, all of them unless there is no room. `R` is const where others look at them too. What
  /// has one caller is inlined, so this stands for itself.
  template <class R>
  [[gnu::noinline]] std::size_t run_some(R* records, std::size_t count) {
    std::size_t done = 0;
    run_batch([&] { done = run_records(records, count); });
    return done;
  }
  template <class R>
  [[gnu::always_inline]] std::size_t run_records(R* records, std::size_t count) {
    if constexpr (plain<In> && (plain<record_at<size>> || !may_stop)) {
      return run_plain(records, count);
    } else {
      std::size_t i = 0;
      local_ops ops(ops_);
      for (bool goes_on = true; goes_on && i != count; ++i) {
        if constexpr (plain<In>) {
          In record(records[i]);
          push<0>(ops.copy, std::move(record));
        } else if constexpr (std::is_const_v<R>) {
          push<0>(ops.copy, records[i]);
        } else {
          push<0>(ops.copy, std::move(records[i]));
        }
        if constexpr (may_stop) goes_on = !tail_.full();
      }
      return i;
    }
  }

  /// Plain records, in blocks that stay in the first-level cache with what is made of them.
  std::size_t run_plain(In const* records, std::size_t count) {
    constexpr std::size_t block = run_steps::filters ? 512 : 4096;
    std::size_t done = 0;
    for (bool goes_on = true; goes_on && done < count;) {
      std::size_t const portion = (std::min)(may_stop ? held_.block(sizeof(record_at<size>)) : block, count - done);
      run<0>(records + done, portion);
      done += portion;
      if constexpr (may_stop) goes_on = held_.goes_on_after_block(tail_.full());
    }
    return done;
  }

  template <std::size_t Index>
  void run(record_at<Index> const* records, std::size_t count) {
    constexpr std::size_t E = run_steps::template straight_to<Index>();
    if constexpr (!run_steps::template plain_between<Index, E>())
      run_by_branch<Index>(records, count);
    else if constexpr (E == size)
      run_straight<Index>(records, count);
    else if constexpr (run_steps::template filter_at<E>()) {
      if (in_pack<E>(survivors_).branch())
        run_by_branch<Index>(records, count);
      else
        run_compacting<Index, E>(records, count);
    } else
      run_by_branch<Index>(records, count);
  }

  template <std::size_t Index>
  void run_by_branch(record_at<Index> const* records, std::size_t count) {
    local_ops ops(ops_);
    if constexpr (Tail::template arrays<record_at<size>> && run_steps::template never_expands<Index>()) {
      auto const fill = [&](std::size_t from, std::size_t to, auto& cursor) {
        for (std::size_t i = from; i != to; ++i) {
          record_at<Index> record(records[i]);
          push_to<Index>(ops.copy, cursor, std::move(record));
        }
      };
      in_tail([&] { in_blocks(count, fill); });
    } else {
      for (std::size_t i = 0; i != count; ++i) {
        record_at<Index> record(records[i]);
        push<Index>(ops.copy, std::move(record));
      }
    }
  }

  /// Calls `fill(from, to, cursor)` for blocks the tail has room for.
  template <class Fill>
  void in_blocks(std::size_t count, Fill const& fill) {
    std::size_t const block = tail_.block();
    for (std::size_t from = 0; from < count; from += block) {
      std::size_t const to = (std::min)(from + block, count);
      tail_.write(to - from, [&](auto& cursor) { fill(from, to, cursor); });
    }
  }

  template <std::size_t Index>
  void run_straight(record_at<Index> const* records, std::size_t count) {
    local_ops ops(ops_);
    if constexpr (Index == size && requires { tail_.copy(records, count); })
      in_tail([&] { tail_.copy(records, count); });
    else if constexpr (Tail::template arrays<record_at<size>>) {
      auto const fill = [&](std::size_t from, std::size_t to, auto& cursor) {
        for (std::size_t i = from; i != to; ++i) {
          record_at<Index> record(records[i]);
          cursor(chain<Index, size>(ops.copy, std::move(record)));
        }
      };
      in_tail([&] { in_blocks(count, fill); });
    } else {
      for (std::size_t i = 0; i != count; ++i) {
        record_at<Index> record(records[i]);
        into_tail(chain<Index, size>(ops.copy, std::move(record)));
      }
    }
  }

  template <std::size_t Index, std::size_t E>
  void run_compacting(record_at<Index> const* records, std::size_t count) {
    survivors<record_at<E>>& kept = in_pack<E>(survivors_);
    kept.room.reserve(count);
    record_at<E>* const to = kept.room.begin();
    std::size_t passed = 0;
    {
      local_ops ops(ops_);
      for (std::size_t i = 0; i != count; ++i) {
        record_at<Index> copy(records[i]);
        record_at<E> record = chain<Index, E>(ops.copy, std::move(copy));
        std::construct_at(to + passed, record);
        passed += call<E>(ops.copy, std::as_const(record)) ? 1u : 0u;
      }
    }
    kept.observe(count, passed);
    run<E + 1>(to, passed);
  }

  template <std::size_t Index, class X>
  [[gnu::always_inline]] decltype(auto) call(ops_type& ops, X&& record) {
    return guarded_at<type_in_pack<Index, ops_type>>(
        steps_[Index], record, [&]() -> decltype(auto) { return in_pack<Index>(ops)(std::forward<X>(record)); });
  }

  /// The steps from Index up to E, all one to one, on a record in registers.
  template <std::size_t Index, std::size_t E, class X>
  [[gnu::always_inline]] record_at<E> chain(ops_type& ops, X&& record) {
    if constexpr (Index == E)
      return record_at<E>(std::forward<X>(record));
    else
      return chain<Index + 1, E>(ops, call<Index>(ops, std::forward<X>(record)));
  }

  template <std::size_t Index, class X>
  [[gnu::always_inline]] void push(ops_type& ops, X&& record) {
    auto end = [this](auto&& last) { this->into_tail(std::forward<decltype(last)>(last)); };
    push_to<Index>(ops, end, std::forward<X>(record));
  }

  /// The steps from Index on, for one record that may be a view of what step Index takes.
  template <std::size_t Index, class End, class X>
  [[gnu::always_inline]] void push_to(ops_type& ops, End& end, X&& record) {
    if constexpr (Index == size)
      end(std::forward<X>(record));
    else {
      using op = type_in_pack<Index, ops_type>;
      if constexpr (!std::is_same_v<std::remove_cvref_t<X>, record_at<Index>> && !op::template accepts<X>)
        push_to<Index>(ops, end, guarded(steps_[Index], [&] { return record_at<Index>(std::forward<X>(record)); }));
      else if constexpr (op::shape == op_shape::one_to_one)
        push_to<Index + 1>(ops, end, call<Index>(ops, std::forward<X>(record)));
      else if constexpr (op::shape == op_shape::filter) {
        if (call<Index>(ops, std::as_const(record))) push_to<Index + 1>(ops, end, std::forward<X>(record));
      } else {
        next_steps<Index, End> next(*this, ops, end);
        guarded_at<op>(steps_[Index], record, [&] { in_pack<Index>(ops)(std::forward<X>(record), next); });
      }
    }
  }

  /// What step Index puts its records into: the steps behind it.
  template <std::size_t Index, class End>
  class next_steps {
   public:
    next_steps(kernel& in, ops_type& ops, End& end) : kernel_(in), ops_(ops), end_(end) {}
    template <class X>
    [[gnu::always_inline]] void operator()(X&& record) const {
      kernel_.template push_to<Index + 1>(ops_, end_, std::forward<X>(record));
    }
    /// Makes a record of the step. A function of the user's may catch what that throws: it is remembered here.
    template <class Record, class... Parts>
    [[gnu::always_inline]] Record make(Parts&&... parts) const {
      return guarded(kernel_.steps_[Index], [&] { return Record(std::forward<Parts>(parts)...); });
    }

   private:
    kernel& kernel_;
    ops_type& ops_;
    End& end_;
  };

  ops_type ops_;
  Tail tail_;
  [[no_unique_address]] std::conditional_t<may_stop, held_rest<In>, nothing_held<In>> held_;
  pack<survivors_of<Ops>...> survivors_;
  step_contexts steps_;  ///< the last one is the tail's, where that is a step of its own
};

/// The description of a run of stateless steps and of what becomes of its records.
template <class In, class RunEnd, class... Ops>
class kernel_node final : public node {
  static_assert(fused_run_end<RunEnd>);

 public:
  /// `run` is the steps, or the only one.
  template <class Steps>
  kernel_node(pack<Ops...> ops, RunEnd run_end, Steps&& run, port from)
      : node(std::forward<Steps>(run), from), ops_(std::move(ops)), run_end_(std::move(run_end)) {
    keeps_lanes = !requires(worker_builder& worker) { RunEnd::build_receiver(worker, *this); };
  }

  [[gnu::cold]] void build(worker_builder& worker) const override {
    using running = kernel<In, typename RunEnd::tail, Ops...>;
    try {
      worker.subscribe<In>(inputs.front(), worker.add<running>(ops_, run_end_, worker, *this));
    } catch (...) {
      copy_failure(*this, worker.worker())(steps.size() - 1);
    }
    if constexpr (requires { RunEnd::build_receiver(worker, *this); }) RunEnd::build_receiver(worker, *this);
  }

 private:
  pack<Ops...> ops_;
  RunEnd run_end_;
};

}  // namespace leat::detail
