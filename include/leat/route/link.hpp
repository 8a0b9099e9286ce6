// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
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
  /// False once the other side has closed, or the connection broke, and nothing is left to receive.
  virtual bool open() const = 0;
  /// `call` is made on any thread, when bytes have come, when there is room again after a refusal, and when the other
  /// side has closed. None is made after this object's destructor.
  virtual void on_ready(std::function<void()> call) = 0;
};

namespace detail {
/// The connections of one process, by the number of the process at the other end; its own place is empty.
using connections = std::vector<std::unique_ptr<connection>>;
}  // namespace detail

}  // namespace leat
