// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/lean_chrono.hpp>
#include <leat/detail/lean_function.hpp>
#include <leat/route/peers/link.hpp>
#include <leat/run/simulated/runtime.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string>
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
  simulated_pipe(simulated_runtime& world, simulated_network network);

  std::size_t send(std::span<std::byte const> bytes);
  /// As over TCP, the end is only seen by who receives, when all else has been.
  std::size_t receive(std::span<std::byte> into);

  /// Nothing more is sent. What is under way still arrives, and then that this was all.
  void close();
  /// What is under way is lost, and all that is sent from now on.
  void lose();
  /// The receiver hears that nothing more comes.
  void end();
  void end_now();
  bool open() const { return !end_received_; }

  /// It takes so many bytes more before the link breaks.
  void break_after(std::size_t bytes) { until_break_ = bytes; }
  bool worn_out() const { return until_break_ == 0; }
  /// Bytes, in all.
  std::size_t sent() const { return sent_; }

  static void tell(std::function<void()> const& call);
  std::function<void()> on_data;
  std::function<void()> on_room;

 private:
  static constexpr std::size_t endless = (std::numeric_limits<std::size_t>::max)();

  void schedule();
  void arrive();

  simulated_runtime& world_;
  simulated_network network_;
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
  simulated_link(simulated_runtime& world, simulated_network network)
      : world_(world), network_(network), pipes_{{world, network}, {world, network}} {}

  /// What process `side`, 0 or 1, holds.
  std::unique_ptr<connection> end(std::size_t side) { return std::make_unique<link_end>(*this, side); }

  /// The link breaks, in both directions.
  void cut();
  /// It breaks, and each side hears of it after a time of its own.
  void cut_unnoticed(std::chrono::nanoseconds longest);
  bool is_cut() const { return cut_; }
  /// Whether there is somebody at both ends.
  bool is_held() const { return held_ == 2; }
  /// Bytes, by this side.
  std::size_t sent_by(std::size_t side) const { return pipes_[side].sent(); }

  // One that is dialled:

  void begin_connecting() { connected_ = false; }
  void connect();
  void refuse();
  bool is_made() const { return connected_; }

  /// It breaks once so many bytes have been sent in one direction; `call` then says so.
  void break_after(std::size_t bytes, std::function<void()> call);

 private:
  void lose();
  void wear_out();

  class link_end final : public connection {
   public:
    link_end(simulated_link& of, std::size_t side);
    ~link_end() override;
    std::size_t send(std::span<piece const> pieces) override;
    std::size_t receive(std::span<std::byte> into) override { return in_.receive(into); }
    bool open() const override { return in_.open(); }
    std::string error() const override;
    void on_ready(std::function<void()> call) override;

   private:
    simulated_link& link_;
    simulated_pipe& out_;
    simulated_pipe& in_;
  };

  simulated_runtime& world_;
  simulated_network network_;
  simulated_pipe pipes_[2];
  bool connected_ = true;
  bool cut_ = false;
  unsigned held_ = 0;
  std::string error_;
  std::function<void()> on_break_;
};

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/run/simulated/link.ipp>
#endif
