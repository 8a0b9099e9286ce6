// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/owned_bytes.hpp>
#include <leat/from/source.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace leat {
namespace detail {

template <class T>
struct stored_element {
  using type = T;
};
/// The elements of a map are pairs that cannot be assigned to; as records they are pairs that can.
template <class K, class V>
struct stored_element<std::pair<K const, V>> {
  using type = std::pair<K, V>;
};
template <class C>
using stored_element_of =
    typename stored_element<std::remove_cvref_t<decltype(*std::begin(std::declval<C const&>()))>>::type;

template <class C>
concept contiguous_container = requires(C const& c) {
  { c.data() } -> std::convertible_to<stored_element_of<C> const*>;
  { c.size() } -> std::convertible_to<std::size_t>;
};

template <class C>
class iterable_partition {
  using T = stored_element_of<C>;

 public:
  iterable_partition(std::shared_ptr<C const> records, std::uint64_t at)
      : records_(std::move(records)), next_(std::begin(*records_)) {
    for (; at_ != at && next_ != std::end(*records_); ++next_) ++at_;
  }

  bool next_batch(emitter<T>& out) {
    if constexpr (contiguous_container<C>) {
      T const* const from = records_->data() + at_;
      std::size_t n = (std::min<std::size_t>)(records_per_batch, records_->size() - at_);
      if constexpr (!plain<T>) {
        owned_bytes<T> owned;
        std::size_t portion = 0;
        while (portion != n && !owned.add(from[portion])) ++portion;
        n = (std::min)(n, portion + 1);
      }
      out.batch(from, n);
      at_ += n;
      return at_ != records_->size();
    } else {
      for (std::size_t n = 0; n != records_per_batch && next_ != std::end(*records_); ++n, ++next_, ++at_)
        out(T(*next_));
      return next_ != std::end(*records_);
    }
  }
  std::uint64_t snapshot() const { return at_; }

 private:
  static constexpr std::size_t records_per_batch = 2048;

  std::shared_ptr<C const> records_;
  decltype(std::begin(std::declval<C const&>())) next_;
  std::uint64_t at_ = 0;
};

}  // namespace detail

namespace from {

/// The elements of a container, in its order. The container is moved or copied in, so the flow may be run many times. A
/// container whose elements lie side by side is passed on without being copied. One partition, `iterable`, which
/// resumes by index.
template <class C>
class iterable {
 public:
  using record = detail::stored_element_of<C>;
  using position = std::uint64_t;

  static_assert(copyable_record<record>,
                "leat: from::iterable(container): records must be copyable, since a flow can be run many times");

  /// The container is copied or moved once, here, and shared by all runs of the flow.
  explicit iterable(C records) : records_(std::make_shared<C const>(std::move(records))) {}

  std::vector<std::string> list_parts() const { return {"iterable"}; }
  detail::iterable_partition<C> build_part(std::string const&, std::optional<position> const& resume,
                                           step_services const&) const {
    return {records_, resume.value_or(0)};
  }

 private:
  std::shared_ptr<C const> records_;
};

template <class T>
iterable(std::initializer_list<T>) -> iterable<std::vector<T>>;

}  // namespace from
}  // namespace leat
