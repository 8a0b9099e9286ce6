// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>

namespace leat::detail {

/// The first message of a connection, of fixed size. Of a stranger nothing beyond it is read.
struct hello {
  static constexpr std::size_t size = 108;
  /// The magic bytes and the version of the protocol.
  static constexpr std::size_t start_size = 12;
  using bytes = std::array<std::byte, size>;
  static constexpr std::array<char, 8> magic{'l', 'e', 'a', 't', '\r', '\n', '\x1a', '\n'};
  static constexpr std::uint32_t this_protocol = 3;
  static constexpr std::uint32_t this_byte_order = std::endian::native == std::endian::little ? 1 : 2;

  std::uint32_t protocol = this_protocol;
  std::uint32_t byte_order = this_byte_order;  ///< 1: little endian, 2: big; flat records travel as they are in memory
  std::uint32_t process = 0;
  std::uint32_t processes = 0;
  std::uint32_t workers = 0;
  std::uint32_t slots_in_all = 0;
  std::uint64_t cluster = 0;                 ///< hash of the cluster's name
  std::uint64_t addresses = 0;               ///< hash of the list of addresses
  std::uint64_t flow = 0;                    ///< hash of the flow's description
  std::uint64_t credit = 0;                  ///< bytes of credit per channel
  std::array<std::uint64_t, 2> nonce{};      ///< random, one per run of a process: tells its runs apart
  std::array<std::uint64_t, 2> challenge{};  ///< random, one per connection: no proof serves twice
  std::uint32_t role = dials;
  std::uint32_t other = 0;  ///< the process that it speaks to
  std::uint32_t protection = unprotected;

  static constexpr std::uint32_t dials = 1, accepts = 2;
  /// With a secret all messages are authenticated, and the frames, too, unless the connection itself does that (TLS).
  static constexpr std::uint32_t unprotected = 0, messages_and_frames = 1, messages_only = 2;

  bytes write() const;
  void read(bytes const& from);
  /// The version alone. False when it is not the beginning of a hello.
  bool read_start(std::span<std::byte const, start_size> from);

 private:
  template <class Hello, class F>
  static void each_field(Hello& h, F&& f) {
    f(h.protocol);
    f(h.byte_order);
    f(h.process);
    f(h.processes);
    f(h.workers);
    f(h.slots_in_all);
    f(h.cluster);
    f(h.addresses);
    f(h.flow);
    f(h.credit);
    for (auto& part : h.nonce) f(part);
    for (auto& part : h.challenge) f(part);
    f(h.role);
    f(h.other);
    f(h.protection);
  }
};

/// The first field that has to be equal and is not, with both values, as a sentence from the view of `own`; empty when
/// there is none. The lists of addresses and the flows are compared as texts, by the handshake.
std::string difference(hello const& own, hello const& theirs);

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/route/formation/hello.ipp>
#endif
