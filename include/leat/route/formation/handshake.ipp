// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/lean_function.hpp>
#include <leat/op/running/time_points.hpp>
#include <leat/route/codec/codec.hpp>
#include <leat/route/codec/little_endian.hpp>
#include <leat/route/formation/begun_connection.hpp>
#include <leat/route/formation/cluster_config.hpp>
#include <leat/route/formation/handshake.hpp>
#include <leat/route/formation/hello.hpp>
#include <leat/route/formation/hello_keys.hpp>
#include <leat/route/formation/sha256.hpp>
#include <leat/route/peers/frame_seal.hpp>
#include <leat/route/peers/link.hpp>
#include <leat/route/peers/poly1305_seal.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace leat::detail {

LEAT_COLD handshake::handshake(std::unique_ptr<connection> link, cluster_config const& own_config,
                               hello const& own_hello, std::optional<unsigned> dialed_process, steady_time until)
    : dialed(dialed_process), deadline(until), link_(std::move(link)), own_config_(own_config), own_hello_(own_hello) {
  own_hello_.role = dialed ? hello::dials : hello::accepts;
  own_hello_.protection = own_config_.secret.empty() ? hello::unprotected
                          : link_->authenticates()   ? hello::messages_only
                                                     : hello::messages_and_frames;
  if (dialed) send_hello(*dialed);
  expect(hello::start_size);
}

LEAT_COLD bool handshake::turn() {
  bool progress = write();
  // A limit: a side that sends without end must not keep this thread from the others.
  for (unsigned n = 0; n != reads_per_turn && failure_.empty() && read(); ++n) progress = true;
  return write() || progress;
}

LEAT_COLD void handshake::on_ready(std::function<void()> const& call) {
  if (link_) link_->on_ready(call);
}

LEAT_COLD void handshake::send_view(digest const& view) {
  if (view_sent_ != view) send(message::view, view);
  view_sent_ = view;
}

LEAT_COLD void handshake::send_go(digest const& view) {
  if (!go_sent_) {
    send(message::go, view);
    go_sent_ = view;
  }
}

LEAT_COLD void handshake::send_stop() {
  if (!has_sent_go() && !std::exchange(stop_sent_, true)) send(message::stop, {});
}

LEAT_COLD void handshake::refuse(std::string const& reason) {
  if (!std::exchange(refused_, true)) send(message::refusal, std::as_bytes(std::span(reason)));
}

LEAT_COLD void handshake::turn_away(std::string const& reason) {
  turned_away_because_ = reason;
  if (stage_ != stage::hello) refuse(reason);
}

LEAT_COLD frame_seals handshake::seals() const {
  if (own_hello_.protection != hello::messages_and_frames) return {};
  return {std::make_unique<poly1305_seal>(keys_->frames_key(dialed.has_value())),
          std::make_unique<poly1305_seal>(keys_->frames_key(!dialed))};
}

LEAT_COLD std::unique_ptr<connection> handshake::take() {
  if (!next_) return std::move(link_);
  return std::make_unique<begun_connection>(std::move(link_), *next_);
}

LEAT_COLD void handshake::send(message kind, std::span<std::byte const> payload) {
  std::size_t const begin = out_.size();
  put_number(static_cast<std::uint32_t>(kind));
  put_number(static_cast<std::uint32_t>(payload.size()));
  queue(payload);
  if (out_key_) queue(tag(*out_key_, messages_sent_++, out_.bytes().subspan(begin)));
}

LEAT_COLD digest handshake::tag(digest const& key, std::uint64_t number, std::span<std::byte const> bytes) {
  std::array<std::byte, sizeof number> place{};
  put_little_endian(number, place.data());
  return hmac_sha256(key, place, bytes);
}

LEAT_COLD void handshake::send_hello(unsigned to) {
  own_hello_.other = to;
  own_bytes_ = own_hello_.write();
  queue(own_bytes_);
}

LEAT_COLD void handshake::put_number(std::uint32_t value) {
  std::array<std::byte, 4> bytes{};
  put_little_endian(value, bytes.data());
  queue(bytes);
}

LEAT_COLD std::uint32_t handshake::number_at(std::byte const* at) {
  std::uint32_t value = 0;
  get_little_endian(value, at);
  return value;
}

LEAT_COLD void handshake::fail(std::string reason, bool is_final) {
  failure_ = std::move(reason);
  (proved() ? final_ : seems_final_) = is_final;
}

LEAT_COLD bool handshake::write() {
  if (all_sent() || !link_) return false;
  connection::piece const rest = out_.bytes().subspan(sent_);
  std::size_t const taken = link_->send({&rest, 1});
  sent_ += taken;
  if (all_sent()) {
    out_.clear();
    sent_ = 0;
  }
  return taken != 0;
}

LEAT_COLD bool handshake::read() {
  if (refused_) return discard();
  if (stage_ == stage::joined && go_ && go_ == go_sent_) {
    std::byte next{};
    if (!next_ && link_->receive({&next, 1}) == 1) next_ = next;
    return false;
  }
  in_.make_room(wanted_ - in_.size());
  std::size_t const got = link_->receive({in_.end(), wanted_ - in_.size()});
  in_.set_end(in_.end() + got);
  if (got == 0 || in_.size() != wanted_) return got != 0;
  if (stage_ == stage::hello) {
    if (in_.size() == hello::start_size)
      receive_start();
    else
      receive_hello();
  } else if (in_.size() == message_header) {
    receive_header();
  } else {
    receive_message();
  }
  return true;
}

LEAT_COLD bool handshake::discard() {
  std::array<std::byte, 512> unread{};
  return link_->receive(unread) != 0;
}

LEAT_COLD void handshake::receive_start() {
  std::span<std::byte const> const start = in_.bytes();
  if (!theirs_.read_start(start.first<hello::start_size>())) return refuse_other_greeting();
  if (theirs_.protocol == hello::this_protocol) return expect(hello::size);
  if (!dialed) send_hello(0);  // so that the other side can name the difference, too
  fail(difference(own_hello_, theirs_), dialed.has_value());
}

LEAT_COLD void handshake::refuse_other_greeting() {
  bool const speaks_tls = in_.data()[0] == std::byte{22} && in_.data()[1] == std::byte{3};
  if (!speaks_tls || dialed) return fail("what came is not the greeting of a flow", false);
  queue(std::as_bytes(
      std::span(hello::magic)));  // not a record of TLS: so the other side learns that this process speaks none
  fail("it speaks TLS, and this process does not", false);
}

LEAT_COLD void handshake::receive_hello() {
  hello::bytes their_bytes{};
  std::copy(in_.data(), in_.end(), their_bytes.begin());
  in_.clear();
  theirs_.read(their_bytes);
  if (!dialed) send_hello(theirs_.process);
  stage_ = stage::proof;
  expect(message_header);
  if (std::string const reason = mismatch(); !reason.empty()) return fail(reason, dialed.has_value());
  keys_.emplace(own_config_.secret, dialed ? own_bytes_ : their_bytes, dialed ? their_bytes : own_bytes_);
  if (dialed)
    send(message::proof, keys_->proof(true));
  else if (!turned_away_because_.empty())
    refuse(turned_away_because_);
}

LEAT_COLD std::string handshake::mismatch() const {
  auto const number = [](std::uint32_t process) { return "process " + std::to_string(process); };
  if (theirs_.cluster != own_hello_.cluster) return "it belongs to another cluster";
  if (theirs_.nonce == own_hello_.nonce) return "it answers with this process's own words";
  if (theirs_.role == own_hello_.role)
    return dialed ? "it speaks as if it had connected" : "it speaks as if this process had connected";
  if (dialed && theirs_.process != *dialed)
    return "at " + own_config_.addresses[*dialed] + ", the address of " + number(*dialed) + ", answers " +
           number(theirs_.process);
  if (!dialed && theirs_.process == own_hello_.process) return difference(own_hello_, theirs_);
  if (!dialed && theirs_.process > own_hello_.process)
    return "it is " + number(theirs_.process) + ", which waits for this one to connect";
  if (theirs_.other != own_hello_.process)
    return "it means to speak to " + number(theirs_.other) + ", and this is " + number(own_hello_.process) +
           ": do all have the same list of addresses?";
  if (theirs_.protection == own_hello_.protection) return {};
  if (own_config_.secret.empty()) return "its secret is not this one's: it has one, and this process has none";
  if (theirs_.protection == hello::unprotected)
    return "its secret is not this one's: it has none, and this process has one";
  return "its end of the connection is protected in another way (TLS) than this one's";
}

LEAT_COLD void handshake::receive_header() {
  auto const kind = static_cast<message>(number_at(in_.data()));
  std::uint32_t const length = number_at(in_.data() + 4);
  if (kind == message::description && length > cluster_config::most_described)
    return fail(cluster_config::too_long_to_describe("its", length), false);
  if (!is_expected(kind, length)) return fail("it does not speak as this program does", false);
  if (length + tag_size() != 0)
    expect(message_header + length + tag_size());
  else
    receive_message();
}

LEAT_COLD bool handshake::is_expected(message kind, std::uint32_t length) const {
  switch (kind) {
    case message::proof:
      return stage_ == stage::proof && length == sizeof(digest);
    case message::description:
      return stage_ == stage::description;
    case message::view:
      return stage_ == stage::joined && length == sizeof(digest);
    case message::go:
      return stage_ == stage::joined && length == sizeof(digest);
    case message::refusal:
      return length <= most_refusal;
    case message::stop:
      return stage_ == stage::joined && length == 0;
  }
  return false;
}

LEAT_COLD void handshake::receive_message() {
  std::span<std::byte const> const authenticated = in_.bytes().first(in_.size() - tag_size());
  std::span<std::byte const> const payload = authenticated.subspan(message_header);
  expect(message_header);
  if (in_key_ && !same_bytes(in_.bytes().last(sizeof(digest)), tag(*in_key_, messages_received_++, authenticated)))
    return fail("what it says is not authenticated by the key of this connection", false);
  switch (static_cast<message>(number_at(in_.data()))) {
    case message::proof:
      receive_proof(payload);
      break;
    case message::description:
      receive_description(payload);
      break;
    case message::view:
      view_.emplace();
      std::copy(payload.begin(), payload.end(), view_->begin());
      break;
    case message::go:
      go_.emplace();
      std::copy(payload.begin(), payload.end(), go_->begin());
      break;
    case message::refusal:
      receive_refusal(payload);
      break;
    case message::stop:
      stop_received_ = true;
      break;
  }
  in_.clear();
}

LEAT_COLD void handshake::receive_proof(std::span<std::byte const> proof) {
  if (!same_bytes(proof, keys_->proof(!dialed))) {
    std::string const reason = "its secret is not this one's: all processes of a cluster need the same secret, or none";
    refuse(reason);
    return fail(reason, dialed.has_value());
  }
  if (!dialed) send(message::proof, keys_->proof(false));
  out_key_ = keys_->messages_key(dialed.has_value());
  in_key_ = keys_->messages_key(!dialed);
  send(message::description, own_config_.description().bytes());
  stage_ = stage::description;
}

LEAT_COLD void handshake::receive_description(std::span<std::byte const> payload) {
  std::string differs = difference(own_hello_, theirs_);
  if (differs.empty()) {
    try {
      auto const [addresses, flow] = decode<std::tuple<std::vector<std::string>, std::string>>(payload);
      if (addresses != own_config_.addresses)
        differs = "the list of addresses differs: " + first_difference(lines(own_config_.addresses), lines(addresses));
      else if (flow != own_config_.flow)
        differs = "the flow differs: " + first_difference(own_config_.flow, flow);
    } catch (codec_error const&) {
      return fail("it does not speak as this program does", false);
    }
  }
  if (!differs.empty()) return fail(std::move(differs), true);
  stage_ = stage::joined;
}

LEAT_COLD std::string handshake::lines(std::vector<std::string> const& texts) {
  std::string text;
  for (std::string const& line : texts) text += line + "\n";
  return text;
}

LEAT_COLD void handshake::receive_refusal(std::span<std::byte const> payload) {
  std::string text;
  for (std::byte byte : payload) {
    char const c = static_cast<char>(byte);
    text += c >= ' ' && c <= '~' ? c : '?';
  }
  bool const unproved = !in_key_ && !own_config_.secret.empty();
  fail((unproved ? "it refused this process, without a proof of the secret: " : "it refused this process: ") + text,
       dialed.has_value());
}

}  // namespace leat::detail
