// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/route/peers/incoming_frame.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <vector>

namespace leat::detail {

/// How much may be on its way over a channel to another process. A frame may be sent while there is credit, and its
/// whole length is taken from it. The last record of a frame may take it below zero, so that one always goes.
struct channel_credit {
  /// A mark costs no credit, but messages that have not been read are bounded too.
  static constexpr std::int64_t most_messages = 64;

  /// What a frame with records costs.
  static std::int64_t cost_of(frame_header const& header);
};

/// The sender's account. The sending worker takes, `channels` gives back what the receiver has used.
struct sender_credit {
  explicit sender_credit(std::size_t in_flight) : in_all(in_flight), bytes(static_cast<std::int64_t>(in_flight)) {}
  std::size_t left() const {
    std::int64_t const there = bytes.load(std::memory_order_acquire);
    return there < 0 ? 0 : static_cast<std::size_t>(there);
  }

  std::size_t const in_all;
  std::atomic<std::int64_t> bytes;
  std::atomic<std::int64_t> messages{0};  ///< that have not been read
};

/// What has come for one channel and has not been read, and the receiver's account of the credit. `channels` puts in,
/// the receiving worker takes out.
class inbox {
 public:
  explicit inbox(std::size_t credit) : bytes_(static_cast<std::int64_t>(credit)) {}

  /// False: the sender had no credit for it.
  bool put(incoming_frame frame);

  bool empty() const { return count_.load(std::memory_order_acquire) == 0; }

  bool take(incoming_frame& into);

  /// Before the sender hears of it.
  void give_back(std::int64_t bytes, std::int64_t messages);

 private:
  static constexpr std::size_t most_slabs = 2;

  /// A channel that is read slowly must not hold many large pieces of memory by a small frame in each.
  void keep_few_slabs(incoming_frame& frame);

  std::mutex mutex_;
  std::vector<incoming_frame> waiting_;  ///< a `std::deque` has 600 bytes when it is empty, and channels are many
  std::size_t first_ = 0;
  std::size_t slabs_ = 0;  ///< different ones in a row
  std::int64_t bytes_;     ///< of credit
  std::int64_t messages_ = 0;
  std::atomic<std::size_t> count_{0};
};

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/route/exchange/inbox.ipp>
#endif
