// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <new>
#include <string>
#include <vector>

/// Two processes on this machine, memory that both see, and what they are connected by. Whatever the system refuses
/// ends the benchmark.
namespace two_processes {

inline void check(bool good, char const* failure) {
  if (good) return;
  std::perror(failure);
  std::exit(1);
}

/// One `T` that this process and those that it forks see.
template <class T>
class shared {
 public:
  shared() {
    void* const memory = ::mmap(nullptr, sizeof(T), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    check(memory != MAP_FAILED, "mmap");
    value_ = new (memory) T();
  }
  shared(shared const&) = delete;
  shared& operator=(shared const&) = delete;
  ~shared() { ::munmap(value_, sizeof(T)); }
  T& operator*() const { return *value_; }
  T* operator->() const { return value_; }

 private:
  T* value_;
};

/// Runs `body(0)` and `body(1)`, each in a process of its own. Call it before any thread exists.
template <class Body>
void run(Body&& body) {
  std::fflush(nullptr);
  for (unsigned i = 0; i != 2; ++i) {
    pid_t const child = ::fork();
    check(child >= 0, "fork");
    if (child != 0) continue;
    try {
      body(i);
    } catch (std::exception const& cause) {
      std::fprintf(stderr, "process %u: %s\n", i, cause.what());
      std::_Exit(1);
    }
    std::_Exit(0);
  }
  for (unsigned i = 0; i != 2; ++i) {
    int status = 0;
    check(::wait(&status) > 0, "wait");
    if (status != 0) std::exit(1);
  }
}

inline int listen_on_loopback(sockaddr_in& at) {
  int const listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  check(listener >= 0, "socket");
  int const yes = 1;
  ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  at = {};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof at;
  check(::bind(listener, reinterpret_cast<sockaddr*>(&at), length) == 0 && ::listen(listener, 1) == 0 &&
            ::getsockname(listener, reinterpret_cast<sockaddr*>(&at), &length) == 0,
        "listen");
  return listener;
}

/// Both ends of one TCP connection over loopback.
inline std::array<int, 2> tcp_pair() {
  sockaddr_in at{};
  int const listener = listen_on_loopback(at);
  int const dialed = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  check(::connect(dialed, reinterpret_cast<sockaddr*>(&at), sizeof at) == 0, "connect");
  int const accepted = ::accept(listener, nullptr, nullptr);
  check(accepted >= 0, "accept");
  ::close(listener);
  int const yes = 1;
  for (int end : {dialed, accepted}) ::setsockopt(end, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  return {dialed, accepted};
}

/// Two addresses on loopback at which nobody listens just now.
inline std::vector<std::string> addresses() {
  std::vector<std::string> result;
  std::array<int, 2> held{};
  for (int& descriptor : held) {
    sockaddr_in at{};
    descriptor = listen_on_loopback(at);
    result.push_back("127.0.0.1:" + std::to_string(ntohs(at.sin_port)));
  }
  for (int descriptor : held) ::close(descriptor);
  return result;
}

}  // namespace two_processes
