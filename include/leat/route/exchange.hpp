// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/flow.hpp>
#include <leat/op/assembly.hpp>
#include <leat/op/kernel.hpp>
#include <leat/op/stage.hpp>
#include <leat/route/channel.hpp>
#include <leat/route/mesh.hpp>
#include <leat/route/packet.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

/// Records go to the worker that owns them. The sending half is the end of a fused loop; the receiving half is a
/// stage of its own.
namespace leat::detail {

/// The channels of one exchange between the workers of this process. Made once per process; ends to workers of other
/// processes come from the mesh.
template <class T>
class exchange_channels {
 public:
  exchange_channels(node const& described, process_parts& process, std::size_t packet_records)
      : node_(described), first_(process.first_worker), local_(process.local_workers), net_(process.net),
        packet_records_(packet_records) {
    for (unsigned i = 0; i != local_ * local_; ++i)
      channels_.push_back(std::make_unique<channel<T>>(packet_records, process.channel_packets));
  }

  sending_end<T>& to(unsigned from, unsigned worker) {
    if (is_local(worker)) return *channels_[(from - first_) * local_ + (worker - first_)];
    return net_->sender<T>(node_, from, worker, packet_records_);
  }
  /// `hashed`: with each record comes the hash of its key.
  receiving_end<T>& from(unsigned worker, unsigned to, bool hashed) {
    if (is_local(worker)) return *channels_[(worker - first_) * local_ + (to - first_)];
    return net_->receiver<T>(node_, worker, to, packet_records_, hashed);
  }

 private:
  bool is_local(unsigned worker) const { return worker >= first_ && worker < first_ + local_; }

  node const& node_;
  unsigned first_;
  unsigned local_;
  mesh* net_;
  std::size_t packet_records_;
  std::vector<std::unique_ptr<channel<T>>> channels_;
};

/// One destination of a sender: the packet being filled, and what found no room.
template <class T>
class destination {
 public:
  explicit destination(sending_end<T>& end) : end_(&end) {}
  destination(destination&& other) noexcept
      : end_(other.end_), filling_(std::exchange(other.filling_, nullptr)), waiting_(std::move(other.waiting_)) {}
  ~destination() {
    delete filling_;
    for (message<T> const& left : waiting_) delete left.content;
  }

  packet<T>& filling() {
    if (filling_ == nullptr) filling_ = end_->fresh();
    if (filling_ == nullptr) filling_ = end_->borrow();
    return *filling_;
  }
  bool ready() {
    if (!waiting_.empty()) return false;
    if (filling_ == nullptr) filling_ = end_->fresh();
    return filling_ != nullptr && !end_->overdrawn();
  }
  bool empty() const { return waiting_.empty() && !partial(); }
  bool partial() const { return filling_ != nullptr && !filling_->records.empty(); }
  bool starved() const { return end_->starved(); }

  void send() { queue({std::exchange(filling_, nullptr), {}, false}); }
  void send(mark which) { queue({partial() ? std::exchange(filling_, nullptr) : nullptr, which, true}); }

  /// Tries again with what found no room. True when some of it did now.
  bool retry() {
    bool moved = false;
    while (!waiting_.empty() && end_->send(waiting_.front())) {
      waiting_.pop_front();
      moved = true;
    }
    return end_->sent_a_part() || moved;
  }

 private:
  void queue(message<T> const& what) {
    if (!waiting_.empty() || !end_->send(what)) waiting_.push_back(what);
  }

  sending_end<T>* end_;
  packet<T>* filling_ = nullptr;
  std::deque<message<T>> waiting_;
};

/// The end of a fused loop whose records go to their owners. `Route` says which hash a record has and which worker
/// owns it.
template <class T, class Route>
class exchange_tail final : public outbox {
 public:
  template <class U>
  static constexpr bool arrays = std::is_same_v<T, U> && plain<T>;
  static constexpr bool carries_hash = Route::carries_hash;

  template <class Recipe>
  exchange_tail(Recipe const& recipe, assembly& worker, node const& described)
      : worker_(worker.worker()), route_(recipe.route), batch_(worker.batch_size<T>()) {
    route_.start(worker, described);
    auto& channels = worker.shared<exchange_channels<T>>(described, described, worker.process(), batch_);
    for (unsigned i = 0; i != worker_.count(); ++i) to_.emplace_back(channels.to(worker_.index(), i));
    worker.outboxes.push_back(this);
  }

  std::size_t block() const { return std::clamp<std::size_t>(batch_ / 8, 1, 256); }

  /// Lets `fill` write up to `records` records through a cursor that knows the number of workers.
  template <class Fill>
  void write(std::size_t records, Fill&& fill) {
    for (unsigned i = 0; i != to_.size(); ++i) make_room(i, records);
    if (to_.size() == 1) {
      fixed_cursor<1> cursor(*this);
      fill(cursor);
      cursor.close(*this);
    } else if (to_.size() == 2) {
      fixed_cursor<2> cursor(*this);
      fill(cursor);
      cursor.close(*this);
    } else {
      auto cursor = [this](auto&& record) { this->place(std::forward<decltype(record)>(record)); };
      fill(cursor);
    }
  }

  template <class X>
  void push(X&& record) {
    T owned(std::forward<X>(record));
    std::uint64_t const hash = route_.hash(owned);
    push_hashed(std::move(owned), hash);
  }
  void push_hashed(T&& owned, std::uint64_t hash) {
    unsigned const to = route_.owner(hash, static_cast<unsigned>(to_.size()));
    make_room(to, 1);
    packet<T>& into = to_[to].filling();
    if constexpr (carries_hash) into.hashes.push(hash);
    into.records.push(std::move(owned));
  }

  void finish_batch() {}

  void arrive(mark which) {
    for (unsigned i = 0; i != to_.size(); ++i) {
      to_[i].send(which);
      worker_.touch(i);
    }
  }

  bool ready() {
    for (destination<T>& to : to_)
      if (!to.ready()) return false;
    return true;
  }

  bool flush(bool everything) override {
    bool sent = false;
    for (unsigned i = 0; i != to_.size(); ++i) {
      bool moved = to_[i].retry();
      if (to_[i].partial() && (everything || to_[i].starved())) {
        to_[i].send();
        moved = true;
      }
      if (moved) worker_.touch(i);
      sent = sent || moved;
    }
    return sent;
  }

  bool empty() const override {
    return std::all_of(to_.begin(), to_.end(), [](destination<T> const& to) { return to.empty(); });
  }

 private:
  void make_room(unsigned to, std::size_t records) {
    packet<T>* into = &to_[to].filling();
    if (into->records.size() + records > batch_ && !into->records.empty()) {
      to_[to].send();
      worker_.touch(to);
      into = &to_[to].filling();
    }
    into->records.make_room(records);
    if constexpr (carries_hash) into->hashes.make_room(std::max(records, into->records.room()));
  }

  template <class X>
  [[gnu::always_inline]] void place(X&& given) {
    if constexpr (!std::is_same_v<std::remove_cvref_t<X>, T>) {
      place(T(std::forward<X>(given)));
    } else {
      std::uint64_t const hash = route_.hash(given);
      packet<T>& into = to_[route_.owner(hash, static_cast<unsigned>(to_.size()))].filling();
      if constexpr (carries_hash) {
        std::construct_at(into.hashes.end(), hash);
        into.hashes.set_end(into.hashes.end() + 1);
      }
      std::construct_at(into.records.end(), std::forward<X>(given));
      into.records.set_end(into.records.end() + 1);
    }
  }

  /// One or two destinations: nothing branches. Of small records both are stored to, and one advances.
  template <unsigned Workers>
  struct fixed_cursor {
    explicit fixed_cursor(exchange_tail& tail) : route(tail.route_) {
      for (unsigned i = 0; i != Workers; ++i) {
        records[i] = tail.to_[i].filling().records.end();
        hashes[i] = tail.to_[i].filling().hashes.end();
      }
    }
    template <class X>
    [[gnu::always_inline]] void operator()(X&& given) {
      if constexpr (std::is_same_v<std::remove_cvref_t<X>, T>)
        write(given);
      else
        write(T(std::forward<X>(given)));
    }
    [[gnu::always_inline]] void write(T const& record) {
      std::uint64_t const hash = route.hash(record);
      if constexpr (Workers == 1) {
        std::construct_at(records[0]++, record);
        if constexpr (carries_hash) *hashes[0]++ = hash;
      } else {
        std::size_t const second = route.owner(hash, 2);
        if constexpr (sizeof(T) <= 16) {
          std::construct_at(records[0], record);
          std::construct_at(records[1], record);
          records[0] += 1 - second;
          records[1] += second;
        } else {
          std::construct_at(records[second]++, record);
        }
        if constexpr (carries_hash) {
          *hashes[0] = hash;
          *hashes[1] = hash;
          hashes[0] += 1 - second;
          hashes[1] += second;
        }
      }
    }
    void close(exchange_tail& tail) {
      // A lambda that captures cannot be assigned.
      if constexpr (!std::is_reference_v<kept_route>) std::construct_at(&tail.route_, route);
      for (unsigned i = 0; i != Workers; ++i) {
        tail.to_[i].filling().records.set_end(records[i]);
        tail.to_[i].filling().hashes.set_end(hashes[i]);
      }
    }
    using kept_route = std::conditional_t<std::is_trivially_copyable_v<Route>, Route, Route&>;
    kept_route route;
    std::array<T*, Workers> records;
    std::array<std::uint64_t*, Workers> hashes;
  };

  host& worker_;
  Route route_;
  std::size_t batch_;
  std::vector<destination<T>> to_;
};

/// Reads what every worker sent to this one. `Outlet` takes a packet's records; marks are aligned over the senders.
template <class T, class Outlet>
class exchange_receiver final : public stage {
 public:
  exchange_receiver(assembly& worker, node const& described)
      : worker_(worker.worker()), marks_(worker.worker().count()) {
    auto& channels =
        worker.shared<exchange_channels<T>>(described, described, worker.process(), worker.batch_size<T>());
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
