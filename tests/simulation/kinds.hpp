// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "simulation/hazards.hpp"

#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

/// How a flow carries the numbers of a plan.
namespace simulation {

/// Records without padding, which leat copies as bytes. Keys are floating point, with infinities, both zeros, and,
/// where the seed wants it, a NaN.
struct numbers {
  using key = double;
  using datum = std::uint64_t;
  using record = std::pair<key, datum>;
  using owned_view = std::uint64_t;

  static datum make(std::uint64_t n) { return n; }
  static std::uint64_t number(datum const& d) { return d; }

  static key make_key(std::uint64_t n) {
    if (at_risk.nan_key == n) return std::numeric_limits<double>::quiet_NaN();
    if (n == 0) return ++at_risk.zeros % 2 == 0 ? -0.0 : 0.0;
    if (n == 1) return std::numeric_limits<double>::infinity();
    if (n == 2) return -std::numeric_limits<double>::infinity();
    return static_cast<double>(n) / 4;
  }
  static std::uint64_t number_of_key(key const& k) {
    if (std::isnan(k)) return at_risk.nan_key.value();
    if (std::isinf(k)) return k > 0 ? 1 : 2;
    return static_cast<std::uint64_t>(k * 4);
  }

  static datum const& view(datum const& d) { return d; }
  static datum of_view(owned_view const& view) { return view; }
};

/// A text that owns its bytes and makes all the trouble that a record may: it can be long, it is no other text's equal,
/// not even its own, its copies and its encoding may fail, it is empty once it was moved from, also into itself.
class text {
 public:
  text() = default;
  explicit text(std::string bytes) : bytes_(std::move(bytes)) {}
  text(text const& other) : bytes_(other.bytes_) { at_risk.meet(call::copy); }
  text(text&& other) noexcept : bytes_(std::exchange(other.bytes_, std::string())) {}
  text& operator=(text const& other) {
    at_risk.meet(call::copy);
    bytes_ = other.bytes_;
    return *this;
  }
  text& operator=(text&& other) noexcept {
    bytes_.clear();
    bytes_.swap(other.bytes_);
    return *this;
  }
  ~text() = default;

  std::string const& bytes() const { return bytes_; }
  friend bool operator==(text const&, text const&) { return false; }

  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    at_risk.meet(call::encode);
    archive & bytes_;
  }

 private:
  std::string bytes_;
};

/// Texts of very different lengths, so that records own memory and are encoded one by one. A text that was moved
/// from, cut off or mixed with another is found out.
struct texts {
  using key = std::string;
  using datum = text;
  using record = std::pair<key, datum>;
  using owned_view = std::string;

  static datum make(std::uint64_t n) { return datum(written(n)); }
  static std::uint64_t number(datum const& d) { return read(d.bytes()); }
  static key make_key(std::uint64_t n) { return written(n); }
  static std::uint64_t number_of_key(key const& k) { return read(k); }

  static std::string_view view(datum const& d) { return d.bytes(); }
  static datum of_view(owned_view const& view) { return datum(view); }

 private:
  static std::string written(std::uint64_t n) {
    std::string bytes = std::to_string(n);
    bytes.append(padding(n), 'x');
    return bytes;
  }
  static std::uint64_t read(std::string const& bytes) {
    std::uint64_t n = 0;
    auto const [end, error] = std::from_chars(bytes.data(), bytes.data() + bytes.size(), n);
    std::size_t const rest = static_cast<std::size_t>(bytes.data() + bytes.size() - end);
    if (error != std::errc{} || rest != padding(n) || bytes.find_first_not_of('x', bytes.size() - rest) != bytes.npos)
      throw std::logic_error("a record is broken: \"" + bytes.substr(0, 100) + "\"");
    return n;
  }
  static std::size_t padding(std::uint64_t n) {
    if (n % 97 == 5) return at_risk.huge ? 64 * 1024 : 1000;
    return n % 3 == 0 ? n % 41 : 0;
  }
};

}  // namespace simulation
