// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/graph.hpp>
#include <leat/op/assembly.hpp>
#include <leat/route/channel.hpp>
#include <leat/route/mesh.hpp>
#include <leat/route/packet.hpp>

#include <cstddef>
#include <memory>
#include <vector>

namespace leat::detail {

/// The channels of one exchange between the workers of this process. Made once per process; ends to workers of other
/// processes come from the mesh.
template <class T>
class exchange_channels {
 public:
  exchange_channels(node const& described, process_parts& process, std::size_t packet_records)
      : node_(described), first_(process.first_worker), local_(process.local_workers), net_(process.net),
        packet_records_(packet_records) {
    for (unsigned i = 0; i != local_ * local_; ++i)
      channels_.push_back(std::make_unique<channel<T>>(packet_records, process.channel_packets));
  }

  sending_end<T>& to(unsigned from, unsigned worker) {
    if (is_local(worker)) return *channels_[(from - first_) * local_ + (worker - first_)];
    return net_->sender<T>(node_, from, worker, packet_records_);
  }
  /// `hashed`: with each record comes the hash of its key.
  receiving_end<T>& from(unsigned worker, unsigned to, bool hashed) {
    if (is_local(worker)) return *channels_[(worker - first_) * local_ + (to - first_)];
    return net_->receiver<T>(node_, worker, to, packet_records_, hashed);
  }

 private:
  bool is_local(unsigned worker) const { return worker >= first_ && worker < first_ + local_; }

  node const& node_;
  unsigned first_;
  unsigned local_;
  mesh* net_;
  std::size_t packet_records_;
  std::vector<std::unique_ptr<channel<T>>> channels_;
};

}  // namespace leat::detail
