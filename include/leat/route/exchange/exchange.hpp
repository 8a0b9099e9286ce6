// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/graph.hpp>
#include <leat/op/running/alignment.hpp>
#include <leat/op/running/consumer.hpp>
#include <leat/op/running/mark.hpp>
#include <leat/op/running/stage.hpp>
#include <leat/op/running/stream_time.hpp>
#include <leat/op/running/times_of_inputs.hpp>
#include <leat/op/running/traffic.hpp>
#include <leat/op/running/worker_builder.hpp>
#include <leat/op/running/worker_services.hpp>
#include <leat/route/exchange/exchange_channels.hpp>
#include <leat/route/exchange/exchange_tail.hpp>
#include <leat/route/exchange/packet.hpp>
#include <leat/route/exchange/route.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

/// Records go to the worker that owns them. The sending half is the end of a fused loop; the receiving half is a
/// stage of its own.
namespace leat::detail {

/// Reads what every worker sent to this one. `Outlet` takes a packet's records; marks are aligned over the senders, the
/// time is the least of theirs.
template <class T, class Outlet>
class exchange_receiver final : public stage {
  static_assert(exchange_outlet<Outlet, T>);

 public:
  [[gnu::cold]] exchange_receiver(worker_builder& worker, node const& described)
      : worker_(worker.worker()),
        marks_(worker.worker().count(), described.steps.back(), worker.worker()),
        times_(worker.worker().count(), worker.reads_whole_time(described)) {
    auto& channels =
        worker.shared<exchange_channels<T>>(described, described, worker.process(), worker.packet_size<T>());
    for (unsigned i = 0; i != worker_.count(); ++i)
      from_.push_back(&channels.from(i, worker_.index(), Outlet::takes_hashes ? &worker.slot_owners() : nullptr));
    outlet_.provide(worker, described);
  }

  [[gnu::cold, gnu::noinline]] ~exchange_receiver() override { delete open_.content; }

  bool turn() override {
    bool progress = open_.content != nullptr && hand_on();
    for (unsigned i = 0; i != from_.size() && !done_ && open_.content == nullptr; ++i) progress = read(i) || progress;
    return progress;
  }
  bool done() const override { return done_; }

 private:
  /// A few packets from each sender in turn, so that one cannot starve the others.
  static constexpr unsigned packets_per_turn = 4;
  static constexpr std::size_t least_portion = 16;

  receiving_end<T>& end_from(unsigned worker) const { return *static_cast<receiving_end<T>*>(from_[worker]); }

  bool read(unsigned from) {
    bool progress = false;
    for (unsigned n = 0; n != packets_per_turn && !done_; ++n) {
      if (marks_.held(from) || !outlet_.ready() || !end_from(from).receive(open_)) break;
      progress = true;
      open_from_ = from;
      if (open_.content == nullptr) {
        worker_.wake_later(from);  // a mark or a time alone took up room too
        end_message();
      } else {
        hand_on();
        if (open_.content != nullptr) break;
      }
    }
    return progress;
  }

  /// The records of the open packet, in portions: what is made of some may fill what follows. True when any went on.
  bool hand_on() {
    packet<T>& content = *open_.content;
    std::size_t const count = content.records.size();
    std::size_t const before = handed_on_;
    while (handed_on_ != count) {
      if (handed_on_ != 0 && !outlet_.ready()) {
        portion_ = (std::max)(portion_ / 4, least_portion);
        return handed_on_ != before;
      }
      std::size_t const portion = (std::min)(portion_, count - handed_on_);
      outlet_.take(content, handed_on_, portion);
      handed_on_ += portion;
    }
    if (portion_ < count) portion_ *= 2;
    content.records.clear();
    content.hashes.clear();
    content.owned = 0;
    handed_on_ = 0;
    end_from(open_from_).give_back(std::exchange(open_.content, nullptr));
    worker_.wake_later(open_from_);
    end_message();
    return true;
  }

  /// What stands behind its records: the time, then the mark.
  void end_message() {
    if (open_.time.says_something() && times_.advance(open_from_, open_.time)) outlet_.advance(times_.now());
    if (open_.marked) arrive(open_from_, open_.end_mark);
  }

  void arrive(unsigned from, mark arrived) {
    if (!arrived.last()) worker_.saw_epoch(arrived.epoch);
    if (times_.arrive(from, arrived)) outlet_.advance(times_.now());
    mark passes;
    if (!marks_.arrive(from, arrived, passes)) return;
    outlet_.arrive(passes);
    note_passed(passes);
    done_ = passes.last();
  }

  worker_services& worker_;
  alignment marks_;
  times_of_inputs times_;
  pointers from_;  ///< the receiving ends, by worker
  Outlet outlet_;
  message<T> open_;  ///< its packet is being read, if it has one
  unsigned open_from_ = 0;
  std::size_t handed_on_ = 0;  ///< of its records
  std::size_t portion_ = least_portion;
  bool done_ = false;
};

/// Where the receiving end of `redistribute` and of partitioned sinks puts its records.
template <class T>
class plain_outlet {
 public:
  static constexpr bool takes_hashes = false;
  void provide(worker_builder& worker, node const& described) { worker.provide({described.id, 0}, next); }
  void take(packet<T>& content, std::size_t from, std::size_t count) {
    next.take(content.records.begin() + from, count);
  }
  void arrive(mark arrived) { next.arrive(arrived); }
  void advance(stream_time time) { next.advance(time); }
  bool ready() { return next.ready(); }
  fan_out<T> next;
};

/// Where records go that meet state: with the hashes of their keys.
template <class T>
class keyed_consumer : public step_input {
 public:
  virtual void take(std::uint64_t const* hashes, T* records, std::size_t count) = 0;
};
template <class T>
class keyed_outlet {
 public:
  static constexpr bool takes_hashes = true;
  void provide(worker_builder& worker, node const& described) { worker.provide({described.id, 0}, *this); }
  void take(packet<T>& content, std::size_t from, std::size_t count) {
    passed.pass(count);
    next->take(content.hashes.begin() + from, content.records.begin() + from, count);
  }
  void arrive(mark arrived) { next->arrive(arrived); }
  void advance(stream_time time) { next->advance(time); }
  bool ready() { return next->ready(); }
  keyed_consumer<T>* next = nullptr;
  traffic passed;
};

template <class T, class Route, class Outlet>
struct to_exchange {
  using tail = exchange_tail<T, Route>;
  static_assert(Route::carries_hash == Outlet::takes_hashes);
  static void build_receiver(worker_builder& worker, node const& described) {
    worker.add<exchange_receiver<T, Outlet>>(worker, described);
  }
  Route route;
};

}  // namespace leat::detail
