// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/lean_chrono.hpp>
#include <leat/detail/lean_function.hpp>
#include <leat/error.hpp>
#include <leat/route/codec/byte_buffer.hpp>
#include <leat/route/codec/little_endian.hpp>
#include <leat/route/peers/peer_service.hpp>
#include <leat/route/peers/peers.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <initializer_list>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace leat::detail {

LEAT_INLINE peers::peers(settings configuration, connections others)
    : process_(configuration.process),
      workers_(configuration.workers),
      alive_(configuration.alive, others.size(), configuration.workers, std::move(configuration.log)),
      turns_of_(std::move(configuration.turns_of)) {
  configuration.seals.resize(others.size());
  for (unsigned i = 0; i != others.size(); ++i)
    peers_.push_back(std::make_unique<peer>(i, std::move(others[i]), std::move(configuration.seals[i])));
}

LEAT_INLINE peers::peer::peer(unsigned process, std::unique_ptr<connection> to, frame_seals seals)
    : number(process), link(std::move(to)), out(std::move(seals.out)), in(process, std::move(seals.in)) {}

LEAT_INLINE void peers::serve(std::initializer_list<frame_type> types, peer_service& handler) {
  for (frame_type const type : types) {
    peer_service*& service = service_of_[static_cast<std::size_t>(type)];
    if (service != nullptr || type == frame_type::heartbeat)
      throw std::logic_error("leat: two services of the peers have frame type " +
                             std::to_string(static_cast<unsigned>(type)));
    service = &handler;
  }
  services_.push_back(&handler);
}

LEAT_INLINE void peers::end_service(peer_service& handler) {
  std::replace(service_of_.begin(), service_of_.end(), &handler, static_cast<peer_service*>(nullptr));
  for (std::size_t i = services_.size(); i-- != 0;)
    if (services_[i] == &handler) services_.erase(i);
}

LEAT_INLINE void peers::send_to_all(frame_type type) {
  for_each_other([&](unsigned process) { to(process).put(frame_header::of(type)); });
}

LEAT_INLINE void peers::send_last_to_all(frame_type type) {
  send_to_all(type);
  last_sent_ = true;
}

LEAT_INLINE bool peers::turn(steady_time now) {
  bool progress = false;
  if (alive_.look(now) && !last_sent_) send_heartbeat();
  for (auto const& p : peers_) {
    if (!p->link) continue;
    progress = write(*p, now) || progress;
    progress = read(*p, now) || progress;
  }
  return progress;
}

LEAT_INLINE bool peers::write_only(steady_time now) {
  bool progress = false;
  if (alive_.is_due(now) && !last_sent_) send_heartbeat();
  for (auto const& p : peers_)
    if (p->link) progress = write(*p, now) || progress;
  return progress;
}

LEAT_INLINE steady_time peers::wake_at() const {
  steady_time first = alive_.wake_at();
  for (auto const& p : peers_)
    if (p->link) first = (std::min)(first, p->waits_until);
  return first;
}

LEAT_INLINE void peers::add_awaited(std::vector<awaited>& awaited) const {
  for (auto const& p : peers_) {
    bool const waited_for = p->link && (p->expected || p->out.blocked());
    if (waited_for && p->link->descriptor() >= 0) awaited.push_back({p->link->descriptor(), p->out.blocked()});
  }
}

LEAT_INLINE void peers::on_ready(std::function<void()> const& call) {
  for (auto const& p : peers_)
    if (p->link) p->link->on_ready(call);
}

LEAT_INLINE bool peers::flush(unsigned process) {
  peer& p = *peers_[process];
  p.out.write(*p.link);
  return p.out.empty();
}

LEAT_INLINE bool peers::all_sent_or_gone(unsigned process) {
  peer& p = *peers_[process];
  if (p.lost || p.out.empty()) return true;
  p.in.discard(*p.link);
  return !p.link->open();
}

LEAT_INLINE void peers::close() {
  for (auto const& p : peers_) p->link.reset();
}

LEAT_INLINE void peers::send_heartbeat() {
  list<std::uint64_t> turns;
  for (unsigned i = 0; i != workers_; ++i) turns.push_back(turns_of_(i));
  for_each_other([&](unsigned process) {
    frame_header header = frame_header::of(frame_type::heartbeat);
    header.count = workers_;
    byte_buffer frame = to(process).blank();
    for (std::uint64_t const of_worker : turns) {
      frame.make_room(sizeof of_worker);
      frame.set_end(put_little_endian(of_worker, frame.end()));
    }
    to(process).put(std::move(frame), header);
  });
}

LEAT_INLINE bool peers::write(peer& p, steady_time now) {
  if (p.lost || (!p.expected && !p.link->open())) p.out.discard();
  if (p.out.nothing_urgent()) {
    if (p.out.empty()) return false;
    if (p.waits_until == never) p.waits_until = now + std::chrono::milliseconds(1);
    if (now < p.waits_until) return false;
  }
  p.waits_until = never;
  return p.out.write(*p.link);
}

LEAT_INLINE bool peers::read(peer& p, steady_time now) {
  // Only who receives sees that the other side has gone, and will take nothing any more.
  if (!p.expected && p.out.blocked()) p.in.keep(*p.link);
  bool progress = false;
  auto const take = [&](incoming_frame frame) {
    accept(p, std::move(frame), now);
    return p.expected;
  };
  for (unsigned n = 0; n != reads_per_turn && p.expected; ++n) {
    std::size_t const got = p.in.read(*p.link, take);
    progress = progress || got != 0;
    if (got < full_read) break;
  }
  if (progress) alive_.heard(p.number, now);
  if (!p.expected) return progress;
  try {
    if (!p.link->open())
      throw cluster_error(cluster_error::status::lost,
                          "process " + std::to_string(p.number) + " was lost: " + p.link->error());
    if (!progress) alive_.judge(p.number, now);
  } catch (cluster_error const& error) {
    tell_services(p, error);
  }
  return progress;
}

LEAT_INLINE void peers::accept(peer& p, incoming_frame&& frame, steady_time now) {
  frame_type const type = frame.header.type;
  if (type == frame_type::heartbeat) return read_heartbeat(p, frame, now);
  peer_service* const service = service_of_[static_cast<std::size_t>(type)];
  if (service == nullptr)
    refuse_peer(p.number, "a frame of unknown type " + std::to_string(static_cast<unsigned>(type)));
  service->receive(p.number, std::move(frame));
}

LEAT_INLINE void peers::read_heartbeat(peer const& p, incoming_frame const& frame, steady_time now) {
  if (frame.header.count != workers_ || frame.payload.size() != workers_ * sizeof(std::uint64_t))
    refuse_peer(p.number, "a heartbeat of another number of workers");
  list<std::uint64_t> turns;
  for (std::size_t at = 0; at != frame.payload.size(); at += sizeof(std::uint64_t)) {
    std::uint64_t value = 0;
    get_little_endian(value, frame.payload.data() + at);
    turns.push_back(value);
  }
  alive_.progress(p.number, {turns.begin(), turns.size()}, now);
}

LEAT_INLINE void peers::tell_services(peer& p, cluster_error const& error) {
  p.lost = true;
  p.expected = false;
  std::exception_ptr first;
  for (peer_service* const service : services_) try {
      service->lose(p.number, error);
    } catch (...) {
      if (!first) first = std::current_exception();
    }
  if (first) std::rethrow_exception(first);
}

}  // namespace leat::detail
