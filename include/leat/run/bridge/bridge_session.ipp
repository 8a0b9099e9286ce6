// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/concat.hpp>
#include <leat/run/bridge/bridge_session.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace leat::detail {

inline constexpr std::string_view bridge_magic = "leat bridge 1\n\n\n";
inline constexpr std::uint8_t bridge_defines = 1;
inline constexpr std::uint8_t bridge_calls = 2;

/// The seal of a frame: `header` has the number of the frame before it.
inline std::array<std::byte, 16> bridge_seal(digest const& key, std::span<std::byte const> header,
                                             std::span<std::byte const> body) {
  digest const whole = hmac_sha256(key, header, body);
  std::array<std::byte, 16> seal{};
  std::copy_n(whole.begin(), seal.size(), seal.begin());
  return seal;
}

LEAT_INLINE bridge_session::bridge_session(std::string_view secret, challenge const& random) : secret_(secret) {
  std::copy(random.begin(), random.end(), challenges_.begin());
  out_.append(bridge_magic.data(), bridge_magic.size());
  out_.append(random.data(), random.size());
}

LEAT_INLINE void bridge_session::define(std::uint32_t function, std::string_view name, std::string_view takes,
                                        std::string_view gives) {
  std::string const text = concat({name, "\n", takes, "\n", gives});
  put(function, bridge_defines, {std::as_bytes(std::span(text))});
}

LEAT_INLINE void bridge_session::call(std::uint64_t number, std::uint32_t function,
                                      std::span<std::byte const> argument) {
  put(number, bridge_calls, {std::as_bytes(std::span(&function, 1)), argument});
}

LEAT_INLINE void bridge_session::sent(std::size_t bytes) {
  sent_ += bytes;
  if (sent_ != out_.size()) return;
  out_.clear();
  sent_ = 0;
}

LEAT_INLINE void bridge_session::received(std::span<std::byte const> bytes) {
  if (read_ != 0) {  // what is behind the last whole frame comes to the front
    std::span<std::byte const> const rest = unread();
    std::memmove(in_.data(), rest.data(), rest.size());
    in_.set_end(in_.data() + rest.size());
    read_ = 0;
  }
  in_.append(bytes.data(), bytes.size());
}

LEAT_INLINE std::optional<bridge_session::reply> bridge_session::next() {
  if (state_ == state::hello && !take_hello()) return std::nullopt;
  if (state_ == state::verdict && !take_verdict()) return std::nullopt;
  std::span<std::byte const> const bytes = unread();
  if (bytes.size() < header_size) return std::nullopt;
  std::uint32_t size = 0;
  std::uint64_t number = 0;
  std::memcpy(&size, bytes.data(), sizeof size);
  std::memcpy(&number, bytes.data() + sizeof size, sizeof number);
  if (size > most)
    throw bridge_refused(
        concat({"it announces an answer of ", std::to_string(size), " bytes; ", std::to_string(most), " is the most"}),
        false);
  if (bytes.size() < header_size + size + seal_size) return std::nullopt;
  std::array<std::byte, sizeof frames_in_ + header_size> numbered{};
  std::memcpy(numbered.data(), &frames_in_, sizeof frames_in_);
  std::copy_n(bytes.begin(), header_size, numbered.begin() + sizeof frames_in_);
  std::span<std::byte const> const body = bytes.subspan(header_size, size);
  if (!same_bytes(bridge_seal(replies_key_, numbered, body), bytes.subspan(header_size + size, seal_size)))
    throw bridge_refused("what it says was altered on its way", false);
  auto const kind = std::to_integer<std::uint8_t>(bytes[header_size - 1]);
  if (kind < static_cast<std::uint8_t>(reply_kind::result) || kind > static_cast<std::uint8_t>(reply_kind::unavailable))
    throw bridge_refused(concat({"it sends a frame of the unknown kind ", std::to_string(int{kind})}), false);
  ++frames_in_;
  read_ += header_size + size + seal_size;
  return reply{number, static_cast<reply_kind>(kind), body};
}

LEAT_INLINE bool bridge_session::take_hello() {
  std::span<std::byte const> const bytes = unread();
  std::size_t const known = (std::min)(bytes.size(), bridge_magic.size());
  if (std::memcmp(bytes.data(), bridge_magic.data(), known) != 0)
    throw bridge_refused("what answers there is no bridge, or is one of another version", true);
  if (bytes.size() < hello_size) return false;
  std::copy_n(bytes.begin() + bridge_magic.size(), 32, challenges_.begin() + 32);
  read_ += hello_size;
  digest const proof = derived("leat bridge who asks proves");
  out_.append(proof.data(), proof.size());
  state_ = state::verdict;
  return true;
}

LEAT_INLINE bool bridge_session::take_verdict() {
  std::span<std::byte const> const bytes = unread();
  if (bytes.empty()) return false;
  if (bytes.front() != std::byte{1}) throw bridge_refused("it has another secret than this program", true);
  if (bytes.size() < 1 + sizeof(digest)) return false;
  if (!same_bytes(derived("leat bridge who answers proves"), bytes.subspan(1, sizeof(digest))))
    throw bridge_refused("it does not know the secret of this program", true);
  read_ += 1 + sizeof(digest);
  calls_key_ = derived("leat bridge calls");
  replies_key_ = derived("leat bridge replies");
  state_ = state::ready;
  return true;
}

LEAT_INLINE digest bridge_session::derived(std::string_view label) const {
  std::array<std::byte, 32> padded{};
  std::memcpy(padded.data(), label.data(), label.size());
  return hmac_sha256(std::as_bytes(std::span(secret_)), padded, challenges_);
}

LEAT_INLINE void bridge_session::put(std::uint64_t number, std::uint8_t kind,
                                     std::initializer_list<std::span<std::byte const>> parts) {
  std::size_t total = 0;
  for (std::span<std::byte const> const part : parts) total += part.size();
  auto const size = static_cast<std::uint32_t>(total);
  std::array<std::byte, sizeof frames_out_ + header_size> numbered{};
  std::byte* const header = numbered.data() + sizeof frames_out_;
  std::memcpy(numbered.data(), &frames_out_, sizeof frames_out_);
  std::memcpy(header, &size, sizeof size);
  std::memcpy(header + sizeof size, &number, sizeof number);
  header[header_size - 1] = std::byte{kind};
  out_.make_room(header_size + total + seal_size);
  out_.append(header, header_size);
  for (std::span<std::byte const> const part : parts) out_.append(part.data(), part.size());
  std::array<std::byte, seal_size> const seal = bridge_seal(calls_key_, numbered, {out_.end() - total, total});
  out_.append(seal.data(), seal.size());
  ++frames_out_;
}

}  // namespace leat::detail
