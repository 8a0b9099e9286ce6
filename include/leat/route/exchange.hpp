// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/graph.hpp>
#include <leat/op/assembly.hpp>
#include <leat/op/stage.hpp>
#include <leat/route/exchange_channels.hpp>
#include <leat/route/exchange_tail.hpp>
#include <leat/route/packet.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

/// Records go to the worker that owns them. The sending half is the end of a fused loop; the receiving half is a
/// stage of its own.
namespace leat::detail {

/// Reads what every worker sent to this one. `Outlet` takes a packet's records; marks are aligned over the senders.
template <class T, class Outlet>
class exchange_receiver final : public stage {
 public:
  exchange_receiver(assembly& worker, node const& described)
      : worker_(worker.worker()), marks_(worker.worker().count()) {
    auto& channels =
        worker.shared<exchange_channels<T>>(described, described, worker.process(), worker.packet_size<T>());
    for (unsigned i = 0; i != worker_.count(); ++i) from_.push_back(&channels.from(i, worker_.index(), Outlet::takes_hashes));
    outlet_.provide(worker, described);
  }

  bool turn() override {
    bool progress = false;
    for (unsigned i = 0; i != from_.size() && !done_; ++i) progress = read(i) || progress;
    return progress;
  }
  bool done() const override { return done_; }

 private:
  /// A few packets from each sender in turn, so that one cannot starve the others.
  static constexpr unsigned packets_per_turn = 4;

  bool read(unsigned from) {
    bool progress = false;
    message<T> got;
    for (unsigned n = 0; n != packets_per_turn && !done_; ++n) {
      if (marks_.held(from) || !outlet_.ready() || !from_[from]->receive(got)) break;
      progress = true;
      if (got.content != nullptr) {
        std::unique_ptr<packet<T>> content(got.content);
        outlet_.take(*content);
        content->records.clear();
        content->hashes.clear();
        from_[from]->give_back(content.release());
      }
      worker_.touch(from);  // also for a mark alone: it took up room
      if (got.marked) arrive(from, got.which);
    }
    return progress;
  }

  void arrive(unsigned from, mark which) {
    if (!which.last()) worker_.saw_epoch(which.epoch);
    mark complete;
    if (!marks_.arrive(from, which, complete)) return;
    outlet_.arrive(complete);
    done_ = complete.last();
  }

  host& worker_;
  alignment marks_;
  std::vector<receiving_end<T>*> from_;
  Outlet outlet_;
  bool done_ = false;
};

/// Where the receiving end of `redistribute` and of partitioned sinks puts its records.
template <class T>
class plain_outlet {
 public:
  static constexpr bool takes_hashes = false;
  void provide(assembly& worker, node const& described) { worker.provide({described.id, 0}, next); }
  void take(packet<T>& content) { next.take(content.records.begin(), content.records.size()); }
  void arrive(mark which) { next.arrive(which); }
  bool ready() { return next.ready(); }
  fan_out<T> next;
};

/// Where records go that meet state: with the hashes of their keys.
template <class T>
class keyed_consumer {
 public:
  virtual ~keyed_consumer() = default;
  virtual void take(std::uint64_t const* hashes, T* records, std::size_t count) = 0;
  virtual void arrive(mark which) = 0;
  virtual bool ready() = 0;
};
template <class T>
class keyed_outlet {
 public:
  static constexpr bool takes_hashes = true;
  void provide(assembly& worker, node const& described) { worker.provide({described.id, 0}, *this); }
  void take(packet<T>& content) {
    next->take(content.hashes.begin(), content.records.begin(), content.records.size());
  }
  void arrive(mark which) { next->arrive(which); }
  bool ready() { return next->ready(); }
  keyed_consumer<T>* next = nullptr;
};

template <class T, class Route, class Outlet>
struct to_exchange {
  using tail = exchange_tail<T, Route>;
  static_assert(Route::carries_hash == Outlet::takes_hashes);
  static void build_receiver(assembly& worker, node const& described) {
    worker.add<exchange_receiver<T, Outlet>>(worker, described);
  }
  Route route;
};

}  // namespace leat::detail
