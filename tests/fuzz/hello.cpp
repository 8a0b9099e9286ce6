// SPDX-License-Identifier: BSL-1.0
// What a stranger may say to a process that listens: anything, or what an honest process says up to some byte and then
// anything. However it is, the process goes on, refuses with a sentence, or waits for more.
#include <leat/route/formation/cluster_config.hpp>
#include <leat/route/formation/handshake.hpp>

#include "fuzz/script.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

namespace {

using leat::detail::cluster_config;
using leat::detail::handshake;
using leat::detail::hello;

cluster_config member(unsigned process, bool with_secret) {
  cluster_config config;
  config.process = process;
  config.addresses = {"one:1", "two:2"};
  config.flow = "flow f\nf.in (input)\n";
  if (with_secret) config.secret = "the secret of the cluster";
  return config;
}

hello words(cluster_config const& own_config, std::uint64_t chance) {
  hello hello_words = own_config.own_hello();
  hello_words.nonce = {chance, chance + 1};
  hello_words.challenge = {chance + 2, chance + 3};
  return hello_words;
}

/// Keeps what it is told, and has been told nothing.
class listener final : public leat::connection {
 public:
  explicit listener(std::string& heard, std::string const& text) : heard_(heard), words_(text) {}
  std::size_t send(std::span<piece const> pieces) override {
    std::size_t taken = 0;
    for (piece const& part : pieces) {
      heard_.append(reinterpret_cast<char const*>(part.data()), part.size());
      taken += part.size();
    }
    return taken;
  }
  std::size_t receive(std::span<std::byte> into) override {
    std::size_t const count = std::min(into.size(), words_.size() - at_);
    std::memcpy(into.data(), words_.data() + at_, count);
    at_ += count;
    return count;
  }
  bool open() const override { return true; }

 private:
  std::string& heard_;
  std::string const& words_;
  std::size_t at_ = 0;
};

/// What an honest process would say to this one.
std::string honest_words(cluster_config const& own_config, cluster_config const& theirs) {
  std::string to_there;
  std::string to_here;
  handshake here(std::make_unique<listener>(to_there, to_here), own_config, words(own_config, 100), std::nullopt,
                 leat::detail::never);
  handshake there(std::make_unique<listener>(to_here, to_there), theirs, words(theirs, 200), 1u, leat::detail::never);
  for (bool moved = true; moved;) {
    moved = here.turn();
    moved = there.turn() || moved;
  }
  if (here.at() != handshake::stage::joined) std::abort();
  there.send_view({});
  there.send_go({});
  there.turn();
  return to_here;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  static std::string const honest[2] = {honest_words(member(1, false), member(0, false)),
                                        honest_words(member(1, true), member(0, true))};
  fuzz::input in(data, size);
  bool const with_secret = in.number<std::uint8_t>() % 2 != 0;
  auto const piece = in.number<std::uint8_t>();
  auto const honest_bytes = std::min<std::size_t>(in.number<std::uint16_t>(), honest[with_secret].size());
  std::string said = honest[with_secret].substr(0, honest_bytes);
  auto const rest = in.rest();
  said.append(reinterpret_cast<char const*>(rest.data()), rest.size());
  auto link = std::make_unique<fuzz::script>(piece);
  link->add(std::as_bytes(std::span(said)));

  cluster_config const own_config = member(1, with_secret);
  handshake here(std::move(link), own_config, words(own_config, 100), std::nullopt, leat::detail::never);
  while (here.turn()) {
  }
  // The proof is over this process's challenge, so that nobody gets past it but who says every byte of it. The fuzzer
  // may guess the last bytes: the challenge is always the same here.
  std::string const proof_and_before = honest[true].substr(0, hello::size + 8 + 32);
  if (with_secret && !said.starts_with(proof_and_before) && here.at() >= handshake::stage::description) std::abort();
  here.refuse("enough");
  here.turn();
  return 0;
}
