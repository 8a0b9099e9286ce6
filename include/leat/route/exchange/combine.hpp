// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/held_bytes.hpp>
#include <leat/op/function/keep_result.hpp>
#include <leat/route/exchange/by_key.hpp>
#include <leat/route/exchange/exchange.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace leat::detail {

/// An exchange by key that first combines, on the sending worker, values of the same key: a hot key costs the network
/// one record per eviction, not one per value. A fixed table with one place per hash: a record that finds another key
/// there sends that one off. Everything is sent when what the records own is as much as a channel may hold, and at each
/// mark and time, so an epoch's values are all past its barrier.
/// (Local combining as in MapReduce, 2004; the table is a direct-mapped cache.)
template <class K, class A, class Combine>
class combining_tail {
  using T = std::pair<K, A>;
  using inner_tail = exchange_tail<T, by_key<K, A>>;

 public:
  template <class U>
  static constexpr bool arrays = inner_tail::template arrays<U>;

  template <class RunEnd>
  combining_tail(RunEnd const& run_end, worker_builder& worker, node const& described)
      : inner_(to_exchange<T, by_key<K, A>, keyed_outlet<T>>{}, worker, described),
        combine_(run_end.combine),
        one_worker_(worker.worker().count() == 1),
        owned_at_most_((std::max)(worker.process().channel_bytes, least_owned)) {
    std::size_t const workers = worker.worker().count();
    if (workers > most_with_large_packets)
      place_count_ = std::bit_ceil(most_places * most_with_large_packets / workers);
    std::size_t const batch = worker.process().batch_records;
    if (batch != 0) place_count_ = (std::min)(place_count_, std::bit_ceil(4 * batch));
  }

  std::size_t block() const { return inner_.block(); }
  template <class Fill>
  void write(std::size_t records, Fill&& fill) {
    if (one_worker_) {
      inner_.write(records, std::forward<Fill>(fill));
      return;
    }
    auto cursor = [this](auto&& record) { this->push(std::forward<decltype(record)>(record)); };
    fill(cursor);
  }

  template <class X>
  void push(X&& given) {
    if (one_worker_) {
      inner_.push(std::forward<X>(given));
      return;
    }
    T record(std::forward<X>(given));
    std::uint64_t const hash = key_hash(record.first);
    if (places_.empty()) [[unlikely]]
      places_.resize(place_count_);
    place& at = places_[(hash >> 32) & (places_.size() - 1)];
    if (at.held) owned_ -= held_bytes(*at.held);
    if (at.held && at.hash == hash && at.held->first == record.first) {
      replace_by_result(at.held->second, combine_, std::move(record.second));
    } else {
      if (at.held) inner_.push_hashed(std::move(*at.held), at.hash);
      at.hash = hash;
      at.held.emplace(std::move(record));
    }
    owned_ += held_bytes(*at.held);
    if constexpr (!plain<T>)
      if (owned_ > owned_at_most_) send_all();
  }

  void finish_batch() { inner_.finish_batch(); }
  bool full() { return inner_.full(); }
  void arrive(mark arrived) {
    send_all();
    inner_.arrive(arrived);
  }
  /// What is in the table came before the time. A time is sent when a window may close by it, and needs all that is in
  /// it.
  void advance(stream_time time) {
    send_all();
    inner_.advance(time);
  }
  bool ready() { return inner_.ready(); }

 private:
  static constexpr std::size_t most_places = 4096;
  static constexpr std::size_t least_owned = 64 * 1024;  ///< or the table would be walked for a few records

  struct place {
    std::uint64_t hash = 0;
    std::optional<T> held;
  };

  [[gnu::noinline]] void send_all() {
    owned_ = 0;
    for (place& at : places_) {
      if (!at.held) continue;
      inner_.push_hashed(std::move(*at.held), at.hash);
      at.held.reset();
    }
  }

  inner_tail inner_;
  Combine combine_;
  bool one_worker_;
  std::size_t owned_at_most_;
  std::size_t owned_ = 0;  ///< by what is in the table
  std::size_t place_count_ = most_places;
  std::vector<place> places_;  ///< none before there is a record: most of many workers read no source
};

template <class K, class A, class Combine>
struct to_combining_exchange {
  using tail = combining_tail<K, A, Combine>;
  static void build_receiver(worker_builder& worker, node const& described) {
    worker.add<exchange_receiver<std::pair<K, A>, keyed_outlet<std::pair<K, A>>>>(worker, described);
  }

  explicit to_combining_exchange(Combine function) : combine(std::move(function)) {}
  Combine combine;
};

}  // namespace leat::detail
