// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/route/peers/link.hpp>
#include <leat/run/local/local_processes.hpp>
#include <leat/run/options.hpp>
#include <leat/run/session.hpp>

#include <memory>
#include <string>
#include <string_view>

namespace leat::detail {

struct launch;
class execution;

/// What a program needs to be run as several processes. All null unless it includes `leat/run/cluster.hpp`: most
/// programs, and all tests of a flow, need not compile it.
struct cluster_support {
  /// The network of a run that is not given one. Also null unless the program includes `leat/run/tcp.hpp`.
  std::shared_ptr<network> (*make_network)(options const& options) = nullptr;
  /// Whether that network can find anybody at such an address; null together with it.
  bool (*is_address)(std::string_view text) = nullptr;
  /// A network behind TLS, with the files of `options`; throws flow_error when one cannot be used. Null unless the
  /// program includes `leat/run/tls.hpp`.
  std::shared_ptr<network> (*encrypt)(std::shared_ptr<network> below, options const& options) = nullptr;
  /// The session of a run whose processes have to meet first, through this network.
  std::unique_ptr<session> (*join)(execution& run, std::shared_ptr<network> through) = nullptr;
  /// Learns from the launcher what only it knows.
  void (*rendezvous)(options& options, launch const& launch) = nullptr;
  /// Runs so many processes of this program on this machine; gives the exit status.
  int (*run_local)(local_processes const& asked) = nullptr;
};

cluster_support& support_of_clusters();

bool has_network(options const& options);
inline constexpr char const* lack_of_network =
    "this program cannot be run as several processes: it has to #include <leat/run/tcp.hpp>, or <leat/run/cluster.hpp> "
    "and be given a link";

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/run/cluster_support.ipp>
#endif
