// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/lean_function.hpp>
#include <leat/op/running/time_points.hpp>
#include <leat/route/codec/byte_buffer.hpp>
#include <leat/route/formation/cluster_config.hpp>
#include <leat/route/formation/hello.hpp>
#include <leat/route/formation/hello_keys.hpp>
#include <leat/route/formation/sha256.hpp>
#include <leat/route/peers/frame_seal.hpp>
#include <leat/route/peers/link.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace leat::detail {

/// The messages that two processes exchange on one connection before records may travel:
///
/// 1. the hello, of fixed size;
/// 2. the proof that they share the secret; the side that accepted proves itself only after the other one has;
/// 3. the description of the cluster and the flow, which have to be equal;
/// 4. once all processes have joined, the view (which run of each process the sender is connected to), and go.
///
/// What follows the proofs is authenticated by keys of this connection. A process that has not proved itself cannot
/// make this one read more than a hello and a proof.
class handshake {
 public:
  enum class stage { hello, proof, description, joined };

  /// `dialed_process`: which process this one has connected to; none where the connection was accepted. The other side
  /// must have joined by `until`.
  handshake(std::unique_ptr<connection> link, cluster_config const& own_config, hello const& own_hello,
            std::optional<unsigned> dialed_process, steady_time until);

  /// Sends and receives what it can. True when something moved.
  bool turn();

  stage at() const { return stage_; }
  hello const& theirs() const { return theirs_; }
  /// Why the handshake has failed, for a person; empty while it has not. `final`: this process has to end, too.
  std::string const& failure() const { return failure_; }
  bool final() const { return final_; }
  /// The process that was dialed says that it does not belong to this cluster, but it has not proved that it is that
  /// process.
  bool seems_final() const { return seems_final_ || (dialed && link_refused()); }
  bool open() const { return link_->open(); }
  std::string error() const { return link_->error(); }
  bool link_refused() const { return link_ && link_->refused(); }
  bool all_sent() const { return sent_ == out_.size(); }
  /// What to wait for; -1 once frames have begun to come, which are for others to read.
  int descriptor() const { return next_ && all_sent() ? -1 : link_->descriptor(); }
  void on_ready(std::function<void()> const& call);

  /// Sends each view once. The latest one counts.
  void send_view(digest const& view);
  bool sees(digest const& view) const { return view_ == view; }
  /// Sends go once: it cannot be taken back on this connection.
  void send_go(digest const& view);
  bool has_sent_go() const { return go_sent_.has_value(); }
  bool goes(digest const& view) const { return go_ == view; }

  /// Sends that this process stops in order, unless it has sent go.
  void send_stop();
  bool has_sent_stop() const { return stop_sent_ && all_sent(); }
  bool stops() const { return stop_received_; }

  /// Sends the reason, and reads nothing more from the other side.
  void refuse(std::string const& reason);
  /// The same for a side that has only connected: it is sent the reason behind the hello, and nothing is signed for it.
  void turn_away(std::string const& reason);
  bool refused() const { return refused_; }

  /// What authenticates the frames that follow on this connection.
  frame_seals seals() const;

  std::unique_ptr<connection> take();

  std::optional<unsigned> const dialed;
  steady_time const deadline;

 private:
  enum class message : std::uint32_t { proof = 1, description, view, go, refusal, stop };
  static constexpr unsigned reads_per_turn = 256;
  static constexpr std::size_t message_header = 8;
  static constexpr std::size_t most_refusal = 1024;

  void queue(std::span<std::byte const> bytes) { out_.append(bytes.data(), bytes.size()); }
  /// Once the other process has proved itself, a tag follows, which covers the number of the message, too.
  void send(message kind, std::span<std::byte const> payload);
  static digest tag(digest const& key, std::uint64_t number, std::span<std::byte const> bytes);
  std::size_t tag_size() const { return in_key_ ? sizeof(digest) : 0; }
  void send_hello(unsigned to);
  void put_number(std::uint32_t value);
  static std::uint32_t number_at(std::byte const* at);

  void expect(std::size_t bytes) { wanted_ = bytes; }
  void fail(std::string reason, bool is_final);
  /// Whether the other side has proved itself, where there is a secret or a certificate to prove itself by.
  bool proved() const { return in_key_ || own_config_.secret.empty() || link_->authenticates(); }

  bool write();

  /// Reads no more than the next message, so that the frames behind the last one stay unread; but for one byte: only
  /// who receives sees that the other side has closed.
  bool read();
  bool discard();

  void receive_start();

  void refuse_other_greeting();

  void receive_hello();
  /// Why these two processes should not be connected with each other; empty when they should. If not, nothing is
  /// signed.
  std::string mismatch() const;

  void receive_header();

  bool is_expected(message kind, std::uint32_t length) const;

  void receive_message();

  void receive_proof(std::span<std::byte const> proof);

  void receive_description(std::span<std::byte const> payload);
  static std::string lines(std::vector<std::string> const& texts);

  /// Replaces what is not printable ASCII.
  void receive_refusal(std::span<std::byte const> payload);

  std::unique_ptr<connection> link_;
  cluster_config const& own_config_;
  hello own_hello_;
  hello::bytes own_bytes_{};
  hello theirs_;
  std::optional<hello_keys> keys_;
  std::optional<digest> out_key_;
  std::optional<digest> in_key_;
  std::uint64_t messages_sent_ = 0;
  std::uint64_t messages_received_ = 0;
  stage stage_ = stage::hello;
  byte_buffer out_;
  std::size_t sent_ = 0;
  byte_buffer in_;
  std::size_t wanted_ = 0;
  std::optional<digest> view_;
  std::optional<digest> view_sent_;
  std::optional<digest> go_;
  std::optional<digest> go_sent_;
  std::optional<std::byte> next_;  ///< the first byte of its frames
  bool stop_sent_ = false;
  bool stop_received_ = false;
  bool refused_ = false;
  std::string turned_away_because_;
  std::string failure_;
  bool final_ = false;
  bool seems_final_ = false;
};

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/route/formation/handshake.ipp>
#endif
