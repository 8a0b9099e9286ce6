// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/equal_to_itself.hpp>
#include <leat/detail/lean_chrono.hpp>
#include <leat/op/function/function.hpp>
#include <leat/op/fused/kernel.hpp>

#include <map>
#include <source_location>
#include <stdexcept>
#include <type_traits>
#include <utility>

namespace leat {

/// What an `enrich_cached` step has looked up and still remembers. There is one on each worker, without a bound on its
/// size; it is not part of the state that is recovered.
template <class K, class V>
class ttl_cache {
 public:
  virtual ~ttl_cache() = default;

  /// The value of a key: what is remembered, or what the getter gives when nothing is, or when it was fetched longer
  /// ago than the step's time to live. The reference holds until the next call of `get` or `remove` for that key.
  /// Throws std::domain_error for a key that is not equal to itself, such as NaN.
  template <class Like>
  V const& get(Like const& wanted) {
    detail::must_equal_itself(wanted);
    auto at = entries_.find(wanted);
    if (at == entries_.end()) {
      K stored(wanted);
      V fetched = fetch(stored);
      at = entries_.try_emplace(std::move(stored), std::move(fetched), now_).first;
    } else if (now_ - at->second.fetched_at > time_to_live_) {
      at->second = entry(fetch(at->first), now_);
    }
    return at->second.value;
  }

  /// Forgets a key. Throws std::out_of_range when it is not remembered.
  template <class Like>
  void remove(Like const& unwanted) {
    auto const at = entries_.find(unwanted);
    if (at == entries_.end()) throw std::out_of_range("the cache was asked to remove a key that is not in it");
    entries_.erase(at);
  }

 protected:
  /// What is older than this is looked up again.
  explicit ttl_cache(std::chrono::nanoseconds time_to_live) : time_to_live_(time_to_live) {}
  ttl_cache(ttl_cache const&) = default;
  ttl_cache(ttl_cache&&) = default;
  ttl_cache& operator=(ttl_cache const&) = default;
  ttl_cache& operator=(ttl_cache&&) = default;

  /// The worker's time of this turn.
  steady_time now_{};

 private:
  struct entry {
    entry(V fetched, steady_time due) : value(std::move(fetched)), fetched_at(due) {}
    V value;
    steady_time fetched_at;
  };

  virtual V fetch(K const& key) = 0;

  std::chrono::nanoseconds time_to_live_;
  std::map<K, entry, std::less<>> entries_;
};

namespace detail {

template <class K, class V, class Getter>
class getting_cache final : public ttl_cache<K, V> {
 public:
  getting_cache(Getter getter, std::chrono::nanoseconds time_to_live)
      : ttl_cache<K, V>(time_to_live), getter_(std::move(getter)) {}

  void sample(steady_time now) { this->now_ = now; }

 private:
  V fetch(K const& key) override { return V(getter_(key)); }

  Getter getter_;
};

/// The key and value of a cache, from the getter's signature; void where it is not spelled out.
template <class Signature>
struct types_in_signature {
  using key = void;
  using value = void;
};
template <class R, class K>
struct types_in_signature<signature<R, K>> {
  using key = record_made_of<K>;
  using value = record_made_of<R>;
};
template <class Getter>
struct getter_types : types_in_signature<typename signature_of<Getter>::type> {};
/// A member of the key gives the value.
template <class M, class C>
  requires takes<member_function<M, C>, C const&>
struct getter_types<member_function<M, C>> {
  using key = C;
  using value = record_made_of<result_of<member_function<M, C>, C const&>>;
};

template <class T, class U, class Cache, class Base, class Mapper>
struct enrich_cached_op {
  using in = T;
  using out = U;
  static constexpr op_shape shape = op_shape::one_to_one;
  template <class X>
  static constexpr bool may_take() {
    if constexpr (std::is_same_v<X, T>)
      return true;
    else if constexpr (spelled_out<Mapper>)
      return requires(Mapper& mapper, Base& known, X&& record) { mapper(known, std::forward<X>(record)); };
    else
      return false;
  }
  template <class X>
  static constexpr bool accepts = may_take<X>();

  enrich_cached_op(Cache empty, Mapper function) : cache(std::move(empty)), f(std::move(function)) {}

  void bind(step_context const& step) { worker = step.worker; }
  void begin_batch() { cache.sample(worker->now()); }

  template <class X>
  decltype(auto) operator()(X&& record) {
    if constexpr (accepts<X>)
      return f(static_cast<Base&>(cache), std::forward<X>(record));
    else
      return out(f(static_cast<Base&>(cache), in(std::forward<X>(record))));
  }

  Cache cache;
  Mapper f;
  worker_services* worker = nullptr;
};

template <class Getter, class Mapper>
class enrich_cached_step {
 public:
  enrich_cached_step(step_name name, Getter getter, Mapper mapper, std::chrono::nanoseconds time_to_live)
      : name_(std::move(name)), getter_(std::move(getter)), mapper_(std::move(mapper)), time_to_live_(time_to_live) {}

  template <a_stream S>
  friend auto operator|(S&& up, enrich_cached_step self) {
    using T = record_of<S>;
    using types = getter_types<Getter>;
    using K = typename types::key;
    using V = typename types::value;
    constexpr bool getter_says_its_types = silent<S> || !(std::is_void_v<K> || std::is_void_v<V>);
    static_assert(getter_says_its_types,
                  "leat: enrich_cached(getter, mapper): getter must be a function of one key that returns its value, "
                  "with the key's type spelled out");
    if constexpr (silent<S> || !getter_says_its_types)
      return refused(up);
    else {
      using base = ttl_cache<K, V>;
      constexpr bool getter_returns_at_once = !awaitable<V>;
      static_assert(getter_returns_at_once,
                    "leat: enrich_cached(getter, mapper): getter returns something to be awaited; use async_map");
      constexpr bool mapper_takes_cache_and_record =
          !getter_returns_at_once || requires(Mapper& f, base& cache, T&& record) { f(cache, std::move(record)); };
      static_assert(mapper_takes_cache_and_record,
                    "leat: enrich_cached(getter, mapper): mapper must be callable with the cache, a "
                    "leat::ttl_cache<key, value>&, and the record");
      if constexpr (!getter_returns_at_once || !owns_what_it_shows<V>() || !mapper_takes_cache_and_record)
        return stream<poison>{};
      else {
        using result = decltype(std::declval<Mapper&>()(std::declval<base&>(), std::declval<T&&>()));
        constexpr bool mapper_returns_a_record = !std::is_void_v<result>;
        static_assert(mapper_returns_a_record,
                      "leat: enrich_cached(getter, mapper): mapper must return the new record");
        using U = record_made_of<std::conditional_t<mapper_returns_a_record, result, poison>>;
        if constexpr (!mapper_returns_a_record || !owns_what_it_shows<U>())
          return stream<poison>{};
        else {
          using cache = getting_cache<K, V, Getter>;
          return append<U>(std::forward<S>(up),
                           enrich_cached_op<T, U, cache, base, Mapper>(
                               cache(std::move(self.getter_), self.time_to_live_), std::move(self.mapper_)),
                           step_info("enrich_cached", self.name_));
        }
      }
    }
  }

 private:
  step_name name_;
  Getter getter_;
  Mapper mapper_;
  std::chrono::nanoseconds time_to_live_;
};

}  // namespace detail

/// Adds to each record what is looked up by a key, and remembers it: `mapper(cache, record) -> new record` asks
/// `cache.get(key)`, which calls `getter(key)` when it has no value or one fetched more than `time_to_live` ago. The
/// time is taken once per batch. One cache per worker and step. The getter may not wait long: it holds up the worker.
template <class Getter, class Mapper>
detail::enrich_cached_step<detail::function_of<Getter>, detail::function_of<Mapper>> enrich_cached(
    step_name name, Getter getter, Mapper mapper,
    std::chrono::nanoseconds time_to_live = (std::chrono::nanoseconds::max)()) {
  return {std::move(name), std::move(getter), std::move(mapper), time_to_live};
}
template <class Getter, class Mapper>
detail::enrich_cached_step<detail::function_of<Getter>, detail::function_of<Mapper>> enrich_cached(
    Getter getter, Mapper mapper, std::chrono::nanoseconds time_to_live = (std::chrono::nanoseconds::max)(),
    std::source_location location = std::source_location::current()) {
  return {step_name::by_position(location), std::move(getter), std::move(mapper), time_to_live};
}
template <class Getter, class Mapper, detail::names_a_step Name>
  requires(!detail::names_a_step<Getter>)
detail::name_comes_first enrich_cached(Getter const&, Mapper const&, Name const&) {
  return {};
}
template <class Getter, class Mapper, detail::names_a_step Name>
  requires(!detail::names_a_step<Getter>)
detail::name_comes_first enrich_cached(Getter const&, Mapper const&, std::chrono::nanoseconds, Name const&) {
  return {};
}

}  // namespace leat
