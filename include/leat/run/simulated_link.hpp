// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/route/link.hpp>
#include <leat/run/simulated.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace leat::detail {

/// How the simulated network behaves.
struct simulated_network {
  std::chrono::nanoseconds longest_delay = std::chrono::milliseconds(1);
  /// Each direction of each connection has a longest delay of its own, up to that one: what was sent later, elsewhere,
  /// often comes first.
  bool uneven = false;
  /// Bytes under way in one direction.
  std::size_t capacity = 64 * 1024;
  /// No more bytes than that arrive at once; zero: half the time all do.
  std::size_t longest_piece = 0;
  /// One arrival in so many is held up, and all behind it; zero: none is.
  std::uint64_t stalls_one_in = 0;
  std::chrono::nanoseconds longest_stall = std::chrono::seconds(1);

  // Where processes connect by themselves:

  /// One attempt in so many is refused although somebody listens; zero: none is.
  std::uint64_t refuses_one_in = 0;
  /// One connection in so many breaks when up to so many bytes have been sent on it, but only so many do in all.
  std::uint64_t breaks_one_in = 0;
  std::size_t longest_until_break = 200;
  unsigned most_breaks = 4;
  /// Of a connection that broke each side hears after up to that long, and sends into the void until then.
  std::chrono::nanoseconds longest_unnoticed = std::chrono::milliseconds(1);
};

/// One direction of a simulated link: bytes arrive in order, in pieces and after delays of chance.
class simulated_pipe {
 public:
  simulated_pipe(simulated_runtime& world, simulated_network how) : world_(world), how_(how) {
    if (how_.uneven) how_.longest_delay = world_.draw_delay(how_.longest_delay);
  }

  std::size_t send(std::span<std::byte const> bytes) {
    if (closed_) return 0;
    std::size_t const room = how_.capacity - (std::min)(how_.capacity, bytes_.size() - taken_ + lost_);
    std::size_t const taken = (std::min)({room, bytes.size(), until_break_});
    refused_ = taken != bytes.size();
    until_break_ -= until_break_ == endless ? 0 : taken;
    sent_ += taken;
    if (broken_) {
      lost_ += taken;
      return taken;
    }
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(taken));
    schedule();
    return taken;
  }
  /// As over TCP, the end is only seen by who receives, when all else has been.
  std::size_t receive(std::span<std::byte> into) {
    std::size_t const count = (std::min)(into.size(), arrived_ - taken_);
    end_received_ = end_received_ || (end_arrived_ && taken_ == bytes_.size() && !into.empty());
    std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(taken_), count, into.begin());
    taken_ += count;
    if (taken_ == bytes_.size()) {
      bytes_.clear();
      taken_ = arrived_ = 0;
    }
    if (count != 0 && std::exchange(refused_, false)) tell(on_room);
    return count;
  }

  /// Nothing more is sent. What is under way still arrives, and then that this was all.
  void close() {
    if (!broken_) end();
  }
  /// What is under way is lost, and all that is sent from now on.
  void lose() {
    bytes_.resize(arrived_);
    broken_ = true;
    until_break_ = endless;
  }
  /// The receiver hears that nothing more comes.
  void end() {
    closed_ = true;
    schedule();
  }
  void end_now() {
    closed_ = end_arrived_ = true;
    tell(on_data);
  }
  bool open() const { return !end_received_; }

  /// It takes so many bytes more before the link breaks.
  void break_after(std::size_t bytes) { until_break_ = bytes; }
  bool worn_out() const { return until_break_ == 0; }
  /// Bytes, in all.
  std::size_t sent() const { return sent_; }

  static void tell(std::function<void()> const& call) {
    if (call) call();
  }
  std::function<void()> on_data;
  std::function<void()> on_room;

 private:
  static constexpr std::size_t endless = (std::numeric_limits<std::size_t>::max)();

  void schedule() {
    if (std::exchange(under_way_, true)) return;
    bool const stalls = how_.stalls_one_in != 0 && world_.draw() % how_.stalls_one_in == 0;
    world_.after(world_.draw_delay(stalls ? how_.longest_stall : how_.longest_delay), [this] { arrive(); });
  }
  void arrive() {
    under_way_ = false;
    std::size_t const left = bytes_.size() - arrived_;
    std::uint64_t const chance = world_.draw();
    if (how_.longest_piece != 0)
      arrived_ += (std::min)(left, 1 + chance % how_.longest_piece);
    else if (left != 0)
      arrived_ += chance % 2 == 0 ? left : 1 + (chance >> 1) % left;
    if (arrived_ != bytes_.size())
      schedule();
    else
      end_arrived_ = closed_;
    tell(on_data);
  }

  simulated_runtime& world_;
  simulated_network how_;
  std::vector<std::byte> bytes_;
  std::size_t taken_ = 0;    ///< of bytes_, received
  std::size_t arrived_ = 0;  ///< of bytes_, from the front
  std::size_t sent_ = 0;     ///< bytes
  std::size_t lost_ = 0;     ///< of them, those since it broke
  std::size_t until_break_ = endless;
  bool under_way_ = false;
  bool refused_ = false;
  bool broken_ = false;
  bool closed_ = false;
  bool end_arrived_ = false;
  bool end_received_ = false;
};

/// Both directions between two processes. It outlives both ends.
class simulated_link {
 public:
  simulated_link(simulated_runtime& world, simulated_network how)
      : world_(world), how_(how), pipes_{{world, how}, {world, how}} {}

  /// What process `side`, 0 or 1, holds.
  std::unique_ptr<connection> end(std::size_t side) { return std::make_unique<one_end>(*this, side); }

  /// The link breaks, in both directions.
  void cut() {
    lose();
    for (simulated_pipe& pipe : pipes_) pipe.end();
  }
  /// It breaks, and each side hears of it after a time of its own.
  void cut_unnoticed(std::chrono::nanoseconds longest) {
    lose();
    for (simulated_pipe& pipe : pipes_) world_.after(world_.draw_delay(longest), [&pipe] { pipe.end(); });
  }
  bool is_cut() const { return cut_; }
  /// Whether there is somebody at both ends.
  bool is_held() const { return held_ == 2; }
  /// Bytes, by this side.
  std::size_t sent_by(std::size_t side) const { return pipes_[side].sent(); }

  // One that is dialled:

  void begin_connecting() { made_ = false; }
  void connect() {
    made_ = true;
    simulated_pipe::tell(pipes_[0].on_room);
  }
  void refuse() {
    cut_ = true;
    trouble_ = "connection refused";
    for (simulated_pipe& pipe : pipes_) pipe.end_now();
  }
  bool is_made() const { return made_; }

  /// It breaks once so many bytes have been sent in one direction; `call` then says so.
  void break_after(std::size_t bytes, std::function<void()> call) {
    for (simulated_pipe& pipe : pipes_) pipe.break_after(bytes);
    on_break_ = std::move(call);
  }

 private:
  void lose() {
    cut_ = true;
    trouble_ = "connection reset by peer";
    for (simulated_pipe& pipe : pipes_) pipe.lose();
  }
  void wear_out() {
    if (cut_) return;
    cut_unnoticed(how_.longest_unnoticed);
    on_break_();
  }

  class one_end final : public connection {
   public:
    one_end(simulated_link& of, std::size_t side) : link_(of), out_(of.pipes_[side]), in_(of.pipes_[1 - side]) {
      ++link_.held_;
    }
    ~one_end() override {
      --link_.held_;
      on_ready({});
      out_.close();
    }
    std::size_t send(std::span<piece const> pieces) override {
      if (!link_.made_) return 0;
      std::size_t taken = 0;
      for (piece const& one : pieces) {
        std::size_t const of_one = out_.send(one);
        taken += of_one;
        if (of_one != one.size()) break;
      }
      if (out_.worn_out()) link_.wear_out();
      return taken;
    }
    std::size_t receive(std::span<std::byte> into) override { return in_.receive(into); }
    bool open() const override { return in_.open(); }
    std::string trouble() const override {
      return link_.trouble_.empty() ? connection::trouble() : link_.trouble_;
    }
    void on_ready(std::function<void()> call) override {
      in_.on_data = call;
      out_.on_room = std::move(call);
    }

   private:
    simulated_link& link_;
    simulated_pipe& out_;
    simulated_pipe& in_;
  };

  simulated_runtime& world_;
  simulated_network how_;
  simulated_pipe pipes_[2];
  bool made_ = true;
  bool cut_ = false;
  unsigned held_ = 0;
  std::string trouble_;
  std::function<void()> on_break_;
};

}  // namespace leat::detail
