// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/op/running/stage.hpp>
#include <leat/route/codec/byte_buffer.hpp>
#include <leat/route/formation/hello.hpp>
#include <leat/route/formation/hello_keys.hpp>
#include <leat/route/formation/cluster_config.hpp>
#include <leat/route/formation/sha256.hpp>
#include <leat/route/peers/frame_seal.hpp>
#include <leat/route/peers/link.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace leat::detail {

/// What two processes say to each other before records may travel, on one connection: hello, the proof that they share
/// the secret, what they are made of; then, once all are there, which runs of the processes they see (the view), and
/// that they go. Who accepts proves himself only to one who has. What follows the proofs is authenticated by keys of this
/// connection. Nothing larger than a hello is taken from one that has not proved itself.
class handshake {
 public:
  enum class stage { hello, proof, description, joined };

  /// `dialed_process` should be there, where it was this process that connected. By `until` it must have joined.
  handshake(std::unique_ptr<connection> link, cluster_config const& mine, hello const& words,
            std::optional<unsigned> dialed_process, steady_time until);

  /// Sends and receives what it can. True when something moved.
  bool turn();

  stage at() const { return stage_; }
  hello const& theirs() const { return theirs_; }
  /// It cannot go on; why, for a person. `final`: and neither can this process.
  std::string const& failure() const { return failure_; }
  bool final() const { return final_; }
  /// The process that was dialed and this one do not belong together, as far as one can tell who has no proof that it is
  /// that process which has answered.
  bool seems_final() const { return seems_final_ || (dialed && link_refused()); }
  bool open() const { return link_->open(); }
  std::string error() const { return link_->error(); }
  bool link_refused() const { return link_ && link_->refused(); }
  bool all_sent() const { return sent_ == out_.size(); }
  /// To wait for, or -1: once it has begun to say what is the mesh's, nothing more is waited for.
  int descriptor() const { return next_ && all_sent() ? -1 : link_->descriptor(); }
  void on_ready(std::function<void()> const& call);

  /// Once for each view. What is said of an earlier view counts no more.
  void say_view(digest const& view);
  bool sees(digest const& view) const { return view_ == view; }
  /// Once: it cannot be taken back on this connection.
  void say_go(digest const& view);
  bool has_sent_go() const { return go_sent_.has_value(); }
  bool goes(digest const& view) const { return go_ == view; }

  /// This process ends in order. Not after it has said go.
  void send_stop();
  bool has_said_stop() const { return stop_sent_ && all_sent(); }
  bool stops() const { return stop_received_; }

  /// Tells the other side why it is sent away. Nothing of it is heard any more.
  void refuse(std::string const& why);
  /// Nobody who connects is let in any more, and nothing is signed for him: he is told why, behind the hello.
  void turn_away(std::string const& why);
  bool refused() const { return refused_; }

  /// What the frames are sealed by that follow on this connection.
  frame_seals seals() const;

  std::unique_ptr<connection> take();

  std::optional<unsigned> const dialed;
  steady_time const deadline;

 private:
  enum class word : std::uint32_t { proof = 1, description, view, go, refusal, stop };
  static constexpr unsigned reads_per_turn = 256;
  static constexpr std::size_t word_header = 8;
  static constexpr std::size_t most_refusal = 1024;

  void queue(std::span<std::byte const> bytes) { out_.append(bytes.data(), bytes.size()); }
  /// Once this process has a proof of the other one a tag follows, over the number of the word in its direction too.
  void send(word kind, std::span<std::byte const> payload);
  static digest tag(digest const& key, std::uint64_t number, std::span<std::byte const> said);
  std::size_t tag_size() const { return in_key_ ? sizeof(digest) : 0; }
  void say_hello(unsigned to);
  void put_number(std::uint32_t value);
  static std::uint32_t number_at(std::byte const* at);

  void expect(std::size_t bytes) { wanted_ = bytes; }
  void fail(std::string why, bool is_final);
  /// Whether there is all proof of who says this that there can be: without a secret that is none.
  bool proved() const { return in_key_ || mine_.secret.empty() || link_->authenticates(); }

  bool write();

  /// Never reads beyond what it waits for, so that what follows is the mesh's; but for a byte, since that the other side
  /// has closed is only seen by who receives.
  bool read();
  bool discard();

  void hear_start();

  void hear_noise();

  void hear_hello();
  /// Why these two should not be at the ends of this connection. Nothing is signed then.
  std::string out_of_place() const;

  void hear_header();

  bool good(word kind, std::uint32_t length) const;

  void hear_word();

  void hear_proof(std::span<std::byte const> proof);

  void hear_description(std::span<std::byte const> said);
  static std::string lines(std::vector<std::string> const& all);

  /// Only what a person can read is passed on.
  void hear_refusal(std::span<std::byte const> why);

  std::unique_ptr<connection> link_;
  cluster_config const& mine_;
  hello words_;
  hello::bytes own_{};
  hello theirs_;
  std::optional<hello_keys> keys_;
  std::optional<digest> out_key_;
  std::optional<digest> in_key_;
  std::uint64_t words_said_ = 0;
  std::uint64_t words_heard_ = 0;
  stage stage_ = stage::hello;
  byte_buffer out_;
  std::size_t sent_ = 0;
  byte_buffer in_;
  std::size_t wanted_ = 0;
  std::optional<digest> view_;
  std::optional<digest> view_said_;
  std::optional<digest> go_;
  std::optional<digest> go_sent_;
  std::optional<std::byte> next_;  ///< of what it says after it has gone
  bool stop_sent_ = false;
  bool stop_received_ = false;
  bool refused_ = false;
  std::string closed_because_;
  std::string failure_;
  bool final_ = false;
  bool seems_final_ = false;
};

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/route/formation/handshake.ipp>
#endif
