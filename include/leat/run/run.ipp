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

inline std::shared_ptr<network> network_of(options const& how) {
  if (!has_network(how)) throw flow_error(lack_of_network);
  if (how.tls.given() && support_of_clusters().encrypt == nullptr)
    throw flow_error("this program cannot encrypt: it has to #include <leat/run/tls.hpp>");
  std::shared_ptr<network> const plain = how.link ? how.link : support_of_clusters().make_network(how);
  return how.tls.given() ? support_of_clusters().encrypt(plain, how) : plain;
}

}  // namespace leat::detail

namespace leat {

LEAT_INLINE void run(flow const& what, options how) {
  detail::standard_descriptors const kept;
  how = detail::checked(std::move(how));
  detail::check_process(how);
  detail::thread_runtime world(how.spin);
  bool const in_cluster = how.addresses.size() > 1;
  auto const processes = static_cast<unsigned>(in_cluster ? how.addresses.size() : 1);
  detail::execution one(what.description(), how, world, how.process, processes);
  if (char const* const directory = detail::environment("TMPDIR")) one.parts().scratch_directory = directory;
  if (in_cluster) one.join(detail::support_of_clusters().join(one, detail::network_of(how)));
  one.build();
  detail::stats_report report(one, what.description(), how);
  {
    detail::slow_stop watched(one, what.description(), how);
    auto const stop = [&one, &watched] {
      one.stop();
      watched.begin();
    };
    std::stop_callback const on_stop(how.stop, stop);
    std::optional<detail::on_stop_signal> on_signal;
    if (how.stop_on_signals) on_signal.emplace(stop);
    world.drive(one.runnables());
  }
  report.end();
  one.rethrow();
}

}  // namespace leat
