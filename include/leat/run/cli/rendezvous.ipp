// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/concat.hpp>
#include <leat/detail/lean_chrono.hpp>
#include <leat/error.hpp>
#include <leat/route/peers/link.hpp>
#include <leat/run/cli/flags.hpp>
#include <leat/run/cli/rendezvous.hpp>
#include <leat/run/cluster_support.hpp>
#include <leat/run/options.hpp>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <string>
#include <string_view>
#include <thread>

namespace leat::detail {

LEAT_COLD launch_descriptor::launch_descriptor(char const* flag, int number) : flag_(flag), number_(number) {
  if (::fcntl(number_, F_SETFD, FD_CLOEXEC) < 0) fail(concat({"descriptor ", std::to_string(number_), " is not open"}));
}

LEAT_COLD launch_descriptor::~launch_descriptor() {
  if (number_ > STDERR_FILENO) ::close(number_);
}

LEAT_COLD void launch_descriptor::write_line(std::string line) const {
  line += '\n';
  struct sigaction ignore{};
  struct sigaction before{};
  ignore.sa_handler = SIG_IGN;
  ::sigaction(SIGPIPE, &ignore, &before);
  ssize_t const written = ::write(number_, line.data(), line.size());
  int const error = errno;
  ::sigaction(SIGPIPE, &before, nullptr);
  if (written != static_cast<ssize_t>(line.size()))
    fail(concat({"the address cannot be told: ", written < 0 ? std::strerror(error) : "there is no room for it"}));
}

LEAT_COLD std::string launch_descriptor::read_line(std::chrono::nanoseconds within) const {
  within = (std::min<std::chrono::nanoseconds>)(within, std::chrono::hours(24));
  auto const until = std::chrono::steady_clock::now() + within;
  std::string line;
  for (;;) {
    auto const left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    pollfd polled{number_, POLLIN, 0};
    int const ready = ::poll(&polled, 1, static_cast<int>(std::max<long long>(left.count(), 0)));
    if (ready == 0)
      throw cluster_error(cluster_error::status::lost, concat({flag_, ": the list of addresses did not come in time"}));
    char next = 0;
    ssize_t const got = ready < 0 ? -1 : ::read(number_, &next, 1);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail(concat({"the list of addresses cannot be read: ", std::strerror(errno)}));
    if (got == 0) fail("it ended before the list of addresses, which is one line");
    if (next == '\n') return line;
    line += next;
    if (line.size() > most_bytes) fail("the list of addresses is longer than 1 MiB");
  }
}

LEAT_COLD bool is_announced(std::string_view announced, std::string_view listed) {
  auto const port = [](std::string_view address) {
    return address.substr((std::min)(address.rfind(':'), address.size()));
  };
  bool const everywhere = announced.starts_with("0.0.0.0:") || announced.starts_with("[::]:");
  return everywhere ? port(announced) == port(listed) : announced == listed;
}

LEAT_COLD void listen_in_time(network& door, options const& options) {
  auto const until = std::chrono::steady_clock::now() +
                     (std::min<std::chrono::nanoseconds>)(options.formation_timeout, std::chrono::hours(24));
  std::chrono::milliseconds retry(10);  // a name that is being looked up is soon there
  for (;; retry = (std::min)(2 * retry, std::chrono::milliseconds(500))) try {
      door.listen(options.listen);
      return;
    } catch (no_such_place_yet const&) {
      if (std::chrono::steady_clock::now() >= until) throw;
      std::this_thread::sleep_for(retry);
    }
}

LEAT_COLD void rendezvous(options& options, launch const& launch) {
  std::string own_address;
  if (launch.announce >= 0) {
    launch_descriptor const announce("--announce-fd", launch.announce);
    if (!options.link) options.link = support_of_clusters().make_network(options);
    listen_in_time(*options.link, options);
    own_address = options.link->listens_at();
    if (own_address.empty()) announce.fail("this program's link does not tell where it listens");
    announce.write_line(own_address);
  }
  if (launch.addresses >= 0) {
    launch_descriptor const list("--addresses-fd", launch.addresses);
    settings told;
    std::string const line = list.read_line(options.formation_timeout);
    try {
      set_addresses(told, line);
    } catch (usage_error const& wrong) {
      list.fail(concat({"the list \"", line, "\" ", wrong.what()}));
    }
    options.addresses = told.options.addresses;
    if (options.process >= options.addresses.size())
      list.fail(concat({"there is no process ", std::to_string(options.process), " in the list of ",
                        std::to_string(options.addresses.size()), "; the first is process 0"}));
    if (!own_address.empty() && !is_announced(own_address, options.addresses[options.process]))
      list.fail(concat({"process ", std::to_string(options.process), " listens at ", own_address,
                        ", but the list says ", options.addresses[options.process]}));
  }
}

}  // namespace leat::detail
