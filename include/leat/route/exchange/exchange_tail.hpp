// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/fixed_row.hpp>
#include <leat/detail/held_bytes.hpp>
#include <leat/detail/instructions.hpp>
#include <leat/graph.hpp>
#include <leat/op/running/mark.hpp>
#include <leat/op/running/stream_time.hpp>
#include <leat/op/running/traffic.hpp>
#include <leat/op/running/worker_builder.hpp>
#include <leat/op/running/worker_services.hpp>
#include <leat/record.hpp>
#include <leat/route/exchange/destination.hpp>
#include <leat/route/exchange/exchange_channels.hpp>
#include <leat/route/exchange/packet.hpp>
#include <leat/route/exchange/route.hpp>
#include <leat/route/exchange/split.hpp>
#include <leat/route/exchange/word_hash.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>

/// The sending half of an exchange: the end of a fused loop.
namespace leat::detail {

/// The end of a fused loop whose records go to their owners. `Route` says which hash a record has and which worker
/// owns it.
template <class T, class Route>
class exchange_tail final : public outbox {
  static_assert(route<Route, T>);

 public:
  template <class U>
  static constexpr bool arrays = std::is_same_v<T, U> && plain<T>;
  static constexpr bool carries_hash = Route::carries_hash;

  template <class RunEnd>
  [[gnu::cold]] exchange_tail(RunEnd const& run_end, worker_builder& worker, node const& described)
      : worker_(worker.worker()),
        step_(described.steps.back()),
        route_(run_end.route),
        packet_records_(worker.packet_size<T>()),
        packet_bytes_(worker.bytes_of_packet()),
        rest_(described, worker_, worker.process().channel_bytes, worker.process().scratch_directory.c_str()) {
    route_.start(worker, described);
    auto& channels = worker.shared<exchange_channels<T>>(described, described, worker.process(), packet_records_);
    to_.make_room(worker_.count());
    for (unsigned i = 0; i != worker_.count(); ++i) to_.add(channels.to(worker_.index(), i));
    worker.outboxes.push_back(this);
    worker.counters.watch({described.id, 0}, counter_kind::sent, sent_);
  }

  std::size_t block() const { return std::clamp<std::size_t>(packet_records_ / 8, 1, most_gathered); }

  /// Lets `fill` write up to `records` records.
  template <class Fill>
  void write(std::size_t records, Fill&& fill) {
    if (to_.size() > most_with_large_packets) {
      auto cursor = [this](auto&& record) { this->push(std::forward<decltype(record)>(record)); };
      fill(cursor);
      return;
    }
    for (unsigned i = 0; i != to_.size(); ++i) make_room(i, records);
    if constexpr (may_gather)
      if (gathers()) return gather(fill);
    placer cursor(*this);
    fill(cursor);
    cursor.close(*this);
  }

  /// The same of any number of records that lie in an array already.
  void copy(T const* records, std::size_t count) {
    if (!gathers() || to_.size() > most_with_large_packets) {
      for (std::size_t portion = 0; count != 0; records += portion, count -= portion) {
        portion = (std::min)(count, block());
        write(portion, [&](auto& cursor) {
          for (std::size_t i = 0; i != portion; ++i) cursor(records[i]);
        });
      }
      return;
    }
    std::array<std::uint64_t, most_gathered> hashes;
    for (std::size_t portion = 0; count != 0; records += portion, count -= portion) {
      portion = (std::min)(count, most_gathered);
      hasher with(route_);
      for (std::size_t i = 0; i != portion; ++i) hashes[i] = with(records[i]);
      with.put_back(route_);
      finish_hashes(hashes.data(), portion);
      for (std::size_t done = 0; done != portion;) {
        std::size_t const part = (std::min)(block(), portion - done);
        for (unsigned i = 0; i != to_.size(); ++i) make_room(i, part);
        distribute(records + done, hashes.data() + done, part);
        done += part;
      }
    }
  }

  template <class X>
  void push(X&& record) {
    if constexpr (std::is_same_v<std::remove_cvref_t<X>, T>) {
      std::uint64_t const hash = route_.hash(record);
      push_hashed(std::forward<X>(record), hash);
    } else {
      push(T(std::forward<X>(record)));
    }
  }
  /// `X` is a T, which is copied where it is const.
  template <class X>
  void push_hashed(X&& record, std::uint64_t hash) {
    unsigned const to = route_.owner(hash, static_cast<unsigned>(to_.size()));
    packet<T>* into = &to_[to].filling();
    if constexpr (plain<T>) {
      if (into->records.size() >= packet_records_) into = &next_packet(to);
    } else {
      std::size_t const owned_bytes = held_bytes(record);
      std::size_t const bytes_then = into->bytes() + sizeof(T) + owned_bytes;
      if ((into->records.size() >= packet_records_ || bytes_then > packet_bytes_) && !into->records.empty()) {
        into = &next_packet(to);
      }
      into->owned += owned_bytes;
    }
    into->records.push(std::forward<X>(record));  // may throw, and then there is no hash too many
    if constexpr (carries_hash) into->hashes.push(hash);
  }

  void finish_batch() {}
  /// A packet had no room, so it is better to stop than to go on.
  bool full() {
    if (!full_) return false;
    full_ = false;
    return !ready();
  }

  void arrive(mark arrived) {
    for (unsigned i = 0; i != to_.size(); ++i) {
      if (to_[i].partial()) count_sent(to_[i]);
      to_[i].send(arrived, time_, rest_);
      worker_.wake_later(i);
    }
  }
  /// Goes with the next packet of each worker, or by itself at the end of a turn.
  void advance(stream_time time) {
    time_ = time;
    for (destination<T>& to : to_) to.advance();
  }

  bool ready() {
    for (destination<T>& to : to_)
      if (!to.ready()) return worker_.no_room(step_);
    return true;
  }

  bool flush(bool whole) override {
    bool sent = false;
    for (unsigned i = 0; i != to_.size(); ++i) {
      bool moved = to_[i].retry(time_, rest_);
      if (!to_[i].partial()) {
        moved = to_[i].send_time(time_) || moved;
      } else if (whole || to_[i].starved()) {
        count_sent(to_[i]);
        to_[i].send(time_, rest_);
        moved = true;
      }
      if (moved) worker_.wake_later(i);
      sent = sent || moved;
    }
    return sent;
  }

  bool empty() const override {
    for (destination<T> const& to : to_)
      if (!to.empty()) return false;
    return true;
  }

 private:
  void count_sent(destination<T>& sending) { sent_.pass(sending.filling().records.size()); }
  packet<T>& next_packet(unsigned to) {
    count_sent(to_[to]);
    to_[to].send(time_, rest_);
    worker_.wake_later(to);
    packet<T>& next = to_[to].filling();
    full_ = full_ || !to_[to].ready();
    return next;
  }
  void make_room(unsigned to, std::size_t records) {
    packet<T>* into = &to_[to].filling();
    if (into->records.size() + records > packet_records_ && !into->records.empty()) {
      into = &next_packet(to);
    }
    into->records.make_room(records);
    if constexpr (carries_hash) into->hashes.make_room((std::max)(records, into->records.room()));
  }

  static constexpr bool may_gather = sizeof(T) <= 16;
  static constexpr std::size_t most_gathered = 256;
  static constexpr std::size_t word_size = [] {
    if constexpr (requires { Route::word_size; })
      return Route::word_size;
    else
      return std::size_t{0};
  }();

  /// The route, copied to the stack for one block if it can be, for the compiler to keep it in registers. What it makes
  /// of a record is the record's hash, or what that is made of.
  struct hasher {
    using kept_route = std::conditional_t<std::is_trivially_copyable_v<Route>, Route, Route&>;

    explicit hasher(Route& route) : kept(route) {}
    [[gnu::always_inline]] std::uint64_t operator()(T const& record) {
      if constexpr (word_size != 0)
        return kept.word(record);
      else
        return kept.hash(record);
    }
    void put_back(Route& route) {
      // A lambda that captures cannot be assigned.
      if constexpr (!std::is_reference_v<kept_route>) std::construct_at(&route, kept);
    }

    kept_route kept;
  };

  void finish_hashes(std::uint64_t* hashes, std::size_t count) const {
    bool const wanted = carries_hash || to_.size() != 1;
    if constexpr (word_size != 0)
      if (wanted) hash_words<word_size>(hashes, count);
  }

  /// With AVX-512 words for two workers are parted eight at a time.
  static constexpr bool may_split = sizeof(T) == 8 && requires { Route::bit_of_two; };
  bool splits() const { return may_split && to_.size() == 2 && has_eight_words(); }

  /// To put a block together first pays where its hashes are made together and nobody asks then where each record goes.
  bool gathers() const { return may_gather && (to_.size() == 1 || splits()); }

  template <class Fill>
  void gather(Fill& fill) {
    alignas(T) std::array<std::byte, most_gathered * sizeof(T)> memory;
    std::array<std::uint64_t, most_gathered> hashes;
    T* const gathered = reinterpret_cast<T*>(memory.data());
    hasher with(route_);
    T* next = gathered;
    std::uint64_t* next_hash = hashes.data();
    auto cursor = [&](auto&& record) {
      std::construct_at(next, std::forward<decltype(record)>(record));
      *next_hash++ = with(*next++);
    };
    fill(cursor);
    with.put_back(route_);
    auto const count = static_cast<std::size_t>(next - gathered);
    finish_hashes(hashes.data(), count);
    distribute(gathered, hashes.data(), count);
  }

  /// A block whose records all go to one worker, or that is split.
  void distribute(T const* records, std::uint64_t const* hashes, std::size_t count) {
    packet_ends ends(*this);
    if (to_.size() == 1) {
      ends.records[0] = std::uninitialized_copy_n(records, count, ends.records[0]);
      if constexpr (carries_hash) ends.hashes[0] = std::copy_n(hashes, count, ends.hashes[0]);
    } else if constexpr (may_split) {
      split_words<Route::bit_of_two>(records, hashes, count, ends.records[0], ends.records[1]);
      if constexpr (carries_hash) split_words<Route::bit_of_two>(hashes, hashes, count, ends.hashes[0], ends.hashes[1]);
    }
    ends.close(*this);
  }

  /// Where the packets to all workers end: kept on the stack for one block.
  struct packet_ends {
    explicit packet_ends(exchange_tail& tail) {
      for (std::size_t i = 0; i != tail.to_.size(); ++i) {
        packet<T>& filling = tail.to_[i].filling();
        records[i] = filling.records.end();
        if constexpr (carries_hash) hashes[i] = filling.hashes.end();
      }
    }
    [[gnu::always_inline]] void put(T const& record, std::uint64_t hash, std::size_t to) {
      std::construct_at(records[to]++, record);
      if constexpr (carries_hash) *hashes[to]++ = hash;
    }
    void close(exchange_tail& tail) {
      for (std::size_t i = 0; i != tail.to_.size(); ++i) {
        packet<T>& filling = tail.to_[i].filling();
        filling.records.set_end(records[i]);
        if constexpr (carries_hash) filling.hashes.set_end(hashes[i]);
      }
    }
    std::array<T*, most_with_large_packets> records;
    std::array<std::uint64_t*, carries_hash ? most_with_large_packets : 0> hashes;
  };

  /// Puts each record where it goes as soon as there is a hash of it.
  struct placer {
    explicit placer(exchange_tail& tail)
        : with(tail.route_), ends(tail), workers(static_cast<unsigned>(tail.to_.size())) {}
    template <class X>
    [[gnu::always_inline]] void operator()(X&& given) {
      if constexpr (std::is_same_v<std::remove_cvref_t<X>, T>)
        put(given);
      else
        put(T(std::forward<X>(given)));
    }
    [[gnu::always_inline]] void put(T const& record) {
      std::uint64_t const hash = with.kept.hash(record);
      ends.put(record, hash, with.kept.owner(hash, workers));
    }
    void close(exchange_tail& tail) {
      with.put_back(tail.route_);
      ends.close(tail);
    }
    hasher with;
    packet_ends ends;
    unsigned workers;
  };

  worker_services& worker_;
  step_info const& step_;
  Route route_;
  std::size_t packet_records_;
  std::size_t packet_bytes_;
  bool full_ = false;
  stream_time time_;  ///< of the stream, behind all that came
  overflow rest_;
  fixed_row<destination<T>> to_;
  traffic sent_;
};

}  // namespace leat::detail
