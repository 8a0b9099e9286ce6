// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/op/stage.hpp>
#include <leat/route/packet.hpp>
#include <leat/route/ring.hpp>

#include <cstddef>
#include <memory>

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
    packet<T>* recycled = nullptr;
    if (back_.pop(recycled)) return recycled;
    return made_ < packets_ ? borrow() : nullptr;
  }
  packet<T>* borrow() override {
    ++made_;
    return new packet<T>(packet_records_);
  }
  bool send(message<T> const& what) override { return forward_.push(what); }
  bool starved() const override { return forward_.drained(); }

  bool receive(message<T>& what) override { return forward_.pop(what); }
  void give_back(packet<T>* emptied) override {
    if (!back_.push(emptied)) delete emptied;
  }

 private:
  ring<message<T>, 64> forward_;
  ring<packet<T>*, 128> back_;
  std::size_t packet_records_;
  std::size_t packets_;  ///< as credit
  std::size_t made_ = 0;
};

}  // namespace leat::detail
