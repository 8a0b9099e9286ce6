// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/route/exchange/inbox.hpp>
#include <leat/route/peers/incoming.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <mutex>
#include <utility>
#include <vector>

namespace leat::detail {

LEAT_INLINE std::int64_t channel_credit::cost_of(frame_header const& header) {
  return static_cast<std::int64_t>(frame_header::size + header.padded_length());
}

LEAT_INLINE bool inbox::put(incoming_frame frame) {
  std::lock_guard const lock(mutex_);
  if (messages_ >= channel_credit::most_messages) return false;
  if (frame.header.count != 0) {
    if (bytes_ <= 0) return false;
    bytes_ -= channel_credit::cost_of(frame.header);
  } else {
    frame.payload = {};
  }
  ++messages_;
  keep_few_slabs(frame);
  if (first_ > channel_credit::most_messages) {
    waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(first_));
    first_ = 0;
  }
  waiting_.push_back(std::move(frame));
  count_.store(waiting_.size() - first_, std::memory_order_release);
  return true;
}

LEAT_INLINE bool inbox::take(incoming_frame& into) {
  if (empty()) return false;
  std::lock_guard const lock(mutex_);
  into = std::move(waiting_[first_++]);
  if (first_ == waiting_.size()) {
    waiting_.clear();
    first_ = 0;
  }
  if (waiting_.empty() || !(waiting_[first_].memory == into.memory)) --slabs_;
  count_.store(waiting_.size() - first_, std::memory_order_release);
  return true;
}

LEAT_INLINE void inbox::give_back(std::int64_t bytes, std::int64_t messages) {
  std::lock_guard const lock(mutex_);
  bytes_ += bytes;
  messages_ -= messages;
}

LEAT_INLINE void inbox::keep_few_slabs(incoming_frame& frame) {
  if (frame.payload.empty()) frame.memory = {};
  if (!waiting_.empty() && waiting_.back().memory == frame.memory) return;
  if (slabs_++ < most_slabs || frame.payload.empty()) return;
  slab own(frame.payload.size());
  std::memcpy(own.data(), frame.payload.data(), frame.payload.size());
  frame.payload = {own.data(), frame.payload.size()};
  frame.memory = std::move(own);
}

}  // namespace leat::detail
