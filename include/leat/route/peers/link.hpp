// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/lean_function.hpp>
#include <leat/error.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

/// How processes reach each other. Nothing above knows whether it is memory, a socket or a simulation.
namespace leat {

/// A stream of bytes to another process and back: reliable, in order, possibly in pieces. Used by one thread at a time
/// and never blocks. Its destructor closes it: what was sent still arrives.
class connection {
 public:
  /// Bytes that stand together.
  using piece = std::span<std::byte const>;

  connection() = default;
  connection(connection const&) = delete;
  connection& operator=(connection const&) = delete;
  virtual ~connection() = default;

  /// How many of the bytes of these pieces were taken, from the front. Fewer than given: no room just now.
  virtual std::size_t send(std::span<piece const> pieces) = 0;
  /// How many bytes were put into `into`; zero: none have come.
  virtual std::size_t receive(std::span<std::byte> into) = 0;
  /// False once the other side has closed, or the connection broke or could not be made, and nothing is left to
  /// receive.
  virtual bool open() const = 0;
  /// Why it is not open, where that is known: `connection refused`.
  virtual std::string error() const { return "it was closed by the other side"; }
  /// Whether it is not open because one side does not accept who the other is. To connect again is no use then, unless
  /// it was a stranger who answered: who dialed tells it, and tries on while the cluster may form.
  virtual bool refused() const { return false; }

  /// Whether the connection itself proves who is at its other end, and that nothing on it was altered, as TLS does:
  /// then frames are not authenticated by the secret once more. The same at both ends.
  virtual bool authenticates() const { return false; }

  // A thread without work sleeps until there is something to receive, or room again after a refusal. A connection says
  // in one of two ways when that is:

  /// A descriptor that `poll` can wait for, or -1.
  virtual int descriptor() const { return -1; }
  /// Where there is none: `call` is made on any thread, when bytes have come, when there is room again after a refusal,
  /// and when the other side has closed. None is made after this object's destructor.
  virtual void on_ready(std::function<void()> call) { (void)call; }
};

/// The address at which a process is to listen is not there yet: nobody knows its name, or this machine does not have
/// it.
class no_such_place_yet : public cluster_error {
 public:
  /// With the address and the reason.
  explicit no_such_place_yet(std::string const& message) : cluster_error(status::lost, message) {}
};

/// What connections are made by: one process's door to the others. Used by one thread at a time; never blocks.
class network {
 public:
  network() = default;
  network(network const&) = delete;
  network& operator=(network const&) = delete;
  virtual ~network() = default;

  /// Lets others connect at this address, from now on. True when strangers on other machines can. Throws cluster_error
  /// when it cannot be; no_such_place_yet when it is worth trying again. Called again, it stays where it is.
  virtual bool listen(std::string const& address) = 0;
  /// Where it listens, in words that `connect` understands; `listen` may have left a part of it to the system. Empty:
  /// it does not listen, or cannot tell.
  virtual std::string listens_at() const { return {}; }
  /// A connection that somebody has made to here; null: none just now.
  virtual std::unique_ptr<connection> accept() = 0;
  /// Why nobody can be let in just now, though somebody waits: no descriptors are left. Empty: that is not so.
  virtual std::string error() const { return {}; }
  /// Begins to connect. The connection takes no bytes until it is made, and is not open any more when it cannot be.
  virtual std::unique_ptr<connection> connect(std::string const& address) = 0;

  /// As for a connection: how a thread learns that there is something to accept.
  virtual int descriptor() const { return -1; }
  virtual void on_ready(std::function<void()> call) { (void)call; }
};

namespace detail {

/// A descriptor that somebody waits for: until it can be read, or also until it can be written.
struct awaited {
  int descriptor = -1;
  bool room = false;
};

/// The connections of one process, by the number of the process at the other end; its own place is empty.
using connections = std::vector<std::unique_ptr<connection>>;

}  // namespace detail

}  // namespace leat
