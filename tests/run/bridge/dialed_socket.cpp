// SPDX-License-Identifier: BSL-1.0
#include <doctest/doctest.h>
#include <leat/run/bridge/dialed_socket.hpp>

#include "fixture/scratch.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstring>
#include <span>
#include <stdexcept>
#include <string>

TEST_CASE("dialed_socket: what arrived before the connection broke is read, also when a send finds it broken") {
  scratch const folder;
  std::string const path = folder.path("bridge");
  int const door = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un at{};
  at.sun_family = AF_UNIX;
  REQUIRE(path.size() < sizeof at.sun_path);
  std::memcpy(at.sun_path, path.data(), path.size());
  REQUIRE(::bind(door, reinterpret_cast<sockaddr const*>(&at), sizeof at) == 0);
  REQUIRE(::listen(door, 1) == 0);

  leat::detail::dialed_socket socket;
  socket.dial("unix:" + path, [] {});
  socket.go_on(0);
  REQUIRE(socket.connected());
  int const peer = ::accept4(door, nullptr, nullptr, SOCK_CLOEXEC);
  REQUIRE(::send(peer, "answer", 6, 0) == 6);
  ::close(peer);

  CHECK(socket.send(std::as_bytes(std::span("call"))) == 0);
  std::array<std::byte, 16> room{};
  REQUIRE(socket.receive(room) == 6);
  CHECK(std::memcmp(room.data(), "answer", 6) == 0);
  CHECK_THROWS_WITH_AS(socket.send(std::as_bytes(std::span("call"))), "Broken pipe", std::runtime_error);
  CHECK_THROWS_WITH_AS(socket.receive(room), "it closed the connection", std::runtime_error);
  ::close(door);
}
