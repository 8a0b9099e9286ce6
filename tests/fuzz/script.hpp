// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/route/peers/link.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>

namespace fuzz {

/// What the fuzzer made, taken from the front; zeros when nothing is left.
class input {
 public:
  input(std::uint8_t const* data, std::size_t size) : rest_(std::as_bytes(std::span(data, size))) {}

  std::span<std::byte const> take(std::size_t count) {
    auto const taken = rest_.first(std::min(count, rest_.size()));
    rest_ = rest_.subspan(taken.size());
    return taken;
  }
  template <class T>
  T number() {
    T value{};
    auto const bytes = take(sizeof value);
    if (!bytes.empty()) std::memcpy(&value, bytes.data(), bytes.size());
    return value;
  }
  std::span<std::byte const> rest() { return take(rest_.size()); }
  bool empty() const { return rest_.empty(); }

 private:
  std::span<std::byte const> rest_;
};

/// The other side says what it is given, in pieces of some size, then closes. What is said to it is forgotten.
class script final : public leat::connection {
 public:
  explicit script(std::size_t piece_size) : piece_(std::max<std::size_t>(piece_size, 1)) {}

  void add(std::span<std::byte const> more) { words_.append(reinterpret_cast<char const*>(more.data()), more.size()); }

  std::size_t send(std::span<piece const> pieces) override {
    std::size_t taken = 0;
    for (piece const& part : pieces) taken += part.size();
    return taken;
  }
  std::size_t receive(std::span<std::byte> into) override {
    std::size_t const count = std::min({into.size(), piece_, words_.size() - at_});
    std::memcpy(into.data(), words_.data() + at_, count);
    at_ += count;
    return count;
  }
  bool open() const override { return at_ != words_.size(); }

 private:
  std::size_t piece_;
  std::string words_;
  std::size_t at_ = 0;
};

}  // namespace fuzz
