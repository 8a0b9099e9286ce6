// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/lean_chrono.hpp>
#include <leat/op/in_order.hpp>
#include <leat/op/within.hpp>

#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

/// How `async_map` goes about it: the options that follow its function, in any order.
namespace leat {
namespace detail {

struct async_settings {
  async_settings() = default;

  std::size_t in_flight = 64;
  bool ordered = true;
  std::optional<std::chrono::nanoseconds> within;
};

template <class O>
concept async_option = requires(O const& option, async_settings& settings) { option.apply(settings); };

struct no_option {
  void apply(async_settings&) const {}
};
struct outcome_wanted {
  void apply(async_settings&) const {}
};

}  // namespace detail

/// At most this many records are under way on each worker, 64 unless said; more wait upstream.
class in_flight {
 public:
  /// Records on each worker, 1 at least.
  explicit in_flight(std::size_t records) : records_(records) {}
  void apply(detail::async_settings& settings) const { settings.in_flight = records_; }

 private:
  std::size_t records_;
};

/// Results come as `outcome<U>`: a record that fails or takes too long does not end the run.
inline constexpr detail::outcome_wanted as_outcome{};

/// What became of one record in `async_map(..., leat::as_outcome)`: a value, or why there is none.
template <class U>
class outcome {
 public:
  outcome() = default;
  /// A success.
  explicit outcome(U result) : value(std::move(result)) {}
  /// A failure with this text.
  static outcome failed(std::string reason) {
    outcome result;
    result.error = std::move(reason);
    return result;
  }
  /// A failure of a record that took too long.
  static outcome late(std::string reason) {
    outcome result = failed(std::move(reason));
    result.timed_out = true;
    return result;
  }

  /// Whether there is a value.
  explicit operator bool() const { return value.has_value(); }

  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive & value & error & timed_out;
  }

  /// What the task returned; empty when it failed.
  std::optional<U> value;
  std::string error;       ///< what the exception said; empty when there is a value
  bool timed_out = false;  ///< it took longer than `within`
};

/// What a record that took too long ends the run with when no outcomes are wanted; nested in the run_error.
class timed_out : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace leat
