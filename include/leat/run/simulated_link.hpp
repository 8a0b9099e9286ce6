// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/route/link.hpp>
#include <leat/run/simulated.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace leat::detail {

/// How the simulated network behaves.
struct simulated_network {
  std::chrono::nanoseconds longest_delay = std::chrono::milliseconds(1);
  /// Bytes under way in one direction.
  std::size_t capacity = 64 * 1024;
  /// One arrival in so many is held up, and all behind it; zero: none is.
  std::uint64_t stalls_one_in = 0;
  std::chrono::nanoseconds longest_stall = std::chrono::seconds(1);
};

/// One direction of a simulated link: bytes arrive in order, in pieces and after delays of chance.
class simulated_pipe {
 public:
  simulated_pipe(simulated_runtime& world, simulated_network how) : world_(world), how_(how) {}

  std::size_t send(std::span<std::byte const> bytes) {
    if (closed_) return 0;
    std::size_t const room = how_.capacity - std::min(how_.capacity, bytes_.size() - taken_);
    std::size_t const taken = std::min(room, bytes.size());
    refused_ = taken != bytes.size();
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(taken));
    schedule();
    return taken;
  }
  std::size_t receive(std::span<std::byte> into) {
    std::size_t const count = std::min(into.size(), arrived_ - taken_);
    std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(taken_), count, into.begin());
    taken_ += count;
    if (taken_ == bytes_.size()) {
      bytes_.clear();
      taken_ = arrived_ = 0;
    }
    if (count != 0 && std::exchange(refused_, false)) tell(on_room);
    return count;
  }

  /// Nothing more is sent. What is under way still arrives.
  void close() {
    closed_ = true;
    schedule();
  }
  /// What is under way is lost.
  void cut() {
    bytes_.resize(arrived_);
    close();
  }
  bool open() const { return !closed_ || taken_ != bytes_.size() || !end_seen_; }

  std::function<void()> on_data;
  std::function<void()> on_room;

 private:
  static void tell(std::function<void()> const& call) {
    if (call) call();
  }
  void schedule() {
    if (std::exchange(under_way_, true)) return;
    bool const stalls = how_.stalls_one_in != 0 && world_.draw() % how_.stalls_one_in == 0;
    world_.after(world_.draw_delay(stalls ? how_.longest_stall : how_.longest_delay), [this] { arrive(); });
  }
  void arrive() {
    under_way_ = false;
    std::size_t const left = bytes_.size() - arrived_;
    std::uint64_t const chance = world_.draw();
    if (left != 0) arrived_ += chance % 2 == 0 ? left : 1 + (chance >> 1) % left;
    if (arrived_ != bytes_.size())
      schedule();
    else
      end_seen_ = closed_;
    tell(on_data);
  }

  simulated_runtime& world_;
  simulated_network how_;
  std::vector<std::byte> bytes_;
  std::size_t taken_ = 0;    ///< of bytes_, received
  std::size_t arrived_ = 0;  ///< of bytes_, from the front
  bool under_way_ = false;
  bool refused_ = false;
  bool closed_ = false;
  bool end_seen_ = false;
};

/// Both directions between two processes. It outlives both ends.
class simulated_link {
 public:
  simulated_link(simulated_runtime& world, simulated_network how) : pipes_{{world, how}, {world, how}} {}

  /// What process `side`, 0 or 1, holds.
  std::unique_ptr<connection> end(std::size_t side) {
    return std::make_unique<one_end>(pipes_[side], pipes_[1 - side]);
  }
  /// The link breaks, in both directions.
  void cut() {
    for (simulated_pipe& pipe : pipes_) pipe.cut();
  }

 private:
  class one_end final : public connection {
   public:
    one_end(simulated_pipe& out, simulated_pipe& in) : out_(out), in_(in) {}
    ~one_end() override {
      on_ready({});
      out_.close();
    }
    std::size_t send(std::span<piece const> pieces) override {
      std::size_t taken = 0;
      for (piece const& one : pieces) {
        std::size_t const of_one = out_.send(one);
        taken += of_one;
        if (of_one != one.size()) break;
      }
      return taken;
    }
    std::size_t receive(std::span<std::byte> into) override { return in_.receive(into); }
    bool open() const override { return in_.open(); }
    void on_ready(std::function<void()> call) override {
      in_.on_data = call;
      out_.on_room = std::move(call);
    }

   private:
    simulated_pipe& out_;
    simulated_pipe& in_;
  };

  simulated_pipe pipes_[2];
};

}  // namespace leat::detail
