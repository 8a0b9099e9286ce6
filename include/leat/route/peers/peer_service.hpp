// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/error.hpp>
#include <leat/route/peers/incoming_frame.hpp>

namespace leat::detail {

/// Part of what processes send each other: some types of frames, and what the loss of a process means to it. Called by
/// who drives the peers, in their turn.
class peer_service {
 public:
  /// A frame of one of its types has come from this process. Throws what ends the run, as `refuse_peer` does.
  virtual void receive(unsigned process, incoming_frame&& frame) = 0;
  /// Nothing comes from this process any more, nor reaches it. Throws `error`, or another error, when that ends the
  /// run; returns when the service goes on without the process.
  virtual void lose(unsigned process, cluster_error const& error) = 0;

 protected:
  ~peer_service() = default;
};

}  // namespace leat::detail
