// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/buffer.hpp>
#include <leat/detail/list.hpp>
#include <leat/detail/pack.hpp>
#include <leat/flow.hpp>
#include <leat/op/assembly.hpp>
#include <leat/op/ops_on_stack.hpp>
#include <leat/op/shown_record.hpp>
#include <leat/op/stage.hpp>
#include <leat/op/step_context.hpp>
#include <leat/op/survivors.hpp>
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
class kernel final : public part, public consumer<In> {
  static constexpr std::size_t size = sizeof...(Ops);
  using ops_type = pack<Ops...>;
  static constexpr bool copies_to_stack = (std::is_trivially_copyable_v<Ops> && ...) && !(std::is_empty_v<Ops> && ...);
  using local_ops = ops_on_stack<ops_type, copies_to_stack>;

  template <std::size_t I>
  static auto record_before() {
    if constexpr (I == 0)
      return std::type_identity<In>{};
    else
      return std::type_identity<typename type_in_pack<I - 1, ops_type>::out>{};
  }
  template <std::size_t I>
  using record_at = typename decltype(record_before<I>())::type;

  /// The first step from I on that is not one record in, one out.
  template <std::size_t I>
  static constexpr std::size_t straight_to() {
    if constexpr (I == size)
      return size;
    else if constexpr (type_in_pack<I, ops_type>::shape != op_shape::one_to_one)
      return I;
    else
      return straight_to<I + 1>();
  }
  template <std::size_t I, std::size_t E>
  static constexpr bool plain_between() {
    if constexpr (!plain<record_at<I>>)
      return false;
    else if constexpr (I == E)
      return true;
    else
      return plain_between<I + 1, E>();
  }
  template <std::size_t I>
  static constexpr bool filter_at() {
    if constexpr (I == size)
      return false;
    else
      return type_in_pack<I, ops_type>::shape == op_shape::filter;
  }

 public:
  template <class Recipe>
  kernel(ops_type const& ops, Recipe const& recipe, assembly& worker, node const& described)
      : ops_(ops), tail_(recipe, worker, described) {
    for (std::size_t i = 0; i != size; ++i) steps_.emplace_back(described.steps[i], worker.worker());
    bind<0>();
  }

  Tail& tail() { return tail_; }

  void take(In* records, std::size_t count) override {
    begin_batch();
    if constexpr (plain<In>)
      run_plain(records, count);
    else {
      local_ops ops(ops_);
      for (std::size_t i = 0; i != count; ++i) push<0>(ops.copy, std::move(records[i]));
    }
    tail_.finish_batch();
  }

  void look(In const* records, std::size_t count) override {
    begin_batch();
    if constexpr (plain<In>)
      run_plain(records, count);
    else if constexpr (std::is_copy_constructible_v<In>) {
      local_ops ops(ops_);
      for (std::size_t i = 0; i != count; ++i) push<0>(ops.copy, records[i]);
    }
    tail_.finish_batch();
  }

  void arrive(mark which) override {
    for (step_context& step : steps_) step.pass(which);
    tail_.arrive(which);
  }

  bool ready() override { return tail_.ready(); }

 private:
  /// Steps that want to know where they run are told once; steps that want to know of each batch, before it.
  template <std::size_t I>
  void bind() {
    if constexpr (I != size) {
      if constexpr (requires { in_pack<I>(ops_).bind(steps_[I]); }) in_pack<I>(ops_).bind(steps_[I]);
      bind<I + 1>();
    }
  }
  template <std::size_t I = 0>
  void begin_batch() {
    if constexpr (I != size) {
      if constexpr (requires { in_pack<I>(ops_).begin_batch(); }) in_pack<I>(ops_).begin_batch();
      begin_batch<I + 1>();
    }
  }

  /// Plain records, in blocks that stay in the first-level cache with what is made of them.
  void run_plain(In const* records, std::size_t count) {
    constexpr std::size_t block = ((Ops::shape == op_shape::filter) || ...) ? 512 : 4096;
    for (std::size_t i = 0; i < count; i += block) run<0>(records + i, std::min(block, count - i));
  }

  template <std::size_t I>
  void run(record_at<I> const* records, std::size_t count) {
    constexpr std::size_t E = straight_to<I>();
    if constexpr (!plain_between<I, E>())
      run_by_branch<I>(records, count);
    else if constexpr (E == size)
      run_straight<I>(records, count);
    else if constexpr (filter_at<E>()) {
      if (in_pack<E>(survivors_).branch())
        run_by_branch<I>(records, count);
      else
        run_compacting<I, E>(records, count);
    } else
      run_by_branch<I>(records, count);
  }

  template <std::size_t I>
  void run_by_branch(record_at<I> const* records, std::size_t count) {
    local_ops ops(ops_);
    if constexpr (Tail::template arrays<record_at<size>> && never_expands<I>()) {
      in_blocks(count, [&](std::size_t from, std::size_t to, auto& cursor) {
        for (std::size_t i = from; i != to; ++i) {
          record_at<I> record(records[i]);
          push_to<I>(ops.copy, cursor, std::move(record));
        }
      });
    } else {
      for (std::size_t i = 0; i != count; ++i) {
        record_at<I> record(records[i]);
        push<I>(ops.copy, std::move(record));
      }
    }
  }

  /// Calls `fill(from, to, cursor)` for blocks the tail has room for.
  template <class Fill>
  void in_blocks(std::size_t count, Fill&& fill) {
    std::size_t const block = tail_.block();
    for (std::size_t from = 0; from < count; from += block) {
      std::size_t const to = std::min(from + block, count);
      tail_.write(to - from, [&](auto& cursor) { fill(from, to, cursor); });
    }
  }

  template <std::size_t I>
  void run_straight(record_at<I> const* records, std::size_t count) {
    local_ops ops(ops_);
    if constexpr (I == size && requires { tail_.copy(records, count); }) tail_.copy(records, count);
    else if constexpr (Tail::template arrays<record_at<size>>) {
      in_blocks(count, [&](std::size_t from, std::size_t to, auto& cursor) {
        for (std::size_t i = from; i != to; ++i) {
          record_at<I> record(records[i]);
          cursor(chain<I, size>(ops.copy, std::move(record)));
        }
      });
    } else {
      for (std::size_t i = 0; i != count; ++i) {
        record_at<I> record(records[i]);
        tail_.push(chain<I, size>(ops.copy, std::move(record)));
      }
    }
  }

  template <std::size_t I, std::size_t E>
  void run_compacting(record_at<I> const* records, std::size_t count) {
    survivors<record_at<E>>& kept = in_pack<E>(survivors_);
    kept.room.reserve(count);
    record_at<E>* const to = kept.room.begin();
    std::size_t passed = 0;
    {
      local_ops ops(ops_);
      for (std::size_t i = 0; i != count; ++i) {
        record_at<I> copy(records[i]);
        record_at<E> record = chain<I, E>(ops.copy, std::move(copy));
        std::construct_at(to + passed, record);
        passed += call<E>(ops.copy, std::as_const(record)) ? 1u : 0u;
      }
    }
    kept.observe(count, passed);
    run<E + 1>(to, passed);
  }

  template <std::size_t I>
  static constexpr bool never_expands() {
    if constexpr (I == size)
      return true;
    else if constexpr (type_in_pack<I, ops_type>::shape == op_shape::expand)
      return false;
    else
      return never_expands<I + 1>();
  }

  template <std::size_t I, class X>
  [[gnu::always_inline]] decltype(auto) call(ops_type& ops, X&& record) {
    return guarded_at<type_in_pack<I, ops_type>>(
        steps_[I], record, [&]() -> decltype(auto) { return in_pack<I>(ops)(std::forward<X>(record)); });
  }

  /// The steps from I up to E, all one to one, on a record in registers.
  template <std::size_t I, std::size_t E, class X>
  [[gnu::always_inline]] record_at<E> chain(ops_type& ops, X&& record) {
    if constexpr (I == E)
      return record_at<E>(std::forward<X>(record));
    else
      return chain<I + 1, E>(ops, call<I>(ops, std::forward<X>(record)));
  }

  template <std::size_t I, class X>
  [[gnu::always_inline]] void push(ops_type& ops, X&& record) {
    auto into_tail = [this](auto&& last) { tail_.push(std::forward<decltype(last)>(last)); };
    push_to<I>(ops, into_tail, std::forward<X>(record));
  }

  /// The steps from I on, for one record that may be a view of what step I takes.
  template <std::size_t I, class End, class X>
  [[gnu::always_inline]] void push_to(ops_type& ops, End& end, X&& record) {
    if constexpr (I == size)
      end(std::forward<X>(record));
    else {
      using op = type_in_pack<I, ops_type>;
      if constexpr (!std::is_same_v<std::remove_cvref_t<X>, record_at<I>> && !op::template accepts<X>)
        push_to<I>(ops, end, record_at<I>(std::forward<X>(record)));
      else if constexpr (op::shape == op_shape::one_to_one)
        push_to<I + 1>(ops, end, call<I>(ops, std::forward<X>(record)));
      else if constexpr (op::shape == op_shape::filter) {
        if (call<I>(ops, std::as_const(record))) push_to<I + 1>(ops, end, std::forward<X>(record));
      } else {
        auto next = [&](auto&& made) { push_to<I + 1>(ops, end, std::forward<decltype(made)>(made)); };
        guarded_at<op>(steps_[I], record, [&] { in_pack<I>(ops)(std::forward<X>(record), next); });
      }
    }
  }

  ops_type ops_;
  Tail tail_;
  pack<survivors_of<Ops>...> survivors_;
  list<step_context> steps_;
};

/// The usual end of a run: its records go on in batches, to every consumer of the stream.
template <class T>
class batch_tail {
 public:
  template <class U>
  static constexpr bool arrays = std::is_same_v<T, U> && plain<T>;

  template <class Recipe>
  batch_tail(Recipe const&, assembly& worker, node const& described) : batch_(worker.batch_size<T>()) {
    worker.provide({described.id, 0}, next_);
  }

  struct cursor {
    explicit cursor(T* where) : to(where) {}
    template <class X>
    void operator()(X&& record) {
      std::construct_at(to, std::forward<X>(record));
      ++to;
    }
    T* to;
  };
  /// The most records that one `write` may bring.
  std::size_t block() const { return batch_.capacity(); }
  /// Lets `fill` write up to `records` records, without a test for each.
  template <class Fill>
  void write(std::size_t records, Fill&& fill) {
    if (batch_.room() < records) finish_batch();
    cursor where(batch_.end());
    fill(where);
    batch_.set_end(where.to);
  }

  template <class X>
  void push(X&& record) {
    batch_.push(std::forward<X>(record));
    if (batch_.full()) finish_batch();
  }
  void finish_batch() {
    next_.take(batch_.begin(), batch_.size());
    batch_.clear();
  }
  void arrive(mark which) { next_.arrive(which); }
  bool ready() { return next_.ready(); }

 private:
  fan_out<T> next_;
  buffer<T> batch_;
};

template <class T>
struct to_batches {
  using tail = batch_tail<T>;
};

/// The description of a run of stateless steps and of what becomes of its records.
template <class In, class Recipe, class... Ops>
class kernel_node final : public node {
 public:
  kernel_node(pack<Ops...> ops, Recipe recipe, list<step_info> run, port from)
      : node(std::move(run), from), ops_(std::move(ops)), recipe_(std::move(recipe)) {}

  void build(assembly& worker) const override {
    using running = kernel<In, typename Recipe::tail, Ops...>;
    running& made = worker.add<running>(ops_, recipe_, worker, *this);
    worker.subscribe<In>(inputs.front(), made);
    if constexpr (requires { Recipe::build_receiver(worker, *this); }) Recipe::build_receiver(worker, *this);
  }

 private:
  pack<Ops...> ops_;
  Recipe recipe_;
};

}  // namespace leat::detail
