// SPDX-License-Identifier: BSL-1.0
// A link of one's own: two processes on one machine meet over Unix-domain sockets instead of TCP. An address is a path.
// What each function has to promise is told in docs/links.md.
#include <leat/leat.hpp>
#include <leat/run/cluster.hpp>

#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <memory>
#include <span>
#include <string>

namespace {

sockaddr_un place(std::string const& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path)
    throw leat::cluster_error(leat::cluster_error::status::refused, path + " is too long for a socket");
  path.copy(address.sun_path, path.size());
  return address;
}
int new_socket() { return ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0); }

class unix_connection final : public leat::connection {
 public:
  explicit unix_connection(int socket, std::string error = {}) : socket_(socket), error_(std::move(error)) {}
  ~unix_connection() override { ::close(socket_); }

  std::size_t send(std::span<piece const> pieces) override {
    std::array<iovec, 64> parts{};
    std::size_t const count = std::min(pieces.size(), parts.size());
    for (std::size_t i = 0; i != count; ++i) parts[i] = {const_cast<std::byte*>(pieces[i].data()), pieces[i].size()};
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = count;
    // What the other side said before it went is still to be received: only that says that the connection is closed.
    return moved(::sendmsg(socket_, &message, MSG_NOSIGNAL));
  }
  std::size_t receive(std::span<std::byte> into) override {
    ssize_t const got = ::recv(socket_, into.data(), into.size(), 0);
    if (got == 0) error_ = connection::error();
    if (got < 0 && errno != EAGAIN && errno != EINTR) error_ = std::strerror(errno);
    return moved(got);
  }
  bool open() const override { return error_.empty(); }
  std::string error() const override { return error_; }
  int descriptor() const override { return open() ? socket_ : -1; }

 private:
  static std::size_t moved(ssize_t count) { return count > 0 ? static_cast<std::size_t>(count) : 0; }

  int socket_;
  std::string error_;
};

class unix_network final : public leat::network {
 public:
  ~unix_network() override {
    if (door_ >= 0) ::close(door_);
    if (!path_.empty()) ::unlink(path_.c_str());
  }

  bool listen(std::string const& path) override {
    sockaddr_un const address = place(path);
    door_ = new_socket();
    if (::bind(door_, reinterpret_cast<sockaddr const*>(&address), sizeof address) != 0 || ::listen(door_, 64) != 0)
      throw leat::cluster_error(leat::cluster_error::status::lost,
                                "cannot listen at " + path + ": " + std::strerror(errno));
    path_ = path;
    return false;  // no other machine can connect
  }
  std::unique_ptr<leat::connection> accept() override {
    int const descriptor = ::accept4(door_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    return descriptor < 0 ? nullptr : std::make_unique<unix_connection>(descriptor);
  }
  std::unique_ptr<leat::connection> connect(std::string const& path) override {
    sockaddr_un const address = place(path);
    int const descriptor = new_socket();
    bool const good = ::connect(descriptor, reinterpret_cast<sockaddr const*>(&address), sizeof address) == 0;
    return std::make_unique<unix_connection>(descriptor,
                                             good ? "" : std::strerror(errno));  // dialed again if it is not open
  }
  int descriptor() const override { return door_; }

 private:
  int door_ = -1;
  std::string path_;
};

int run_process(unsigned number, std::filesystem::path const& folder) {
  leat::flow flow("remainders");
  flow.input("numbers", leat::from::range(100'000)) | leat::count_final("by remainder", [](int x) { return x % 5; }) |
      leat::output("out", leat::to::out());

  leat::options options;
  options.workers = 2;
  options.addresses = {folder / "0", folder / "1"};
  options.process = number;
  options.link = std::make_shared<unix_network>();
  try {
    leat::run(flow, options);
    return 0;
  } catch (std::exception const& error) {
    std::cerr << "process " << number << ": " << error.what() << "\n";
    return 1;
  }
}

}  // namespace

int main() {
  std::string folder = std::filesystem::temp_directory_path() / "leat-XXXXXX";
  if (::mkdtemp(folder.data()) == nullptr) return 1;
  pid_t const other = ::fork();  // before there is a thread
  if (other < 0) return 1;
  if (other == 0) return run_process(1, folder);
  int status = run_process(0, folder);
  int of_other = 1;
  ::waitpid(other, &of_other, 0);
  std::filesystem::remove_all(folder);
  return status != 0 || of_other != 0;
}
