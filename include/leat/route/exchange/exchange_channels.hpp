// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/fixed_row.hpp>
#include <leat/graph.hpp>
#include <leat/op/running/worker_builder.hpp>
#include <leat/route/exchange/channel.hpp>
#include <leat/route/exchange/packet.hpp>
#include <leat/route/exchange/remote_channels.hpp>

#include <algorithm>
#include <cstddef>
#include <vector>

namespace leat::detail {

/// The channels of one exchange between the workers of this process. Made once per process; ends to workers of other
/// processes come from who holds the connections.
template <class T>
class exchange_channels {
 public:
  [[gnu::cold]] exchange_channels(node const& described, shared_by_workers& process, std::size_t packet_records)
      : node_(described), first_(process.first_worker), local_(process.local_workers), net_(process.net) {
    limits_.packet_records = packet_records;
    limits_.bytes = process.channel_bytes;
    // Large records make large packets, of which fewer are within the credit.
    limits_.packets = std::clamp<std::size_t>(process.channel_packets * packet_bytes / (packet_records * sizeof(T)), 1,
                                              process.channel_packets);
    std::size_t const pairs = std::size_t{local_} * local_;
    if (local_ <= most_with_rings)
      large_.fill(pairs, limits_);
    else
      small_.fill(pairs, limits_);
  }

  sending_end<T>& to(unsigned from, unsigned worker) {
    if (!is_local(worker)) return net_->sender<T>(node_, from, worker, limits_.packet_records);
    std::size_t const pair = pair_of(from, worker);
    if (large_.size() != 0) return large_[pair];
    return small_[pair];
  }
  /// With `owners`, who owns the keys, each record comes with the hash of its key.
  receiving_end<T>& from(unsigned worker, unsigned to, slot_ownership const* owners) {
    if (!is_local(worker)) return net_->receiver<T>(node_, worker, to, limits_.packet_records, owners);
    std::size_t const pair = pair_of(worker, to);
    if (large_.size() != 0) return large_[pair];
    return small_[pair];
  }

 private:
  /// More workers than this have a channel of another kind for each pair: a ring of 5 KiB would be most of the memory.
  static constexpr unsigned most_with_rings = 32;

  bool is_local(unsigned worker) const { return worker >= first_ && worker < first_ + local_; }
  std::size_t pair_of(unsigned from, unsigned to) const { return std::size_t{from - first_} * local_ + (to - first_); }

  node const& node_;
  unsigned first_;
  unsigned local_;
  remote_channels* net_;
  channel_limits limits_;
  fixed_row<channel<T, false>> large_;  ///< one of the two rows is empty
  fixed_row<channel<T, true>> small_;
};

}  // namespace leat::detail
