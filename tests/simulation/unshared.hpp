// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "simulation/hazards.hpp"
#include "simulation/kinds.hpp"

#include <cstdint>
#include <limits>
#include <utility>

namespace simulation {

/// A key of a class of the user's, of which whatever it does may fail, but for moves. One that was moved from is
/// another key than all there are.
class user_key {
 public:
  user_key() = default;
  explicit user_key(std::uint64_t n) : n_(n) {}
  user_key(user_key const& other) : n_(other.n_) { at_risk.meet(call::copy); }
  user_key(user_key&& other) noexcept : n_(std::exchange(other.n_, no_number)) {}
  user_key& operator=(user_key const& other) {
    at_risk.meet(call::copy);
    n_ = other.n_;
    return *this;
  }
  user_key& operator=(user_key&& other) noexcept {
    std::uint64_t const moved = std::exchange(other.n_, no_number);
    n_ = moved;
    return *this;
  }
  ~user_key() = default;

  std::uint64_t number() const { return n_; }
  friend bool operator==(user_key const& a, user_key const& b) {
    at_risk.meet(call::compare);
    return a.n_ == b.n_;
  }
  friend bool operator<(user_key const& a, user_key const& b) {
    at_risk.meet(call::compare);
    return a.n_ < b.n_;
  }
  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    at_risk.meet(call::encode);
    archive & n_;
  }

 private:
  static constexpr std::uint64_t no_number = (std::numeric_limits<std::uint64_t>::max)();
  std::uint64_t n_ = no_number;
};

/// A text that cannot be copied.
class sole_text {
 public:
  sole_text() = default;
  explicit sole_text(text bytes) : bytes_(std::move(bytes)) {}
  sole_text(sole_text const&) = delete;
  sole_text(sole_text&&) = default;
  sole_text& operator=(sole_text const&) = delete;
  sole_text& operator=(sole_text&&) = default;
  ~sole_text() = default;

  text const& bytes() const { return bytes_; }
  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive & bytes_;
  }

 private:
  text bytes_;
};

/// Records that cannot be copied, under keys of a class of the user's: between two steps of a flow of another kind.
struct unshared {
  using key = user_key;
  using datum = sole_text;
  using record = std::pair<key, datum>;

  static datum make(std::uint64_t n) { return datum(texts::make(n)); }
  static std::uint64_t number(datum const& d) { return texts::number(d.bytes()); }
  static key make_key(std::uint64_t n) { return key(n); }
  static std::uint64_t number_of_key(key const& k) { return k.number(); }
};

}  // namespace simulation
