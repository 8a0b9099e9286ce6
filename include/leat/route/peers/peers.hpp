// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/lean_function.hpp>
#include <leat/detail/list.hpp>
#include <leat/op/running/time_points.hpp>
#include <leat/route/frame_type.hpp>
#include <leat/route/peers/failure_detector.hpp>
#include <leat/route/peers/frame.hpp>
#include <leat/route/peers/frame_seal.hpp>
#include <leat/route/peers/incoming.hpp>
#include <leat/route/peers/link.hpp>
#include <leat/route/peers/outgoing.hpp>
#include <leat/route/peers/peer_service.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace leat::detail {

/// The other processes of a cluster: the bytes and the frames to and from each, the frames' numbers, and heartbeats. It
/// knows no flow and no run, and may outlive a run: what the frames mean is known to the services upon it.
///
/// One thread at a time calls it; any worker of this process may put frames into `to`. Reading never waits for an
/// operator, so that no channel can hold up another.
class peers {
 public:
  struct settings {
    unsigned process = 0;
    failure_detector::limits alive;
    unsigned workers = 1;  ///< of each process, by which a heartbeat tells of them
    /// How many turns a worker of this process has begun and ended.
    std::function<std::uint64_t(unsigned)> turns_of;
    /// Takes lines for the person who started the run.
    std::function<void(std::string const&)> log;
    /// By process, what its connection's frames are sealed by; none: they bear a checksum.
    std::vector<frame_seals> seals = {};
  };

  /// `others` are the connections to each process, none to this one itself.
  peers(settings configuration, connections others);

  /// From now on frames of these types are for `handler`, and it hears of lost processes. Throws std::logic_error for a
  /// type that another service has.
  void serve(std::initializer_list<frame_type> types, peer_service& handler);
  /// Frames of its types are refused again.
  void end_service(peer_service& handler);

  unsigned process() const { return process_; }
  /// All processes, this one among them.
  unsigned count() const { return static_cast<unsigned>(peers_.size()); }

  /// Calls `f(process)` for each other process.
  template <class F>
  void for_each_other(F&& f) const {
    for (auto const& p : peers_)
      if (p->link) f(p->number);
  }

  /// The frames on their way to a process. Those to a lost one are thrown away.
  outgoing_frames& to(unsigned process) { return peers_[process]->out; }
  /// A frame without payload.
  void send_to_all(frame_type type);
  /// Nothing follows it, not even a heartbeat.
  void send_last_to_all(frame_type type);

  /// Reads and writes what there is, hands frames to their services, and sends a heartbeat when one is due. True when
  /// bytes moved. Throws what a service throws, and run_error when another process sends nonsense.
  bool turn(steady_time now);
  /// Only writes what there is, and a heartbeat when one is due, for a process that cannot take anything just now. True
  /// when bytes moved.
  bool write_only(steady_time now);
  /// Not without a turn past this time.
  steady_time wake_at() const;
  /// The descriptors of the connections that something is waited for of.
  void add_awaited(std::vector<awaited>& awaited) const;
  /// Where connections have no descriptor, `call` is made on any thread when one is ready.
  void on_ready(std::function<void()> const& call);

  /// Whether nothing is received from this process any more, nor sent to it.
  bool is_lost(unsigned process) const { return peers_[process]->lost; }
  /// Whether something may still come from this process. A service says so, by the type of a frame after which nothing
  /// comes: then the end of the connection is no loss. Or it takes that back.
  bool expects(unsigned process) const { return peers_[process]->expected; }
  void expect(unsigned process, bool more) { peers_[process]->expected = more; }

  /// Reads what has come from a process, past the services, calling `take(incoming_frame&)`; in several calls where it
  /// is very much. What is no frame makes the process a lost one.
  template <class Take>
  void drain(unsigned process, Take&& take) {
    peer& p = *peers_[process];
    if (p.lost) return;
    try {
      auto const take_all = [&](incoming_frame frame) {
        take(frame);
        return true;
      };
      for (unsigned n = 0; n != incoming_frames::most_reads && p.in.read(*p.link, take_all) != 0;) ++n;
    } catch (cluster_error const&) {
      p.lost = true;
      p.expected = false;
    }
  }
  /// Sends what there is room for, whether or not it is urgent. True when nothing is left.
  bool flush(unsigned process);
  /// Whether all frames to this process have been taken by its connection, or it is gone. Reads what comes only to make
  /// room.
  bool all_sent_or_gone(unsigned process);
  bool is_open(unsigned process) const { return peers_[process]->link->open(); }

  /// Nothing is sent or received any more. What was sent still arrives.
  void close();

 private:
  struct peer {
    peer(unsigned process, std::unique_ptr<connection> to, frame_seals seals);
    unsigned number;
    std::unique_ptr<connection> link;  ///< null for this process itself
    outgoing_frames out;
    incoming_frames in;
    steady_time waits_until = never;  ///< for company, what is to be sent and is not urgent
    bool expected = true;
    bool lost = false;
  };
  static constexpr unsigned reads_per_turn = 8;
  /// Less than this, and all that has come is read.
  static constexpr std::size_t full_read = 4096;
  static constexpr std::size_t type_numbers = 256;

  void send_heartbeat();

  /// Frames that are not urgent wait up to 1 ms for others to go with.
  static bool write(peer& p, steady_time now);
  bool read(peer& p, steady_time now);
  void accept(peer& p, incoming_frame&& frame, steady_time now);
  void read_heartbeat(peer const& p, incoming_frame const& frame, steady_time now);

  /// Throws what the first service throws, once all have been told.
  [[gnu::cold]] void tell_services(peer& p, cluster_error const& error);

  unsigned process_;
  unsigned workers_;
  failure_detector alive_;
  std::function<std::uint64_t(unsigned)> turns_of_;
  std::vector<std::unique_ptr<peer>> peers_;
  std::array<peer_service*, type_numbers> service_of_{};  ///< by type of frame
  list<peer_service*> services_;
  bool last_sent_ = false;
};

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/route/peers/peers.ipp>
#endif
