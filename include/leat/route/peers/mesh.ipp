// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/error.hpp>
#include <leat/graph.hpp>
#include <leat/op/running/time_points.hpp>
#include <leat/route/codec/codec.hpp>
#include <leat/route/exchange/remote.hpp>
#include <leat/route/peers/failure.hpp>
#include <leat/route/peers/failure_detector.hpp>
#include <leat/route/peers/frame.hpp>
#include <leat/route/peers/frame_seal.hpp>
#include <leat/route/peers/inbox.hpp>
#include <leat/route/peers/incoming.hpp>
#include <leat/route/peers/link.hpp>
#include <leat/route/peers/mesh.hpp>
#include <leat/route/peers/outgoing.hpp>
#include <leat/route/peers/partition_lists.hpp>

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

LEAT_INLINE mesh::mesh(graph const& flow, settings how, connections others)
    : flow_(flow),
      process_(how.process),
      workers_(how.workers),
      channel_bytes_(how.channel_bytes),
      total_(how.workers * static_cast<unsigned>(others.size())),
      alive_(how.alive, others.size(), how.workers, std::move(how.log)),
      turns_of_(std::move(how.turns_of)) {
  how.seals.resize(others.size());
  for (unsigned i = 0; i != others.size(); ++i)
    peers_.push_back(std::make_unique<peer>(i, std::move(others[i]), std::move(how.seals[i])));
  inboxes_.resize(flow.nodes().size());
  credits_.resize(flow.nodes().size());
}

LEAT_INLINE void mesh::on_ready(std::function<void()> const& call) {
  for (auto const& p : peers_)
    if (p->link) p->link->on_ready(call);
}

LEAT_INLINE void mesh::add_awaited(std::vector<awaited>& all) const {
  for (auto const& p : peers_) {
    bool const waited_for = p->link && (!p->last_frame_read || p->out.blocked() || (failing_until_ && !has_told(*p)));
    if (waited_for && p->link->descriptor() >= 0) all.push_back({p->link->descriptor(), p->out.blocked()});
  }
}

LEAT_INLINE mesh::sending_place mesh::place_of_sender(std::size_t node, unsigned from, unsigned to) {
  return {peer_of(to).out, credit(node, to, from)};
}

LEAT_INLINE mesh::receiving_place mesh::place_of_receiver(std::size_t node, unsigned from, unsigned to) {
  return {peer_of(from).out, box(node, from, to), channel_bytes_, total_};
}

LEAT_INLINE void mesh::share(partition_lists const& mine) {
  for_each_peer([&](peer& p) {
    byte_buffer frame = p.out.blank();
    encode_lists(mine, flow_, process_ * workers_, frame);
    p.out.put(std::move(frame), frame_header::of(frame_type::partitions));
  });
  peers_[process_]->lists = mine;
}

LEAT_INLINE bool mesh::all_have_shared() const {
  return std::all_of(peers_.begin(), peers_.end(), [](auto const& p) { return p->lists.has_value(); });
}

LEAT_INLINE bool mesh::turn(steady_time now) {
  bool progress = false;
  to_wake_.clear();
  if (alive_.look(now) && !goodbye_sent_) send_heartbeat();
  for_each_peer([&](peer& p) {
    progress = write(p, now) || progress;
    progress = read(p, now) || progress;
  });
  return progress;
}

LEAT_INLINE void mesh::send_stop() {
  if (!goodbye_sent_ && !std::exchange(stop_sent_, true)) send(frame_type::stop);
}

LEAT_INLINE void mesh::send_goodbye() {
  if (!std::exchange(goodbye_sent_, true)) send(frame_type::goodbye);
}

LEAT_INLINE bool mesh::parted() {
  bool all = goodbye_sent_;
  for_each_peer([&](peer& p) { all = all && p.last_frame_read && (p.out.empty() || is_gone(p)); });
  return all;
}

LEAT_INLINE bool mesh::tell_failure(process_failure const& mine, steady_time now) {
  if (!failing_until_) {
    failing_until_ = now + std::chrono::seconds(1);
    process_failure const first = cause_ ? *cause_ : mine;
    consider(first);
    for_each_peer([&](peer& p) { send_failure(p, first); });  // also to one that said goodbye: it waits for ours
  }
  bool told = true;
  for_each_peer([&](peer& p) {
    receive_failure(p);
    p.out.write(*p.link);
    told = told && (has_told(p) ? p.lost || p.out.empty() || !p.link->open() : !p.link->open());
  });
  return told || now >= *failing_until_;
}

LEAT_INLINE void mesh::fail_as_all() const {
  if (cause_ && cause_->process != process_) cause_->rethrow();
}

LEAT_INLINE steady_time mesh::wake_at() const {
  if (failing_until_) return *failing_until_;
  steady_time first = alive_.wake_at();
  for (auto const& p : peers_)
    if (p->link) first = (std::min)(first, p->waits_until);
  return first;
}

LEAT_INLINE void mesh::close() {
  for_each_peer([](peer& p) { p.link.reset(); });
}

LEAT_INLINE mesh::peer::peer(unsigned process, std::unique_ptr<connection> to, frame_seals seals)
    : number(process), link(std::move(to)), out(std::move(seals.out)), in(process, std::move(seals.in)) {}

LEAT_INLINE void mesh::send(frame_type type) {
  frame_header header;
  header.type = type;
  for_each_peer([&](peer& p) { p.out.put(header); });
}

LEAT_INLINE void mesh::send_failure(peer& p, process_failure const& what) {
  frame_header header;
  header.type = frame_type::failure;
  byte_buffer frame = p.out.blank();
  encode(what.all_fields(), frame);
  p.out.put(std::move(frame), header);
}

LEAT_INLINE void mesh::consider(process_failure const& another) {
  if (!cause_ || another.outranks(*cause_)) cause_ = another;
}

LEAT_INLINE void mesh::receive_failure(peer& p) {
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

LEAT_INLINE process_failure mesh::take_failure(peer& p, std::span<std::byte const> payload) {
  process_failure const told(decoded<process_failure::fields>(p, payload));
  consider(told);
  return told;
}

LEAT_INLINE void mesh::send_heartbeat() {
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

LEAT_INLINE bool mesh::write(peer& p, steady_time now) {
  if (p.out.nothing_urgent()) {
    if (p.out.empty()) return false;
    if (p.waits_until == never) p.waits_until = now + std::chrono::milliseconds(1);
    if (now < p.waits_until) return false;
  }
  p.waits_until = never;
  return p.out.write(*p.link);
}

LEAT_INLINE bool mesh::is_gone(peer& p) {
  p.in.discard(*p.link);
  return !p.link->open();
}

LEAT_INLINE bool mesh::read(peer& p, steady_time now) {
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
                          "process " + std::to_string(p.number) + " was lost: " + p.link->error());
    if (!progress) alive_.judge(p.number, now);
  } catch (cluster_error const&) {
    p.lost = true;
    throw;
  }
  return progress;
}

LEAT_INLINE void mesh::accept(peer& p, incoming_frame one, steady_time now) {
  frame_header const header = one.header;
  std::span<std::byte const> const payload = one.payload;
  switch (header.type) {
    case frame_type::message: {
      bool const good = header.node < flow_.nodes().size() && header.from < total_ && &peer_of(header.from) == &p &&
                        header.to < total_ && is_local(header.to) && header.has_good_mark() && header.hashed <= 1 &&
                        header.idle <= 1;
      if (!good) refuse_peer(p.number, "a message for a channel that does not exist");
      if (!box(header.node, header.from, header.to).put(std::move(one)))
        refuse_peer(p.number, "more messages for a channel than there was credit for");
      wake_later(header.to);
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
      wake_later(header.from);
      return;
    }
    case frame_type::partitions:
      if (p.lists) refuse_peer(p.number, "its partitions a second time");
      p.lists = decoded<partition_lists>(p, payload);
      return;
    case frame_type::stop:
      stop_received_ = true;
      return;
    case frame_type::heartbeat: {
      list<std::uint64_t> turns;
      read_heartbeat(p, header, payload, turns);
      alive_.progress(p.number, {turns.begin(), turns.size()}, now);
      return;
    }
    case frame_type::goodbye:
      p.last_frame_read = true;
      return;
    case frame_type::failure: {
      p.last_frame_read = true;
      p.failed = true;
      take_failure(p, payload).rethrow();
    }
  }
  refuse_peer(p.number, "a frame of unknown type " + std::to_string(static_cast<unsigned>(header.type)));
}

LEAT_INLINE void mesh::wake_later(unsigned worker) {
  if (std::find(to_wake_.begin(), to_wake_.end(), worker) == to_wake_.end()) to_wake_.push_back(worker);
}

LEAT_INLINE void mesh::read_heartbeat(peer& p, frame_header const& header, std::span<std::byte const> payload,
                                      list<std::uint64_t>& turns) {
  if (header.count != workers_ || payload.size() != workers_ * sizeof(std::uint64_t))
    refuse_peer(p.number, "a heartbeat of another number of workers");
  for (std::size_t at = 0; at != payload.size(); at += sizeof(std::uint64_t)) {
    std::uint64_t value = 0;
    get_little_endian(value, payload.data() + at);
    turns.push_back(value);
  }
}

LEAT_INLINE join_function joined_by(connections others) {
  auto const links = std::make_shared<connections>(std::move(others));
  return [links](graph const& flow, peers::settings how) -> std::unique_ptr<peers> {
    return std::make_unique<mesh>(flow, mesh::settings{std::move(how)}, std::move(*links));
  };
}

}  // namespace leat::detail
