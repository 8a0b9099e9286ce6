// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/fwd.hpp>
#include <leat/op/running/mark.hpp>
#include <leat/op/running/stream_time.hpp>
#include <leat/route/exchange/packet.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>

/// What an exchange asks of its two ends, for each record or each batch, so nothing of it is virtual.
namespace leat::detail {

/// Which worker a record goes to. Each worker has a copy. `start` is called once, when the worker is put together;
/// `hash` once for each record, in order, and `owner` with what it gave: below `workers`, and the same again for the
/// same hash. `carries_hash`: the receiver gets the hashes too. Optional:
///  - `word_size` and `word(record)`: the hash is that of so many low bytes of a word (`hash_in_place`), so that those
///    of many records can be made together;
///  - `bit_of_two`: of two workers the second has the hashes with this bit.
template <class R, class T>
concept route = requires(R& r, R const& same, T const& record, std::uint64_t hash, unsigned workers,
                         worker_builder& worker, node const& described) {
  { R::carries_hash } -> std::convertible_to<bool>;
  r.start(worker, described);
  { r.hash(record) } -> std::same_as<std::uint64_t>;
  { same.owner(hash, workers) } -> std::same_as<unsigned>;
};

/// Where the receiving end of an exchange puts what came: `count` records of a packet, from an index on. It is asked to
/// `take` only while it is `ready`. `provide` tells the steps behind it where it is. `takes_hashes` is its route's
/// `carries_hash`.
template <class O, class T>
concept exchange_outlet = requires(O& o, worker_builder& worker, node const& described, packet<T>& content,
                                   std::size_t from, std::size_t count, mark arrived, stream_time time) {
  { O::takes_hashes } -> std::convertible_to<bool>;
  o.provide(worker, described);
  o.take(content, from, count);
  o.arrive(arrived);
  o.advance(time);
  { o.ready() } -> std::same_as<bool>;
};

}  // namespace leat::detail
