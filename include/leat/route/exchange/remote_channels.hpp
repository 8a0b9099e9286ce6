// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/list.hpp>
#include <leat/graph.hpp>
#include <leat/op/running/slot_ownership.hpp>
#include <leat/route/exchange/packet.hpp>
#include <leat/route/exchange/remote.hpp>

#include <cstddef>

namespace leat::detail {

/// What an exchange needs of whoever carries records to other processes (`channels`): the two ends of a channel between
/// a worker of this process and one of another. Used while workers are put together.
class remote_channels {
 public:
  /// The end at `from`, which is here; `to` is there.
  template <class T>
  sending_end<T>& sender(node const& described, unsigned from, unsigned to, std::size_t packet_records) {
    sending_place const place = place_of_sender(described.id, from, to);
    return ends_.add<remote_sender<T>>(place.out, place.credit, described, from, to, packet_records);
  }
  /// The end at `to`, which is here; `from` is there. With `owners`, who owns the keys, each record comes with
  /// the hash of its key; the ownership outlives the end.
  template <class T>
  receiving_end<T>& receiver(node const& described, unsigned from, unsigned to, std::size_t packet_records,
                             slot_ownership const* owners = nullptr) {
    receiving_place const place = place_of_receiver(described.id, from, to);
    return ends_.add<remote_receiver<T>>(place.out, place.box, described, from, to, packet_records, place.channel_bytes,
                                         owners);
  }

 protected:
  struct sending_place {
    outgoing_frames& out;
    sender_credit& credit;
  };
  struct receiving_place {
    outgoing_frames& out;  ///< in which credit goes back
    inbox& box;
    std::size_t channel_bytes;
  };

  remote_channels() = default;
  ~remote_channels() = default;

  /// Before what the ends refer to goes.
  void drop_ends() { ends_.clear(); }

 private:
  virtual sending_place place_of_sender(std::size_t node, unsigned from, unsigned to) = 0;
  virtual receiving_place place_of_receiver(std::size_t node, unsigned from, unsigned to) = 0;

  owners<channel_end> ends_;
};

}  // namespace leat::detail
