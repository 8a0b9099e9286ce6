// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/graph.hpp>
#include <leat/op/running/time_points.hpp>
#include <leat/route/codec/codec.hpp>
#include <leat/route/peers/failure.hpp>
#include <leat/route/peers/failure_detector.hpp>
#include <leat/route/peers/frame.hpp>
#include <leat/route/peers/frame_seal.hpp>
#include <leat/route/peers/inbox.hpp>
#include <leat/route/peers/incoming.hpp>
#include <leat/route/peers/link.hpp>
#include <leat/route/peers/outgoing.hpp>
#include <leat/route/peers/partition_lists.hpp>
#include <leat/route/peers/peers.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace leat::detail {

/// One process's links to all others. Its first worker drives it: in each turn it reads whatever has come, hands it to
/// the channels' queues, which credit bounds, and sends whatever waits. Reading never waits for an operator, so that no
/// channel can hold up another.
class mesh final : public peers {
 public:
  struct settings : peers::settings {
    /// By process, what its connection's frames are sealed by; none: they bear a checksum.
    std::vector<frame_seals> seals = {};
  };

  mesh(graph const& flow, settings how, connections others);
  ~mesh() override { drop_ends(); }

  void on_ready(std::function<void()> const& call) override;
  void add_awaited(std::vector<awaited>& all) const override;

  void share(partition_lists const& mine) override;
  bool all_have_shared() const override;
  partition_lists const& lists_of(unsigned process) const override { return *peers_[process]->lists; }

  bool turn(steady_time now) override;
  list<unsigned> const& to_wake() const override { return to_wake_; }

  bool stop_received() const override { return stop_received_; }
  void send_stop() override;
  void send_goodbye() override;
  bool parted() override;

  bool tell_failure(process_failure const& mine, steady_time now) override;
  void fail_as_all() const override;
  steady_time wake_at() const override;
  void close() override;

 private:
  struct peer {
    peer(unsigned process, std::unique_ptr<connection> to, frame_seals seals);
    unsigned number;
    std::unique_ptr<connection> link;  ///< null for this process itself
    outgoing_frames out;
    incoming_frames in;
    steady_time waits_until = never;  ///< for company, what is to be sent and is not urgent
    std::optional<partition_lists> lists;
    bool last_frame_read = false;  ///< it has said goodbye, or that it failed
    bool failed = false;
    bool lost = false;  ///< nothing is waited for of it
  };
  static constexpr unsigned reads_per_turn = 8;
  /// Less than this, and all that has come is read.
  static constexpr std::size_t full_read = 4096;

  template <class F>
  void for_each_peer(F&& f) {
    for (auto const& p : peers_)
      if (p->link) f(*p);
  }
  peer& peer_of(unsigned worker) { return *peers_[worker / workers_]; }
  bool is_local(unsigned worker) const { return worker / workers_ == process_; }

  /// By the node, whose channels are looked up in a table once there is one; by the worker there, and the worker here.
  template <class Part>
  using by_channel = std::vector<std::vector<std::unique_ptr<Part>>>;

  template <class Part>
  Part& of_channel(by_channel<Part>& all, std::size_t node, unsigned remote, unsigned local) {
    std::vector<std::unique_ptr<Part>>& of_node = all[node];
    if (of_node.empty()) of_node.resize(std::size_t{total_} * workers_);
    auto& made = of_node[std::size_t{remote} * workers_ + local % workers_];
    return made ? *made : *(made = std::make_unique<Part>(channel_bytes_));
  }
  sending_place place_of_sender(std::size_t node, unsigned from, unsigned to) override;
  receiving_place place_of_receiver(std::size_t node, unsigned from, unsigned to) override;
  inbox& box(std::size_t node, unsigned from, unsigned to) { return of_channel(inboxes_, node, from, to); }
  sender_credit& credit(std::size_t node, unsigned to, unsigned from) { return of_channel(credits_, node, to, from); }

  void send(frame_type type);
  static void send_failure(peer& p, process_failure const& what);

  /// Several processes may fail at once, each of its own cause. Each has told all others one, so that all choose the same.
  void consider(process_failure const& another);

  static bool has_told(peer const& p) { return p.failed || p.lost; }
  /// Whatever else still comes in makes room for what goes out.
  void receive_failure(peer& p);
  process_failure take_failure(peer& p, std::span<std::byte const> payload);

  void send_heartbeat();

  /// Credit that nobody can be waiting for travels with something else, if that comes soon.
  static bool write(peer& p, steady_time now);

  /// Nothing is read any more of one that has said its last, so this looks.
  static bool is_gone(peer& p);

  bool read(peer& p, steady_time now);

  void accept(peer& p, incoming_frame one, steady_time now);

  void wake_later(unsigned worker);

  void read_heartbeat(peer& p, frame_header const& header, std::span<std::byte const> payload,
                      list<std::uint64_t>& turns);

  template <class T>
  T decoded(peer& p, std::span<std::byte const> payload) {
    try {
      return decode<T>(payload);
    } catch (codec_error const& cause) {
      refuse_peer(p.number, cause.what());
    }
  }

  graph const& flow_;
  unsigned process_;
  unsigned workers_;
  std::size_t channel_bytes_;
  unsigned total_;
  failure_detector alive_;
  std::function<std::uint64_t(unsigned)> turns_of_;
  list<unsigned> to_wake_;
  std::vector<std::unique_ptr<peer>> peers_;
  by_channel<inbox> inboxes_;
  by_channel<sender_credit> credits_;
  bool stop_received_ = false;
  bool stop_sent_ = false;
  bool goodbye_sent_ = false;
  std::optional<process_failure> cause_;
  std::optional<steady_time> failing_until_;
};

/// Of processes that are connected from the beginning: `others` are the links to each, none for this process itself.
join_function joined_by(connections others);

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/route/peers/mesh.ipp>
#endif
