// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/concat.hpp>
#include <leat/detail/lean_chrono.hpp>
#include <leat/route/peers/link.hpp>
#include <leat/run/cli/settings.hpp>
#include <leat/run/cluster_support.hpp>
#include <leat/run/options.hpp>

#include <cstddef>
#include <string>
#include <string_view>

/// How a process and its launcher tell each other, over two descriptors, which addresses the system chose.
namespace leat::detail {

/// A descriptor of the launcher's: it is used once, then closed, and not passed on to programs that are started.
class launch_descriptor {
 public:
  launch_descriptor(char const* flag, int number);
  launch_descriptor(launch_descriptor const&) = delete;
  launch_descriptor& operator=(launch_descriptor const&) = delete;
  ~launch_descriptor();

  [[noreturn, gnu::cold]] void fail(std::string const& reason) const {
    throw usage_error(concat({flag_, ": ", reason}));
  }

  /// A launcher that has gone makes this an error and not a SIGPIPE.
  void write_line(std::string line) const;

  /// Reads byte by byte, since what follows on the descriptor is not ours.
  std::string read_line(std::chrono::nanoseconds within) const;

 private:
  static constexpr std::size_t most_bytes = 1024 * 1024;
  char const* flag_;
  int number_;
};

/// Whether a process that announces the first address can be reached at the second. A process that listens at all
/// addresses of its machine does not know by which name the others find it; the launcher does.
bool is_announced(std::string_view announced, std::string_view listed);

/// Listens. Tries again until the time to form is over while the name of this machine is not known yet.
[[gnu::cold]] void listen_in_time(network& door, options const& options);

/// Listens, tells the launcher where, and learns where the other processes listen, as far as the launcher has asked for
/// it. Throws usage_error when a descriptor or the list of addresses is wrong.
[[gnu::cold]] void rendezvous(options& options, launch const& launch);

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/run/cli/rendezvous.ipp>
#endif
