// SPDX-License-Identifier: BSL-1.0
// What a program that a step starts inherits, and what happens when there are no descriptors left.
#include <leat/run/tcp.hpp>

#include <doctest/doctest.h>

#include "fixture/watched_cluster.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <memory>
#include <string>

namespace {

/// What a program that is started now finds open, a line for each.
std::string inherited() {
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> const child(
      ::popen("for f in /proc/self/fd/*; do readlink $f; done | sed 's/:.*//; s,/proc.*,,' | sort", "re"), &::pclose);
  std::string lines;
  for (int c = std::fgetc(child.get()); c != EOF; c = std::fgetc(child.get())) lines += static_cast<char>(c);
  return lines;
}

}  // namespace

TEST_CASE("descriptors: a program that is started while a cluster runs inherits none of its own") {
  std::string const before = inherited();
  for (bool const all_there : {false, true}) {
    CAPTURE(all_there);
    leat::test::watched_cluster cluster(2, "a secret of two programs");
    leat::tcp_network net;
    std::string const address = leat::test::free_address();
    net.listen(address);
    auto const dialed = net.connect(address);
    std::array<std::byte, 1> byte{};
    std::unique_ptr<leat::connection> accepted;
    while (!accepted) {
      dialed->receive(byte);
      accepted = net.accept();
    }
    CHECK(inherited() == before);
    if (!all_there) continue;
    cluster.start(0);
    cluster.start(1);
    cluster.begun.wait(false);
    CHECK(inherited() == before);
  }
}

TEST_CASE("descriptors: a door at which nobody can be let in says so, and is not waited for") {
  leat::tcp_network net;
  std::string const address = leat::test::free_address();
  net.listen(address);
  asio::io_context io;
  leat::test::stranger const waiting(io, address);
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  int const lowest = ::dup(0);
  ::close(lowest);
  rlimit limit = before;
  limit.rlim_cur = static_cast<rlim_t>(lowest);
  ::setrlimit(RLIMIT_NOFILE, &limit);
  auto const refused = net.accept();
  int const descriptor = net.descriptor();
  std::string const error = net.error();
  ::setrlimit(RLIMIT_NOFILE, &before);
  CHECK(refused == nullptr);
  CHECK(descriptor == -1);
  CHECK(error == "nobody can be let in: Too many open files");
  CHECK(net.accept() != nullptr);
  CHECK(net.error() == "");
  CHECK(net.descriptor() >= 0);
}
