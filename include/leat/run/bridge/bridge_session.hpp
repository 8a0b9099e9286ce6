// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/route/codec/byte_buffer.hpp>
#include <leat/route/formation/sha256.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

/// What a program and a bridge (`leat_ray.bridge`) say to each other on one connection. All numbers are little-endian.
///
///     program: magic, 32 random bytes          bridge: magic, 32 random bytes
///     program: its proof                       bridge: 1 and its proof, or 0 and the end of the connection
///
/// Then frames in both directions: size of the body (u32), number (u64), kind (u8), body, seal (16 bytes). A proof is
/// HMAC-SHA-256 by the secret over a label and both random numbers. A seal is the beginning of an HMAC, by a key of the
/// direction that is made in the same way, over the number of the frame in its direction and the frame. Who dials
/// proves himself first, so a stranger who dials is told nothing that the secret has part in.
namespace leat::detail {

/// Why a connection to a bridge is of no use.
class bridge_refused : public std::runtime_error {
 public:
  bridge_refused(std::string const& why, bool for_good) : std::runtime_error(why), lasting(for_good) {}

  bool lasting;  ///< another try will not end otherwise
};

/// The program's side of one connection. Bytes go in and out of it; it knows no socket.
class bridge_session {
 public:
  using challenge = std::array<std::byte, 32>;

  enum class reply_kind : std::uint8_t {
    result = 3,       ///< what the function returned
    failed = 4,       ///< what it raised, as a text
    unavailable = 5,  ///< why it could not be called this time
  };
  /// Its body is valid until the session is used again.
  struct reply {
    std::uint64_t number;
    reply_kind kind;
    std::span<std::byte const> body;
  };

  /// The largest body of a frame.
  static constexpr std::size_t most = std::size_t{16} << 20;

  bridge_session(std::string_view secret, challenge const& random);

  /// Whether both sides have proved that they know the secret.
  bool ready() const { return state_ == state::ready; }

  /// A function that is going to be called by this number, with what it takes and gives as `record_text` writes it.
  void define(std::uint32_t function, std::string_view name, std::string_view takes, std::string_view gives);
  /// A call, by a number that no other call of this connection has.
  void call(std::uint64_t number, std::uint32_t function, std::span<std::byte const> argument);

  /// What is to be sent.
  std::span<std::byte const> outgoing() const { return out_.bytes().subspan(sent_); }
  void sent(std::size_t bytes);

  void received(std::span<std::byte const> bytes);
  /// The next reply that has come whole. Throws bridge_refused for what no bridge with this secret says.
  std::optional<reply> next();

 private:
  enum class state : std::uint8_t { hello, verdict, ready };

  static constexpr std::size_t hello_size = 48;
  static constexpr std::size_t header_size = 13;
  static constexpr std::size_t seal_size = 16;

  std::span<std::byte const> unread() const { return in_.bytes().subspan(read_); }
  bool take_hello();
  bool take_verdict();
  digest derived(std::string_view label) const;
  void put(std::uint64_t number, std::uint8_t kind, std::initializer_list<std::span<std::byte const>> parts);

  std::string secret_;
  std::array<std::byte, 64> challenges_{};
  digest calls_key_{};
  digest replies_key_{};
  std::uint64_t frames_out_ = 0;
  std::uint64_t frames_in_ = 0;
  byte_buffer out_;
  byte_buffer in_;
  std::size_t sent_ = 0;
  std::size_t read_ = 0;
  state state_ = state::hello;
};

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/run/bridge/bridge_session.ipp>
#endif
