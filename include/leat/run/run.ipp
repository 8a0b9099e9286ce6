// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/flow.hpp>
#include <leat/run/cli/checked_options.hpp>
#include <leat/run/cluster_support.hpp>
#include <leat/run/environment.hpp>
#include <leat/run/execution.hpp>
#include <leat/run/local/standard_descriptors.hpp>
#include <leat/run/options.hpp>
#include <leat/run/recovery_support.hpp>
#include <leat/run/run.hpp>
#include <leat/run/signals.hpp>
#include <leat/run/slow_stop.hpp>
#include <leat/run/stats/report.hpp>
#include <leat/run/threads/threads.hpp>

#include <memory>
#include <optional>
#include <stop_token>
#include <utility>

namespace leat::detail {

inline std::shared_ptr<network> network_of(options const& options) {
  if (!has_network(options)) throw flow_error(lack_of_network);
  if (options.tls.given() && support_of_clusters().encrypt == nullptr)
    throw flow_error("this program cannot encrypt: it has to #include <leat/run/tls.hpp>");
  std::shared_ptr<network> const plain = options.link ? options.link : support_of_clusters().make_network(options);
  return options.tls.given() ? support_of_clusters().encrypt(plain, options) : plain;
}

}  // namespace leat::detail

namespace leat {

LEAT_INLINE bool run(flow const& flow, options options) {
  detail::standard_descriptors const kept;
  options = detail::checked(std::move(options));
  detail::check_process(options);
  detail::thread_runtime world(options.spin);
  bool const in_cluster = options.addresses.size() > 1;
  auto const processes = static_cast<unsigned>(in_cluster ? options.addresses.size() : 1);
  detail::execution execution(flow.description(), options, world, options.process, processes);
  if (char const* const directory = detail::environment("TMPDIR")) execution.parts().scratch_directory = directory;
  if (in_cluster) execution.join(detail::support_of_clusters().join(execution, detail::network_of(options)));
  if (!options.recovery.directory.empty()) {
    if (detail::support_of_recovery().open == nullptr) throw flow_error(detail::lack_of_recovery);
    execution.recover(detail::support_of_recovery().open(execution));
  }
  execution.build();
  detail::stats_report report(execution, flow.description(), options);
  {
    detail::slow_stop watched(execution, flow.description(), options);
    auto const stop = [&execution, &watched] {
      execution.stop();
      watched.begin();
    };
    std::stop_callback const on_stop(options.stop, stop);
    std::optional<detail::on_stop_signal> on_signal;
    if (options.stop_on_signals) on_signal.emplace(stop);
    world.drive(execution.runnables());
  }
  report.end();
  execution.rethrow();
  return !execution.stopped();
}

}  // namespace leat
