// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/graph.hpp>
#include <leat/op/assembly.hpp>
#include <leat/route/channel.hpp>
#include <leat/route/remote_channels.hpp>
#include <leat/route/packet.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <new>
#include <vector>

namespace leat::detail {

/// Objects that cannot be moved, side by side, each made of the same argument.
template <class T>
class fixed_row {
 public:
  template <class Argument>
  fixed_row(std::size_t count, Argument const& of) : first_(std::allocator<T>().allocate(count)), room_(count) {
    for (; made_ != count; ++made_) ::new (static_cast<void*>(first_ + made_)) T(of);
  }
  fixed_row(fixed_row const&) = delete;
  fixed_row& operator=(fixed_row const&) = delete;
  ~fixed_row() {
    std::destroy_n(first_, made_);
    std::allocator<T>().deallocate(first_, room_);
  }
  T& operator[](std::size_t i) { return first_[i]; }

 private:
  T* first_;
  std::size_t room_;
  std::size_t made_ = 0;
};

/// The channels of one exchange between the workers of this process. Made once per process; ends to workers of other
/// processes come from who holds the connections.
template <class T>
class exchange_channels {
 public:
  exchange_channels(node const& described, process_parts& process, std::size_t packet_records)
      : node_(described), first_(process.first_worker), local_(process.local_workers), net_(process.net) {
    limits_.packet_records = packet_records;
    limits_.bytes = process.channel_bytes;
    // Large records make large packets, of which fewer are within the credit.
    limits_.packets = std::clamp<std::size_t>(process.channel_packets * packet_bytes / (packet_records * sizeof(T)), 1,
                                              process.channel_packets);
    std::size_t const pairs = std::size_t{local_} * local_;
    if (local_ <= most_with_rings)
      large_ = std::make_unique<fixed_row<channel<T, false>>>(pairs, limits_);
    else
      small_ = std::make_unique<fixed_row<channel<T, true>>>(pairs, limits_);
  }

  sending_end<T>& to(unsigned from, unsigned worker) {
    if (!is_local(worker)) return net_->sender<T>(node_, from, worker, limits_.packet_records);
    std::size_t const pair = pair_of(from, worker);
    if (large_) return (*large_)[pair];
    return (*small_)[pair];
  }
  /// `hashed`: with each record comes the hash of its key.
  receiving_end<T>& from(unsigned worker, unsigned to, bool hashed) {
    if (!is_local(worker)) return net_->receiver<T>(node_, worker, to, limits_.packet_records, hashed);
    std::size_t const pair = pair_of(worker, to);
    if (large_) return (*large_)[pair];
    return (*small_)[pair];
  }

 private:
  /// More workers than this have a channel of another kind for each pair: a ring of 5 KiB would be most of the memory.
  static constexpr unsigned most_with_rings = 32;

  bool is_local(unsigned worker) const { return worker >= first_ && worker < first_ + local_; }
  std::size_t pair_of(unsigned from, unsigned to) const {
    return std::size_t{from - first_} * local_ + (to - first_);
  }

  node const& node_;
  unsigned first_;
  unsigned local_;
  remote_channels* net_;
  channel_limits limits_;
  std::unique_ptr<fixed_row<channel<T, false>>> large_;
  std::unique_ptr<fixed_row<channel<T, true>>> small_;
};

}  // namespace leat::detail
