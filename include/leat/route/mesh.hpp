// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/error.hpp>
#include <leat/graph.hpp>
#include <leat/op/stage.hpp>
#include <leat/route/codec/codec.hpp>
#include <leat/route/failure.hpp>
#include <leat/route/frame.hpp>
#include <leat/route/frame_seal.hpp>
#include <leat/route/inbox.hpp>
#include <leat/route/incoming.hpp>
#include <leat/route/link.hpp>
#include <leat/route/liveness.hpp>
#include <leat/route/outgoing.hpp>
#include <leat/route/partition_lists.hpp>
#include <leat/route/remote.hpp>

#include <algorithm>
#include <chrono>
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
class mesh {
 public:
  struct settings {
    unsigned process = 0;
    unsigned workers = 1;  ///< of each process
    std::size_t channel_bytes = 1;
    liveness::limits alive;
    /// How many turns a worker of this process has begun and ended.
    std::function<std::uint64_t(unsigned)> turns_of;
    /// Takes lines for the person who started the run.
    std::function<void(std::string const&)> say;
    /// By process, what its connection's frames are sealed by; none: they bear a checksum.
    std::vector<frame_seals> seals = {};
  };

  mesh(graph const& flow, settings how, connections others)
      : flow_(flow), process_(how.process), workers_(how.workers), channel_bytes_(how.channel_bytes),
        total_(how.workers * static_cast<unsigned>(others.size())),
        alive_(how.alive, others.size(), how.workers, std::move(how.say)), turns_of_(std::move(how.turns_of)) {
    how.seals.resize(others.size());
    for (unsigned i = 0; i != others.size(); ++i)
      peers_.push_back(std::make_unique<peer>(i, std::move(others[i]), std::move(how.seals[i])));
    inboxes_.resize(flow.nodes().size());
    credits_.resize(flow.nodes().size());
  }

  /// Where other processes' readiness is told, on any thread.
  void on_ready(std::function<void()> const& call) {
    for (auto const& p : peers_)
      if (p->link) p->link->on_ready(call);
  }

  /// The descriptors of the connections that something is waited for of.
  void add_awaited(std::vector<awaited>& all) const {
    for (auto const& p : peers_) {
      bool const waited_for = p->link && (!p->last_frame_read || p->out.blocked() || (failing_until_ && !has_told(*p)));
      if (waited_for && p->link->descriptor() >= 0) all.push_back({p->link->descriptor(), p->out.blocked()});
    }
  }

  /// While the workers are put together: the ends of a channel between `from` and `to`, one of them here.
  template <class T>
  sending_end<T>& sender(node const& described, unsigned from, unsigned to, std::size_t packet_records) {
    auto made = std::make_shared<remote_sender<T>>(peer_of(to).out, credit(described.id, to, from), described, from, to,
                                                   packet_records);
    ends_.push_back(made);
    return *made;
  }
  template <class T>
  receiving_end<T>& receiver(node const& described, unsigned from, unsigned to, std::size_t packet_records,
                             bool hashed = false) {
    auto made = std::make_shared<remote_receiver<T>>(peer_of(from).out, box(described.id, from, to), described, from,
                                                     to, packet_records, channel_bytes_, hashed ? total_ : 0);
    ends_.push_back(made);
    return *made;
  }

  /// Tells the others which partitions this process can open. Throws run_error when their names do not fit one frame.
  void share(partition_lists const& mine) {
    for_each_peer([&](peer& p) {
      byte_buffer frame = p.out.blank();
      encode_lists(mine, flow_, process_ * workers_, frame);
      p.out.put(std::move(frame), frame_header::of(frame_type::partitions));
    });
    peers_[process_]->lists = mine;
  }
  bool all_have_shared() const {
    return std::all_of(peers_.begin(), peers_.end(), [](auto const& p) { return p->lists.has_value(); });
  }
  partition_lists const& lists_of(unsigned process) const { return *peers_[process]->lists; }

  /// True when bytes moved. Throws run_error when another process has failed, is lost, or sends nonsense.
  bool turn(steady_time now) {
    bool progress = false;
    touched_.clear();
    if (alive_.look(now) && !goodbye_said_) say_alive();
    for_each_peer([&](peer& p) {
      progress = write(p, now) || progress;
      progress = read(p, now) || progress;
    });
    return progress;
  }

  /// The workers of this process that the last turn brought something, or room.
  list<unsigned> const& touched() const { return touched_; }

  bool stop_heard() const { return stop_heard_; }
  /// After its goodbye a process has nothing to stop any more, and nobody listens.
  void say_stop() {
    if (!goodbye_said_ && !std::exchange(stop_said_, true)) say(frame_type::stop);
  }

  /// All workers of this process have done their work, and will not fail any more.
  void say_goodbye() {
    if (!std::exchange(goodbye_said_, true)) say(frame_type::goodbye);
  }
  /// Every process has said goodbye, and knows that this one has, or is gone and will not hear it.
  bool parted() {
    bool all = goodbye_said_;
    for_each_peer([&](peer& p) { all = all && p.last_frame_read && (p.out.empty() || is_gone(p)); });
    return all;
  }

  /// Tells the others why this process failed, or passes on why another did, and hears what they failed of. To be called
  /// until it is true: all know, or are gone, or have not answered for a second.
  bool tell_failure(process_failure const& mine, steady_time now) {
    if (!failing_until_) {
      failing_until_ = now + std::chrono::seconds(1);
      process_failure const first = cause_ ? *cause_ : mine;
      consider(first);
      for_each_peer([&](peer& p) { say_failure(p, first); });  // also to one that said goodbye: it waits for ours
    }
    bool told = true;
    for_each_peer([&](peer& p) {
      hear_failure(p);
      p.out.write(*p.link);
      told = told && (has_told(p) ? p.lost || p.out.empty() || !p.link->open() : !p.link->open());
    });
    return told || now >= *failing_until_;
  }
  /// What all fail of, once all have been told: of several causes the one that all choose. Throws it if it is another
  /// process's.
  void fail_as_all() const {
    if (cause_ && cause_->process != process_) cause_->rethrow();
  }
  steady_time wake_at() const {
    if (failing_until_) return *failing_until_;
    steady_time first = alive_.wake_at();
    for (auto const& p : peers_)
      if (p->link) first = (std::min)(first, p->waits_until);
    return first;
  }

  /// Nothing is said or heard any more. What was sent still arrives.
  void close() {
    for_each_peer([](peer& p) { p.link.reset(); });
  }

 private:
  struct peer {
    peer(unsigned process, std::unique_ptr<connection> to, frame_seals seals)
        : number(process), link(std::move(to)), out(std::move(seals.out)), in(process, std::move(seals.in)) {}
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
  inbox& box(std::size_t node, unsigned from, unsigned to) { return of_channel(inboxes_, node, from, to); }
  sender_credit& credit(std::size_t node, unsigned to, unsigned from) { return of_channel(credits_, node, to, from); }

  void say(frame_type type) {
    frame_header header;
    header.type = type;
    for_each_peer([&](peer& p) { p.out.put(header); });
  }
  static void say_failure(peer& p, process_failure const& what) {
    frame_header header;
    header.type = frame_type::failure;
    byte_buffer frame = p.out.blank();
    encode(what.all_fields(), frame);
    p.out.put(std::move(frame), header);
  }

  /// Several processes may fail at once, each of its own cause. Each has told all others one, so that all choose the same.
  void consider(process_failure const& another) {
    if (!cause_ || another.outranks(*cause_)) cause_ = another;
  }

  static bool has_told(peer const& p) { return p.failed || p.lost; }
  /// Whatever else still comes in makes room for what goes out.
  void hear_failure(peer& p) {
    if (p.lost) return;
    try {
      while (p.in.read(*p.link, [&](incoming_frame one) {
        if (one.header.type == frame_type::failure && !std::exchange(p.failed, true)) take_failure(p, one.payload);
        return true;
      }) != 0) {
      }
    } catch (cluster_error const&) {
      p.lost = true;
    }
  }
  process_failure take_failure(peer& p, std::span<std::byte const> payload) {
    process_failure const told(decoded<process_failure::fields>(p, payload));
    consider(told);
    return told;
  }

  void say_alive() {
    list<std::uint64_t> turns;
    for (unsigned i = 0; i != workers_; ++i) turns.push_back(turns_of_(i));
    for_each_peer([&](peer& p) {
      frame_header header;
      header.type = frame_type::heartbeat;
      header.count = workers_;
      byte_buffer frame = p.out.blank();
      for (std::uint64_t const one : turns) {
        frame.make_room(sizeof one);
        frame.set_end(put_little_endian(one, frame.end()));
      }
      p.out.put(std::move(frame), header);
    });
  }

  /// Credit that nobody can be waiting for travels with something else, if that comes soon.
  static bool write(peer& p, steady_time now) {
    if (p.out.nothing_urgent()) {
      if (p.out.empty()) return false;
      if (p.waits_until == never) p.waits_until = now + std::chrono::milliseconds(1);
      if (now < p.waits_until) return false;
    }
    p.waits_until = never;
    return p.out.write(*p.link);
  }

  /// Nothing is read any more of one that has said its last, so this looks.
  static bool is_gone(peer& p) {
    p.in.discard(*p.link);
    return !p.link->open();
  }

  bool read(peer& p, steady_time now) {
    bool progress = false;
    auto const take = [&](incoming_frame one) {
      accept(p, std::move(one), now);
      return !p.last_frame_read;
    };
    for (unsigned n = 0; n != reads_per_turn && !p.last_frame_read; ++n) {
      std::size_t const got = p.in.read(*p.link, take);
      progress = progress || got != 0;
      if (got < full_read) break;
    }
    if (progress) alive_.heard(p.number, now);
    if (p.last_frame_read) return progress;
    try {
      if (!p.link->open())
        throw cluster_error(cluster_error::status::lost,
                            "process " + std::to_string(p.number) + " was lost: " + p.link->trouble());
      if (!progress) alive_.judge(p.number, now);
    } catch (cluster_error const&) {
      p.lost = true;
      throw;
    }
    return progress;
  }

  void accept(peer& p, incoming_frame one, steady_time now) {
    frame_header const header = one.header;
    std::span<std::byte const> const payload = one.payload;
    switch (header.type) {
      case frame_type::message: {
        bool const good = header.node < flow_.nodes().size() && header.from < total_ && &peer_of(header.from) == &p &&
                          header.to < total_ && is_local(header.to) && header.has_good_mark() && header.hashed <= 1 &&
                          header.spare == 0;
        if (!good) refuse_peer(p.number, "a message for a channel that does not exist");
        if (!box(header.node, header.from, header.to).put(std::move(one)))
          refuse_peer(p.number, "more messages for a channel than there was credit for");
        touch(header.to);
        return;
      }
      case frame_type::credit: {
        bool const good = header.node < flow_.nodes().size() && header.from < total_ && is_local(header.from) &&
                          header.to < total_ && &peer_of(header.to) == &p;
        if (!good) refuse_peer(p.number, "credit for a channel that does not exist");
        sender_credit& account = credit(header.node, header.to, header.from);
        std::int64_t const bytes = account.bytes.fetch_add(header.count, std::memory_order_release) + header.count;
        if (bytes > static_cast<std::int64_t>(channel_bytes_) ||
            account.messages.fetch_sub(header.messages, std::memory_order_release) < header.messages)
          refuse_peer(p.number, "more credit for a channel than was taken");
        touch(header.from);
        return;
      }
      case frame_type::partitions:
        if (p.lists) refuse_peer(p.number, "its partitions a second time");
        p.lists = decoded<partition_lists>(p, payload);
        return;
      case frame_type::stop: stop_heard_ = true; return;
      case frame_type::heartbeat: {
        list<std::uint64_t> turns;
        read_heartbeat(p, header, payload, turns);
        alive_.progress(p.number, {turns.begin(), turns.size()}, now);
        return;
      }
      case frame_type::goodbye: p.last_frame_read = true; return;
      case frame_type::failure: {
        p.last_frame_read = true;
        p.failed = true;
        take_failure(p, payload).rethrow();
      }
    }
    refuse_peer(p.number, "a frame of unknown type " + std::to_string(static_cast<unsigned>(header.type)));
  }

  void touch(unsigned worker) {
    if (std::find(touched_.begin(), touched_.end(), worker) == touched_.end()) touched_.push_back(worker);
  }

  void read_heartbeat(peer& p, frame_header const& header, std::span<std::byte const> payload,
                      list<std::uint64_t>& turns) {
    if (header.count != workers_ || payload.size() != workers_ * sizeof(std::uint64_t))
      refuse_peer(p.number, "a heartbeat of another number of workers");
    for (std::size_t at = 0; at != payload.size(); at += sizeof(std::uint64_t)) {
      std::uint64_t value = 0;
      get_little_endian(value, payload.data() + at);
      turns.push_back(value);
    }
  }

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
  liveness alive_;
  std::function<std::uint64_t(unsigned)> turns_of_;
  list<unsigned> touched_;
  std::vector<std::unique_ptr<peer>> peers_;
  by_channel<inbox> inboxes_;
  by_channel<sender_credit> credits_;
  std::vector<std::shared_ptr<void>> ends_;
  bool stop_heard_ = false;
  bool stop_said_ = false;
  bool goodbye_said_ = false;
  std::optional<process_failure> cause_;
  std::optional<steady_time> failing_until_;
};

}  // namespace leat::detail
