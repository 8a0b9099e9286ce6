// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/list.hpp>
#include <leat/error.hpp>
#include <leat/route/exchange/inbox.hpp>
#include <leat/route/exchange/remote_channels.hpp>
#include <leat/route/peers/incoming_frame.hpp>
#include <leat/route/peers/peer_service.hpp>
#include <leat/route/peers/peers.hpp>

#include <cstddef>
#include <memory>
#include <vector>

namespace leat::detail {

/// The channels between workers of this process and workers of others: a service of the peers, that carries records one
/// way and credit the other. A channel has the number of its exchange, which is the number of a node of the flow, and
/// the numbers of its two workers.
///
/// It hands what has come to the channels' inboxes, which credit bounds. Without one of the processes records are
/// missing, so its loss ends the run.
class channels final : public remote_channels, public peer_service {
 public:
  struct settings {
    unsigned workers = 1;       ///< of each process
    std::size_t exchanges = 0;  ///< their numbers are below this
    std::size_t bytes = 1;      ///< of credit, for each channel
  };

  channels(peers& through, settings configuration);
  ~channels();

  void receive(unsigned process, incoming_frame&& frame) override;
  [[noreturn]] void lose(unsigned process, cluster_error const& error) override;

  /// Calls `wake(worker)` for each worker of this process that something, or room, has come for since the last call.
  template <class F>
  void wake_receivers(F&& wake) {
    for (unsigned const worker : to_wake_) wake(worker);
    to_wake_.clear();
  }

 private:
  unsigned process_of(unsigned worker) const { return worker / workers_; }
  bool is_at(unsigned worker, unsigned process) const { return worker < total_ && process_of(worker) == process; }

  /// By the exchange, whose channels are looked up in a table once there is one; by the worker there, and the worker
  /// here.
  template <class Part>
  using by_channel = std::vector<std::vector<std::unique_ptr<Part>>>;

  template <class Part>
  Part& of_channel(by_channel<Part>& parts, std::size_t exchange, unsigned remote, unsigned local) {
    std::vector<std::unique_ptr<Part>>& of_exchange = parts[exchange];
    if (of_exchange.empty()) of_exchange.resize(std::size_t{total_} * workers_);
    std::unique_ptr<Part>& part = of_exchange[std::size_t{remote} * workers_ + local % workers_];
    if (!part) part = std::make_unique<Part>(bytes_);
    return *part;
  }
  sending_place place_of_sender(std::size_t exchange, unsigned from, unsigned to) override;
  receiving_place place_of_receiver(std::size_t exchange, unsigned from, unsigned to) override;
  inbox& inbox_of(std::size_t exchange, unsigned from, unsigned to) { return of_channel(inboxes_, exchange, from, to); }
  sender_credit& credit_of(std::size_t exchange, unsigned to, unsigned from) {
    return of_channel(credits_, exchange, to, from);
  }

  void receive_message(unsigned process, incoming_frame&& frame);
  void receive_credit(unsigned process, frame_header const& header);
  void wake_later(unsigned worker);

  peers& peers_;
  unsigned workers_;
  unsigned total_;
  std::size_t bytes_;
  by_channel<inbox> inboxes_;
  by_channel<sender_credit> credits_;
  list<unsigned> to_wake_;
};

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/route/exchange/channels.ipp>
#endif
