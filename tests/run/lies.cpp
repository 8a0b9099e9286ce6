// SPDX-License-Identifier: BSL-1.0
// What a running cluster is told that is not so: by strangers at its doors, and by a process that has proved itself.
#include <leat/route/peers/crc32c.hpp>
#include <leat/run/net/tcp_connection.hpp>
#include <leat/run/tcp.hpp>

#include <doctest/doctest.h>

#include <leat/route/formation/formation.hpp>
#include <leat/route/formation/hello.hpp>
#include <leat/route/peers/frame.hpp>

#include "fixture/watched_cluster.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using leat::detail::frame_header;
using leat::detail::frame_type;
using leat::detail::hello;
using leat::test::stranger;
using leat::test::watched_cluster;
using tcp = asio::ip::tcp;

namespace {

constexpr std::size_t proof_word = 8 + 32;

/// What an honest process 0 says to one that answers as process 1 would, without the secret: its hello and its proof.
std::pair<std::string, std::string> recorded(std::string const& address_of_one) {
  asio::io_context io;
  auto const at = leat::detail::split_address(address_of_one);
  auto const port = static_cast<unsigned short>(std::stoi(at->port));
  tcp::acceptor door(io, tcp::endpoint(asio::ip::address_v4::loopback(), port));
  stranger zero(door.accept());
  std::string first = zero.hear(hello::size);
  hello::bytes greeting{};
  std::transform(first.begin(), first.end(), greeting.begin(), [](char c) { return static_cast<std::byte>(c); });
  hello words;
  words.read(greeting);
  words.process = 1;
  words.other = 0;
  words.role = hello::accepts;
  words.nonce = {1, 2};
  hello::bytes const answer = words.write();
  zero.log(std::string(reinterpret_cast<char const*>(answer.data()), answer.size()));
  std::string second = zero.hear(proof_word);
  return {std::move(first), std::move(second)};
}

void tell_lies(std::string const& address, std::pair<std::string, std::string> const& honest) {
  asio::io_context io;
  for (int i = 0; i != 100; ++i) stranger(io, address);  // as a scan of ports does

  std::minstd_rand chance(7);
  for (std::size_t const size : {1u, 11u, 12u, 107u, 108u, 109u, 5000u, 300'000u}) {
    std::string noise(size, '\0');
    std::generate(noise.begin(), noise.end(), [&] { return static_cast<char>(chance()); });
    stranger stranger(io, address);
    stranger.log(noise);
    stranger.hear_the_rest();
  }
  auto const answer_to = [&](std::string const& words) {
    stranger stranger(io, address);
    stranger.log(words);
    return stranger.hear_the_rest();
  };
  auto const& [words, proof] = honest;
  std::string elsewhere = words;
  elsewhere[32] = static_cast<char>(~elsewhere[32]);  // of the cluster's name
  CHECK(answer_to(elsewhere).size() <= hello::size);

  std::string wrong = proof;
  wrong.back() = static_cast<char>(~wrong.back());
  std::string const enormous{1, 0, 0, 0, '\xff', '\xff', '\xff', '\xff'};
  // Nobody is given a proof, nor told of what the process is made, which both follow a good proof.
  std::string const refusal = "the cluster has formed already";
  std::string const no_secret =
      "its secret is not this one's: all processes of a cluster need the same secret, or none";
  for (std::string const& second : {wrong, proof, enormous, std::string("\2\0\0\0\0\0\x10\0", 8)})
    CHECK(answer_to(words + second).size() <= hello::size + 8 + std::max(refusal.size(), no_secret.size()));
}

}  // namespace

TEST_CASE("lies: strangers change nothing, neither while a cluster forms nor when it runs") {
  watched_cluster cluster(3, "a secret of three programs");
  cluster.start(0);
  auto const honest = recorded(cluster.common.addresses[1]);
  cluster.start(1);

  asio::io_context io;
  std::vector<stranger> silent;  // half a hello, and nothing more
  for (unsigned i = 0; i != 2; ++i) {
    silent.emplace_back(io, cluster.common.addresses[i]);
    silent.back().log(honest.first.substr(0, 48));
  }
  for (unsigned i = 0; i != 2; ++i) tell_lies(cluster.common.addresses[i], honest);
  CHECK_FALSE(cluster.begun);
  cluster.start(2);
  cluster.begun.wait(false);
  for (std::string const& address : cluster.common.addresses) tell_lies(address, honest);
  cluster.end();

  CHECK(cluster.failures == std::vector<std::string>(3));
  CHECK(cluster.is_whole());
}

namespace {

std::vector<std::byte> framed(frame_header header, std::string const& payload) {
  std::vector<std::byte> bytes(frame_header::size + frame_header::padded(payload.size()));
  auto const payload_bytes = std::as_bytes(std::span(payload));
  std::copy(payload_bytes.begin(), payload_bytes.end(), bytes.begin() + frame_header::size);
  header.length = static_cast<std::uint32_t>(payload.size());
  header.write(bytes.data());
  auto const of_payload = leat::detail::crc32c(std::span(bytes).subspan(frame_header::size));
  header.checksum = frame_header::checksum_of(bytes.data(), of_payload);
  header.write(bytes.data());
  return bytes;
}

/// Joins a cluster of two as an honest process 1, then says this. What the other one fails of, with its status.
std::pair<std::string, int> failure_after(std::vector<std::byte> const& lie, std::string const& secret = "") {
  watched_cluster cluster(2, secret);
  leat::options const options = cluster.options_of(1);
  leat::tcp_network net;
  auto const cluster_formation = leat::detail::meet_cluster(
      cluster.flow.description(), options, net, [n = std::uint64_t{1}]() mutable { return n++; },
      [](std::string const&) {});
  cluster.start(0);
  while (!cluster_formation->formed()) {
    cluster_formation->turn(std::chrono::steady_clock::now());
    std::this_thread::yield();
  }
  leat::detail::connections const links = static_cast<leat::detail::formation&>(*cluster_formation).take();
  for (std::span<std::byte const> rest(lie); !rest.empty();) rest = rest.subspan(links[0]->send({&rest, 1}));
  cluster.threads.front().join();
  cluster.threads.clear();
  return {cluster.failures[0], cluster.statuses[0]};
}

}  // namespace

TEST_CASE("lies: a process that has proved itself and then lies ends the run, which names it") {
  frame_header header;
  header.type = frame_type::stop;
  std::vector<std::byte> wrong_sum = framed(header, "");
  wrong_sum[0] ^= std::byte{1};
  std::vector<std::byte> enormous = framed(header, "");
  std::fill_n(enormous.begin() + 8, 4, std::byte{0xff});
  frame_header late = header;
  late.sequence = 3;
  frame_header nowhere;
  nowhere.node = 77;
  frame_header gift;
  gift.type = frame_type::credit;
  gift.node = 1;
  gift.to = 1;
  gift.count = 1;
  frame_header lists;
  lists.type = frame_type::partitions;
  std::vector<std::byte> twice = framed(lists, std::string(4, '\0'));
  frame_header second = lists;
  second.sequence = 1;
  std::vector<std::byte> const again = framed(second, std::string(4, '\0'));
  twice.insert(twice.end(), again.begin(), again.end());
  for (auto const& [lie, sentence] : std::vector<std::pair<std::vector<std::byte>, std::string>>{
           {wrong_sum, "a frame whose checksum is wrong"},
           {enormous, "a frame that is too long"},
           {framed(late, ""), "frame 3 came where frame 0 was due"},
           {framed(nowhere, ""), "a message for a channel that does not exist"},
           {framed(gift, ""), "more credit for a channel than was taken"},
           {twice, "its partitions a second time"},
           {framed(lists, std::string(4, '\xff')), "a count of 4294967295 elements does not fit the 0 bytes"}}) {
    CAPTURE(sentence);
    auto const [failure, status] = failure_after(lie);
    CHECK(failure.find("process 1 does not speak as this program does: ") == 0);
    CHECK(failure.find(sentence) != std::string::npos);
    CHECK(status == 76);
  }
}

TEST_CASE("lies: with a secret a frame that the key of its connection does not prove ends the run") {
  frame_header header;
  header.type = frame_type::stop;
  std::vector<std::byte> sealed = framed(header, "");
  sealed.resize(sealed.size() + leat::detail::frame_seal::size);
  auto const [failure, status] = failure_after(sealed, "a secret of two programs");
  CHECK(failure.find(
            "process 1 does not speak as this program does: a frame that the key of this connection does not prove") ==
        0);
  CHECK(status == 76);
}
