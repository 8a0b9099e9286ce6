// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/flow.hpp>
#include <leat/op/running/slot_ownership.hpp>
#include <leat/record.hpp>
#include <leat/route/codec/codec.hpp>
#include <leat/route/codec/describing_archive.hpp>
#include <leat/route/exchange/exchange.hpp>
#include <leat/route/exchange/slot.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

namespace leat::detail {

/// A keyed record goes to the worker that owns its key's slot. The hash travels with it: the state behind the exchange
/// is looked up by it.
template <class K, class V>
struct by_key {
  static constexpr bool carries_hash = true;
  static constexpr std::size_t word_size = hashed_as_word<K> ? sizeof(K) : 0;
  static constexpr unsigned bit_of_two = slot_ownership::bit_of_two;

  void start(worker_builder& worker, node const&) { owners = worker.slot_owners(); }
  std::uint64_t word(std::pair<K, V> const& record) const { return word_of(record.first); }
  std::uint64_t hash(std::pair<K, V> const& record) const { return key_hash(record.first); }
  unsigned owner(std::uint64_t hash, unsigned) const { return owners.owner(slot_of(hash)); }

  slot_ownership owners{1};
};

/// The requirements that every step with keyed state has of the stream before it, in the order a person should hear
/// of them. False after a refusal.
template <class S>
constexpr bool can_meet_state() {
  using T = record_of<S>;
  if constexpr (silent<S>)
    return false;
  else {
    constexpr bool stream_is_keyed = is_keyed<T>;
    static_assert(stream_is_keyed,
                  "leat: this step keeps state by key, so it needs a keyed stream: use key_on(f) before it, or records "
                  "that are pairs of key and value");
    if constexpr (!stream_is_keyed)
      return false;
    else {
      constexpr bool key_can_be_compared = keyable<key_of_pair<T>>;
      static_assert(key_can_be_compared, "leat: a key must be copyable and comparable with ==");
      constexpr bool key_has_a_codec = !key_can_be_compared || has_codec<key_of_pair<T>>;
      static_assert(key_has_a_codec,
                    "leat: the key has no codec: its encoded bytes decide which worker owns it. Give it template "
                    "<class A> void serialize(A&, unsigned), or use a type that has one");
      constexpr bool key_has_an_order = !key_can_be_compared || !key_has_a_codec || !holds_unordered<key_of_pair<T>>();
      static_assert(key_has_an_order,
                    "leat: an unordered container cannot be a key, nor be inside one: equal ones may have different "
                    "bytes. Use a std::set, a std::map or a sorted vector");
      constexpr bool record_has_a_codec =
          !key_can_be_compared || !key_has_a_codec || !key_has_an_order || has_codec<value_of_pair<T>>;
      static_assert(record_has_a_codec,
                    "leat: the record has no codec: it may have to go to a worker of another process. Give it template "
                    "<class A> void serialize(A&, unsigned), or use a type that has one");
      return key_can_be_compared && key_has_a_codec && key_has_an_order && record_has_a_codec;
    }
  }
}

/// Sends a keyed stream to the owners of its keys. `step` is the step that wants them, already named.
template <class S>
port exchange_by_key(S&& up, step_info const& step) {
  using T = record_of<S>;
  using run_end = to_exchange<T, by_key<key_of_pair<T>, value_of_pair<T>>, keyed_outlet<T>>;
  step_info way = step;
  way.kind = "exchange";
  way.name += ".exchange";
  graph& in = stream_access::graph_of(up);
  port const at = finish(std::forward<S>(up), run_end{}, std::move(way));
  in.at(at).routing = "exchange by key";
  in.at(at).describe_records = &describe_record<T>;
  return at;
}

}  // namespace leat::detail
