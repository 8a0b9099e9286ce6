// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/op/stage.hpp>
#include <leat/route/packet.hpp>
#include <leat/route/ring.hpp>

#include <atomic>
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace leat::detail {

/// From one worker to another of the same process: a ring of messages one way, the emptied packets the other way.
template <class T>
class channel final : public sending_end<T>, public receiving_end<T> {
 public:
  channel(std::size_t packet_records, std::size_t packets) : packet_records_(packet_records), packets_(packets) {}
  channel(channel const&) = delete;
  channel& operator=(channel const&) = delete;
  ~channel() override {
    message<T> left;
    while (forward_.pop(left)) delete left.content;
    packet<T>* empty = nullptr;
    while (back_.pop(empty)) delete empty;
  }

  packet<T>* fresh() override {
    if (out_ >= packets_) take_back();
    return out_ < packets_ ? borrow() : nullptr;
  }
  packet<T>* borrow() override {
    if (spare_.empty()) take_back();
    ++out_;
    if (spare_.empty()) return new packet<T>(packet_records_);
    packet<T>* const recycled = spare_.back().release();
    spare_.pop_back();
    return recycled;
  }
  bool overdrawn() override {
    if (out_ > packets_) take_back();
    return out_ > packets_;
  }
  bool send(message<T> const& what) override { return forward_.push(what); }
  bool starved() const override { return forward_.drained(); }

  bool receive(message<T>& what) override { return forward_.pop(what); }
  void give_back(packet<T>* emptied) override {
    if (back_.push(emptied)) return;
    delete emptied;
    dropped_.fetch_add(1, std::memory_order_release);
  }

 private:
  /// By the sender. What was borrowed beyond the credit does not become credit by coming back.
  void take_back() {
    packet<T>* emptied = nullptr;
    while (back_.pop(emptied)) {
      std::unique_ptr<packet<T>> recycled(emptied);
      --out_;
      if (spare_.size() < packets_) spare_.push_back(std::move(recycled));
    }
    if (dropped_.load(std::memory_order_relaxed) != 0) out_ -= dropped_.exchange(0, std::memory_order_acquire);
  }

  ring<message<T>, 64> forward_;
  ring<packet<T>*, 128> back_;
  std::size_t packet_records_;
  std::size_t packets_;   ///< as credit
  std::size_t out_ = 0;  ///< of the sender's packets: being filled, on the way, being read, or on the way back
  std::vector<std::unique_ptr<packet<T>>> spare_;  ///< the sender's
  std::atomic<std::size_t> dropped_{0};            ///< by the receiver, since there was no room on the way back
};

}  // namespace leat::detail
