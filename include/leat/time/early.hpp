// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/op/in_order.hpp>

#include <cstdint>
#include <string>
#include <type_traits>

namespace leat {

/// Each so many values of a window.
struct after_records {
  /// At least one; a step refuses 0 with a flow_error.
  explicit after_records(std::uint64_t records) : count(records) {}
  std::uint64_t count;  ///< of values
};

namespace detail {

/// What a window gives when it has given a result before.
enum class further_results : std::uint8_t {
  whole,      ///< all its values
  new_alone,  ///< the values since then
  retracted   ///< all its values, and before it, what it gave last
};

struct early_after_records {
  std::uint64_t records;
};
template <further_results Given>
struct gives_further {};

/// What a step with windows gives before they close: nothing.
struct no_early_results {
  std::string refusal() const { return {}; }
  std::string parameters() const { return {}; }
};
/// What follows an early result, without one: refused where the step is built.
struct further_results_alone : no_early_results {};
/// A result each so many values.
template <further_results Given>
struct early_results {
  static constexpr further_results given = Given;

  std::string refusal() const {
    return records == 0 ? "leat::after_records(0) gives no early result: give 1 or more" : "";
  }
  /// What has to be the same when a run goes on from a snapshot.
  std::string parameters() const {
    char const* const further = Given == further_results::whole       ? "accumulating"
                                : Given == further_results::new_alone ? "discarding"
                                                                      : "retracting";
    return "early after " + std::to_string(records) + " records, " + further;
  }

  std::uint64_t records;
};

template <class O>
inline constexpr bool is_window_option = false;
template <bool Kept>
inline constexpr bool is_window_option<in_order<Kept>> = true;
template <class O>
inline constexpr bool is_early_option = false;
template <>
inline constexpr bool is_early_option<early_after_records> = true;
template <further_results Given>
inline constexpr bool is_early_option<gives_further<Given>> = true;

/// Of a step whose windows give one result, which can be given early.
template <class O>
concept window_or_early_option = is_window_option<O> || is_early_option<O>;

/// The last option that says so decides.
template <bool Usual, class... Options>
inline constexpr bool order_wanted = Usual;
template <bool Usual, class Other, class... More>
inline constexpr bool order_wanted<Usual, Other, More...> = order_wanted<Usual, More...>;
template <bool Usual, bool Kept, class... More>
inline constexpr bool order_wanted<Usual, in_order<Kept>, More...> = order_wanted<Kept, More...>;

template <further_results Usual, class... Options>
inline constexpr further_results further_wanted = Usual;
template <further_results Usual, class Other, class... More>
inline constexpr further_results further_wanted<Usual, Other, More...> = further_wanted<Usual, More...>;
template <further_results Usual, further_results Given, class... More>
inline constexpr further_results further_wanted<Usual, gives_further<Given>, More...> = further_wanted<Given, More...>;

inline void take_early(std::uint64_t& records, early_after_records option) { records = option.records; }
template <class Other>
void take_early(std::uint64_t&, Other const&) {}

/// The early results that these options ask for.
template <class... Options>
auto early_wanted(Options const&... options) {
  if constexpr ((std::is_same_v<Options, early_after_records> || ...)) {
    early_results<further_wanted<further_results::whole, Options...>> wanted{};
    (take_early(wanted.records, options), ...);
    return wanted;
  } else if constexpr ((is_early_option<Options> || ...)) {
    return further_results_alone();
  } else {
    return no_early_results();
  }
}

}  // namespace detail

/// An option of a step with windows: a window gives results before it closes, as `window_reason::early`, each so many
/// values. The one on time comes all the same.
inline detail::early_after_records early(after_records each) { return {each.count}; }

/// Every result of a window has all its values, also those that an early one had. So it is unless it is said.
inline constexpr detail::gives_further<detail::further_results::whole> accumulating{};
/// A result has the values alone that came since the one before; a window gives none when there are none.
inline constexpr detail::gives_further<detail::further_results::new_alone> discarding{};
/// Every result has all values, and what the window gave before is given again first, as `window_reason::retraction`:
/// who adds results up can take it off.
inline constexpr detail::gives_further<detail::further_results::retracted> retracting{};

}  // namespace leat
