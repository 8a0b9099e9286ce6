// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/lean_chrono.hpp>
#include <leat/detail/lean_function.hpp>
#include <leat/route/peers/link.hpp>
#include <leat/run/simulated/link.hpp>
#include <leat/run/simulated/runtime.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace leat::detail {

LEAT_INLINE simulated_pipe::simulated_pipe(simulated_runtime& world, simulated_network network)
    : world_(world), network_(network) {
  if (network_.uneven) network_.longest_delay = world_.draw_delay(network_.longest_delay);
}

LEAT_INLINE std::size_t simulated_pipe::send(std::span<std::byte const> bytes) {
  if (closed_) return 0;
  std::size_t const room = network_.capacity - (std::min)(network_.capacity, bytes_.size() - taken_ + lost_);
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

LEAT_INLINE std::size_t simulated_pipe::receive(std::span<std::byte> into) {
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

LEAT_INLINE void simulated_pipe::close() {
  if (!broken_) end();
}

LEAT_INLINE void simulated_pipe::lose() {
  bytes_.resize(arrived_);
  broken_ = true;
  until_break_ = endless;
}

LEAT_INLINE void simulated_pipe::end() {
  closed_ = true;
  schedule();
}

LEAT_INLINE void simulated_pipe::end_now() {
  closed_ = end_arrived_ = true;
  tell(on_data);
}

LEAT_INLINE void simulated_pipe::tell(std::function<void()> const& call) {
  if (call) call();
}

LEAT_INLINE void simulated_pipe::schedule() {
  if (std::exchange(under_way_, true)) return;
  bool const stalls = network_.stalls_one_in != 0 && world_.draw() % network_.stalls_one_in == 0;
  world_.after(world_.draw_delay(stalls ? network_.longest_stall : network_.longest_delay), [this] { arrive(); });
}

LEAT_INLINE void simulated_pipe::arrive() {
  under_way_ = false;
  std::size_t const left = bytes_.size() - arrived_;
  std::uint64_t const chance = world_.draw();
  if (network_.longest_piece != 0)
    arrived_ += (std::min)(left, 1 + chance % network_.longest_piece);
  else if (left != 0)
    arrived_ += chance % 2 == 0 ? left : 1 + (chance >> 1) % left;
  if (arrived_ != bytes_.size())
    schedule();
  else
    end_arrived_ = closed_;
  tell(on_data);
}

LEAT_INLINE void simulated_link::cut() {
  lose();
  for (simulated_pipe& pipe : pipes_) pipe.end();
}

LEAT_INLINE void simulated_link::cut_unnoticed(std::chrono::nanoseconds longest) {
  lose();
  for (simulated_pipe& pipe : pipes_) world_.after(world_.draw_delay(longest), [&pipe] { pipe.end(); });
}

LEAT_INLINE void simulated_link::connect() {
  connected_ = true;
  simulated_pipe::tell(pipes_[0].on_room);
}

LEAT_INLINE void simulated_link::refuse() {
  cut_ = true;
  error_ = "connection refused";
  for (simulated_pipe& pipe : pipes_) pipe.end_now();
}

LEAT_INLINE void simulated_link::break_after(std::size_t bytes, std::function<void()> call) {
  for (simulated_pipe& pipe : pipes_) pipe.break_after(bytes);
  on_break_ = std::move(call);
}

LEAT_INLINE void simulated_link::lose() {
  cut_ = true;
  error_ = "connection reset by peer";
  for (simulated_pipe& pipe : pipes_) pipe.lose();
}

LEAT_INLINE void simulated_link::wear_out() {
  if (cut_) return;
  cut_unnoticed(network_.longest_unnoticed);
  on_break_();
}

LEAT_INLINE simulated_link::link_end::link_end(simulated_link& of, std::size_t side)
    : link_(of), out_(of.pipes_[side]), in_(of.pipes_[1 - side]) {
  ++link_.held_;
}

LEAT_INLINE simulated_link::link_end::~link_end() {
  --link_.held_;
  on_ready({});
  out_.close();
}

LEAT_INLINE std::size_t simulated_link::link_end::send(std::span<piece const> pieces) {
  if (!link_.connected_) return 0;
  std::size_t taken = 0;
  for (piece const& bytes : pieces) {
    std::size_t const of_one = out_.send(bytes);
    taken += of_one;
    if (of_one != bytes.size()) break;
  }
  if (out_.worn_out()) link_.wear_out();
  return taken;
}

LEAT_INLINE std::string simulated_link::link_end::error() const {
  return link_.error_.empty() ? connection::error() : link_.error_;
}

LEAT_INLINE void simulated_link::link_end::on_ready(std::function<void()> call) {
  in_.on_data = call;
  out_.on_room = std::move(call);
}

}  // namespace leat::detail
