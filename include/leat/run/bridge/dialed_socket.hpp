// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/lean_function.hpp>
#include <leat/detail/list.hpp>
#include <leat/run/net/name_lookup.hpp>

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace leat::detail {

/// A socket on its way to an address, HOST:PORT or unix:PATH, and then connected. None of its functions waits; those
/// that find that it cannot be reached, or has been lost, throw std::runtime_error with the reason. On one thread.
class dialed_socket {
 public:
  dialed_socket() = default;
  dialed_socket(dialed_socket const&) = delete;
  dialed_socket& operator=(dialed_socket const&) = delete;
  ~dialed_socket() { close(); }

  /// Why this is no address; empty when it is one.
  static std::string fault_of(std::string_view address);

  /// Sets out. `wake` is called, on another thread, when a name has been looked up, and not once this is closed.
  void dial(std::string const& address, std::function<void()> wake);
  /// Goes on with that, with what poll has said of the descriptor.
  void go_on(short events);
  void close();

  /// Neither connected nor on its way.
  bool idle() const { return !lookup_ && descriptor_ < 0; }
  bool connected() const { return descriptor_ >= 0 && !connecting_; }
  /// To be polled for reading, and while it is not connected for writing; -1 when there is none.
  int descriptor() const { return descriptor_; }

  /// How many of the bytes the system has taken. Throws std::runtime_error when the connection is broken and there is
  /// nothing left to receive.
  std::size_t send(std::span<std::byte const> bytes);
  /// How many bytes there were. Throws std::runtime_error when the connection is broken and all has been read.
  std::size_t receive(std::span<std::byte> into);

 private:
  void dial_next();
  void check_connected();

  std::optional<name_lookup> lookup_;
  list<resolved_addresses::socket_address> undialed_;
  int descriptor_ = -1;
  bool connecting_ = false;
  std::string trouble_;
};

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/run/bridge/dialed_socket.ipp>
#endif
