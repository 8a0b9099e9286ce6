// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/concat.hpp>
#include <leat/detail/lean_chrono.hpp>
#include <leat/detail/lean_function.hpp>
#include <leat/detail/status_line.hpp>
#include <leat/error.hpp>
#include <leat/route/formation/cluster_config.hpp>
#include <leat/route/formation/formation.hpp>
#include <leat/run/cluster.hpp>
#include <leat/run/cluster_session.hpp>
#include <leat/run/execution.hpp>
#include <leat/run/local/local_cluster.hpp>
#include <leat/run/local/local_processes.hpp>
#include <leat/run/options.hpp>
#include <leat/run/weak_secret.hpp>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace leat::detail {

LEAT_COLD std::unique_ptr<cluster_formation> meet_cluster(graph const& flow, options const& options, network& through,
                                                          std::function<std::uint64_t()> random,
                                                          std::function<void(std::string const&)> log) {
  if (std::string const weakness = options.secret.empty() ? "" : weakness_of(options.secret); !weakness.empty())
    throw flow_error("options::secret: " + weakness);
  cluster_config config;
  config.process = options.process;
  config.workers = (std::max)(options.workers, 1u);
  config.channel_bytes = options.channel_bytes;
  config.addresses = options.addresses;
  config.listen = options.listen;
  config.cluster = options.cluster;
  config.flow = describe(flow);
  config.secret = options.secret;
  config.open_to_anyone = options.insecure;
  config.time_to_form = options.formation_timeout;
  return std::make_unique<formation>(through, std::move(config), std::move(random), std::move(log));
}

LEAT_COLD std::unique_ptr<session> join_cluster(execution& run, std::shared_ptr<network> through) {
  std::unique_ptr<cluster_formation> forming = meet_cluster(
      run.flow(), run.settings(), *through, [&run] { return run.world().seed(); },
      [&run](std::string const& line) { run.world().log(line); });
  return std::make_unique<cluster_session>(run, std::move(through), std::move(forming));
}

/// What a process failed of by itself it would fail of again; one that was killed, or that lost another, may not.
constexpr bool may_help_to_restart(int status) {
  return status == static_cast<int>(cluster_error::status::lost) || status > 128;
}

LEAT_COLD int run_local_cluster(local_processes const& asked) {
  std::chrono::milliseconds wait(50);
  for (unsigned restarts = 0;; ++restarts) {
    // Each has a secret of its own, so that nobody who is left of one joins the next.
    local_cluster cluster(asked);
    int const status = cluster.run();
    if (cluster.stopped() || !may_help_to_restart(status) || restarts == asked.max_restarts) return status;
    print_error_line(
        concat({"leat: a process was lost (exit code ", std::to_string(status), "): all are started again (",
                std::to_string(restarts + 1), " of ", std::to_string(asked.max_restarts), ")"}));
    std::this_thread::sleep_for(wait);
    wait = (std::min)(2 * wait, std::chrono::milliseconds(5000));
  }
}

}  // namespace leat::detail
