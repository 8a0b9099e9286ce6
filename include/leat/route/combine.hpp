// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/keep_result.hpp>
#include <leat/route/by_key.hpp>
#include <leat/route/exchange.hpp>

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
/// there sends that one off. Everything is sent at each mark, so an epoch's values are all past its barrier.
/// (Local combining as in MapReduce, 2004; the table is a direct-mapped cache.)
template <class K, class A, class Combine>
class combining_tail {
  using T = std::pair<K, A>;
  using inner_tail = exchange_tail<T, by_key<K, A>>;

 public:
  template <class U>
  static constexpr bool arrays = inner_tail::template arrays<U>;

  template <class Recipe>
  combining_tail(Recipe const& recipe, assembly& worker, node const& described)
      : inner_(to_exchange<T, by_key<K, A>, keyed_outlet<T>>{}, worker, described), combine_(recipe.combine),
        one_worker_(worker.worker().count() == 1) {
    std::size_t const batch = worker.process().batch_records;
    if (!one_worker_) places_.resize(batch == 0 ? most_places : (std::min)(most_places, std::bit_ceil(4 * batch)));
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
    T record(std::forward<X>(given));
    std::uint64_t const hash = key_hash(record.first);
    if (one_worker_) {
      inner_.push_hashed(std::move(record), hash);
      return;
    }
    place& at = places_[(hash >> 32) & (places_.size() - 1)];
    if (at.held && at.hash == hash && at.held->first == record.first) {
      replace_by_result(at.held->second, combine_, std::move(record.second));
      return;
    }
    if (at.held) inner_.push_hashed(std::move(*at.held), at.hash);
    at.hash = hash;
    at.held.emplace(std::move(record));
  }

  void finish_batch() { inner_.finish_batch(); }
  bool full() { return inner_.full(); }
  void arrive(mark which) {
    for (place& at : places_) {
      if (!at.held) continue;
      inner_.push_hashed(std::move(*at.held), at.hash);
      at.held.reset();
    }
    inner_.arrive(which);
  }
  bool ready() { return inner_.ready(); }

 private:
  static constexpr std::size_t most_places = 4096;

  struct place {
    std::uint64_t hash = 0;
    std::optional<T> held;
  };

  inner_tail inner_;
  Combine combine_;
  bool one_worker_;
  std::vector<place> places_;
};

template <class K, class A, class Combine>
struct to_combining_exchange {
  using tail = combining_tail<K, A, Combine>;
  static void build_receiver(assembly& worker, node const& described) {
    worker.add<exchange_receiver<std::pair<K, A>, keyed_outlet<std::pair<K, A>>>>(worker, described);
  }

  explicit to_combining_exchange(Combine function) : combine(std::move(function)) {}
  Combine combine;
};

}  // namespace leat::detail
