// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/op/stage.hpp>
#include <leat/route/begun_connection.hpp>
#include <leat/route/codec/codec.hpp>
#include <leat/route/hello.hpp>
#include <leat/route/link.hpp>
#include <leat/route/little_endian.hpp>
#include <leat/route/membership.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace leat::detail {

/// What two processes say to each other before records may travel, on one connection: hello, the proof that they share
/// the secret, what they are made of; then, once all are there, which runs of the processes they see (the view), and
/// that they go. Nothing larger than a hello is taken from one that has not proved itself.
class handshake {
 public:
  enum class stage { hello, proof, description, joined };

  /// `dialed_process` should be there, where it was this process that connected. By `until` it must have joined.
  handshake(std::unique_ptr<connection> link, membership const& mine, hello const& words,
            std::optional<unsigned> dialed_process, steady_time until)
      : dialed(dialed_process), deadline(until), link_(std::move(link)), mine_(mine), words_(words), own_(words.write()) {
    queue(own_);
    expect(hello::size);
  }

  /// Sends and receives what it can. True when something moved.
  bool turn() {
    bool progress = write();
    while (failure_.empty() && read()) progress = true;
    return write() || progress;
  }

  stage at() const { return stage_; }
  hello const& theirs() const { return theirs_; }
  /// It cannot go on; why, for a person. `final`: and neither can this process.
  std::string const& failure() const { return failure_; }
  bool final() const { return final_ || (dialed && link_ && link_->refused()); }
  bool open() const { return link_->open(); }
  std::string trouble() const { return link_->trouble(); }
  bool link_refused() const { return link_ && link_->refused(); }
  bool all_sent() const { return sent_ == out_.size(); }
  /// To wait for, or -1: once it has begun to say what is the mesh's, nothing more is waited for.
  int descriptor() const { return next_ && all_sent() ? -1 : link_->descriptor(); }
  void on_ready(std::function<void()> const& call) {
    if (link_) link_->on_ready(call);
  }

  /// Once for each view. What is said of an earlier view counts no more.
  void say_view(digest const& view) {
    if (view_said_ != view) say(word::view, view);
    view_said_ = view;
  }
  bool sees(digest const& view) const { return view_ == view; }
  /// Once: it cannot be taken back on this connection.
  void say_go(digest const& view) {
    if (!go_said_) {
      say(word::go, view);
      go_said_ = view;
    }
  }
  bool has_said_go() const { return go_said_.has_value(); }
  bool goes(digest const& view) const { return go_ == view; }

  /// Tells the other side why it is sent away.
  void refuse(std::string const& why) {
    if (!std::exchange(refused_, true)) say(word::refusal, std::as_bytes(std::span(why)));
  }
  bool refused() const { return refused_; }

  std::unique_ptr<connection> take() {
    if (!next_) return std::move(link_);
    return std::make_unique<begun_connection>(std::move(link_), *next_);
  }

  std::optional<unsigned> const dialed;
  steady_time const deadline;

 private:
  enum class word : std::uint32_t { proof = 1, description, view, go, refusal };
  static constexpr std::size_t word_header = 8;
  static constexpr std::size_t most_description = 1u << 20;
  static constexpr std::size_t most_refusal = 1024;

  void queue(std::span<std::byte const> bytes) { out_.append(bytes.data(), bytes.size()); }
  void say(word which, std::span<std::byte const> payload) {
    put_number(static_cast<std::uint32_t>(which));
    put_number(static_cast<std::uint32_t>(payload.size()));
    queue(payload);
  }
  void put_number(std::uint32_t value) {
    std::array<std::byte, 4> bytes{};
    put_little_endian(value, bytes.data());
    queue(bytes);
  }
  static std::uint32_t number_at(std::byte const* at) {
    std::uint32_t value = 0;
    get_little_endian(value, at);
    return value;
  }

  void expect(std::size_t bytes) { wanted_ = bytes; }
  void fail(std::string why, bool is_final) {
    failure_ = std::move(why);
    final_ = is_final;
  }

  bool write() {
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

  /// Never reads beyond what it waits for, so that what follows is the mesh's; but for a byte, since that the other side
  /// has closed is only seen by who receives.
  bool read() {
    if (stage_ == stage::joined && go_ && go_ == go_said_) {
      std::byte next{};
      if (!next_ && link_->receive({&next, 1}) == 1) next_ = next;
      return false;
    }
    in_.make_room(wanted_ - in_.size());
    std::size_t const got = link_->receive({in_.end(), wanted_ - in_.size()});
    in_.set_end(in_.end() + got);
    if (got == 0 || in_.size() != wanted_) return got != 0;
    if (stage_ == stage::hello) {
      hear_hello();
    } else if (in_.size() == word_header) {
      std::uint32_t const length = number_at(in_.data() + 4);
      if (!good(static_cast<word>(number_at(in_.data())), length))
        fail("it does not speak as this program does", false);
      else if (length != 0)
        expect(word_header + length);
      else
        hear_word();
    } else {
      hear_word();
    }
    return true;
  }

  bool good(word which, std::uint32_t length) const {
    switch (which) {
      case word::proof: return stage_ == stage::proof && length == sizeof(digest);
      case word::description: return stage_ == stage::description && length <= most_description;
      case word::view: return stage_ == stage::joined && length == sizeof(digest);
      case word::go: return stage_ == stage::joined && length == sizeof(digest);
      case word::refusal: return length <= most_refusal;
    }
    return false;
  }

  void hear_hello() {
    hello::bytes said{};
    std::copy(in_.data(), in_.end(), said.begin());
    in_.clear();
    if (!theirs_.read(said)) return fail("what came is not the greeting of a flow", false);
    if (theirs_.cluster != words_.cluster) return fail("it belongs to another cluster", dialed.has_value());
    // Before the proof: of two hellos of one run, each on a connection of its own, the proofs serve each other.
    if (theirs_.nonce == words_.nonce) return fail("it answers with this process's own words", dialed.has_value());
    if (theirs_.protocol != hello::this_protocol) return fail(difference(words_, theirs_), dialed.has_value());
    expected_proof_ = proof_of(mine_.secret, said, own_);
    say(word::proof, proof_of(mine_.secret, own_, said));
    stage_ = stage::proof;
    expect(word_header);
  }

  void hear_word() {
    word const which = static_cast<word>(number_at(in_.data()));
    std::span<std::byte const> const payload = in_.bytes().subspan(word_header);
    expect(word_header);
    switch (which) {
      case word::proof: hear_proof(payload); break;
      case word::description: hear_description(payload); break;
      case word::view: view_.emplace(); std::copy(payload.begin(), payload.end(), view_->begin()); break;
      case word::go: go_.emplace(); std::copy(payload.begin(), payload.end(), go_->begin()); break;
      case word::refusal: hear_refusal(payload); break;
    }
    in_.clear();
  }

  void hear_proof(std::span<std::byte const> proof) {
    if (!same_digest(proof, expected_proof_))
      return fail("its secret is not this one's: all processes of a cluster need the same secret, or none", dialed.has_value());
    byte_buffer description;
    encode(std::tuple(mine_.addresses, mine_.flow), description);
    say(word::description, description.bytes());
    stage_ = stage::description;
  }

  void hear_description(std::span<std::byte const> said) {
    std::string differs = difference(words_, theirs_);
    if (differs.empty()) {
      try {
        auto const [addresses, flow] = decode<std::tuple<std::vector<std::string>, std::string>>(said);
        if (addresses != mine_.addresses)
          differs = "the list of addresses differs: " + first_difference(lines(mine_.addresses), lines(addresses));
        else if (flow != mine_.flow)
          differs = "the flow differs: " + first_difference(mine_.flow, flow);
      } catch (codec_error const&) {
        return fail("it does not speak as this program does", false);
      }
    }
    if (!differs.empty()) return fail(std::move(differs), true);
    stage_ = stage::joined;
  }
  static std::string lines(std::vector<std::string> const& all) {
    std::string text;
    for (std::string const& one : all) text += one + "\n";
    return text;
  }

  /// Only what a person can read is passed on.
  void hear_refusal(std::span<std::byte const> why) {
    std::string text;
    for (std::byte one : why) {
      char const c = static_cast<char>(one);
      text += c >= ' ' && c <= '~' ? c : '?';
    }
    fail("it refused this process: " + text, dialed.has_value());
  }

  std::unique_ptr<connection> link_;
  membership const& mine_;
  hello words_;
  hello::bytes own_;
  hello theirs_;
  digest expected_proof_{};
  stage stage_ = stage::hello;
  byte_buffer out_;
  std::size_t sent_ = 0;
  byte_buffer in_;
  std::size_t wanted_ = 0;
  std::optional<digest> view_;
  std::optional<digest> view_said_;
  std::optional<digest> go_;
  std::optional<digest> go_said_;
  std::optional<std::byte> next_;  ///< of what it says after it has gone
  bool refused_ = false;
  std::string failure_;
  bool final_ = false;
};

}  // namespace leat::detail
