// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/concat.hpp>
#include <leat/detail/exception_text.hpp>
#include <leat/detail/shown_text.hpp>
#include <leat/detail/write_all.hpp>
#include <leat/error.hpp>
#include <leat/flow.hpp>
#include <leat/picture.hpp>
#include <leat/run/cli/command_line.hpp>
#include <leat/run/cli/error_text.hpp>
#include <leat/run/cli/flags.hpp>
#include <leat/run/cli/launcher.hpp>
#include <leat/run/cluster_support.hpp>
#include <leat/run/local/standard_descriptors.hpp>
#include <leat/run/main.hpp>
#include <leat/run/options.hpp>
#include <leat/run/recovery_support.hpp>
#include <leat/run/run.hpp>
#include <leat/run/stats/stats_signal.hpp>

#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>

namespace leat::detail {

/// Does not return where a reader of standard output that has gone ends a program without a word.
[[gnu::cold]] inline void end_with_the_reader(std::exception const& failure) {
  try {
    std::rethrow_if_nested(failure);
  } catch (reader_gone const&) {
    struct sigaction on_broken_pipe{};
    if (::sigaction(SIGPIPE, nullptr, &on_broken_pipe) == 0 && on_broken_pipe.sa_handler == SIG_DFL) ::raise(SIGPIPE);
  } catch (std::exception const& cause) {
    end_with_the_reader(cause);
  } catch (...) {  // then it is told
  }
}

[[gnu::cold]] inline void print_failure(command_line const& cli, std::string_view failure) {
  std::string const text = concat({cli.program(), ": ", shown_lines(failure), "\n"});
  std::fflush(stdout);
  std::fputs(text.c_str(), stderr);
}

[[gnu::cold]] inline int report(command_line const& cli, std::exception const& failure) {
  end_with_the_reader(failure);
  print_failure(cli, error_text(failure));
  auto const* const of_cluster = dynamic_cast<cluster_error const*>(&failure);
  return of_cluster != nullptr ? static_cast<int>(of_cluster->exit_status) : 1;
}

/// What is thrown there says where it was, but for leat's own errors, which name what is wrong with the description.
[[gnu::cold]] inline flow const& described_by(flow_source const& source) {
  try {
    return source.describe(source.context);
  } catch (flow_error const&) {
    throw;
  } catch (run_error const&) {
    throw;
  } catch (usage_error const&) {
    throw;
  } catch (std::exception const& failure) {
    std::throw_with_nested(std::runtime_error(concat({"while the flow was described: ", exception_text(failure)})));
  }
}

/// What functions of the flow's have printed by themselves is a result too, and may have been in a buffer until now.
[[gnu::cold]] inline int check_printed(command_line const& cli) {
  int const error = std::fflush(stdout) != 0 ? errno : close_copy_of(STDOUT_FILENO);
  if (error == 0 && std::ferror(stdout) == 0) return 0;
  print_failure(cli, concat({"some of what was printed cannot be written to standard output",
                             error == 0 ? std::string() : ": " + std::generic_category().message(error)}));
  return 1;
}

/// How the flow is run, with what only the launcher knows. One line on standard error says where the parts come from.
[[gnu::cold]] inline options settled(command_line const& cli) {
  options options = cli.options();
  options.stop_on_signals = true;
  options.stats_on_signal = true;
  options.progress = cli.settings().progress;
  launch const& launch = cli.settings().launch;
  bool const own_link = options.link != nullptr;
  check_network(cli.settings(), options, own_link);
  if (launch.announce >= 0 || launch.addresses >= 0) {
    support_of_clusters().rendezvous(options, launch);
    check_count(launch, options.addresses.size());
    check_network(cli.settings(), options, own_link);
  }
  if (options.addresses.size() > 1) std::fputs(start_line(cli.settings(), options).c_str(), stderr);
  return options;
}

/// What the flags of recovery ask for besides a run; empty: nothing.
[[gnu::cold]] inline std::string settle_recovery(command_line const& cli) {
  settings const& given = cli.settings();
  std::string const& directory = given.options.recovery.directory;
  bool const asks = given.recovery_init != 0 || !given.recovery_set.empty() || given.recovery_status;
  if (directory.empty() && !given.options.recovery.forget_steps.empty())
    throw usage_error("--forget-step lets go what a store has: with the directory of the store, -r DIR");
  if (directory.empty() && !asks) return {};
  if (directory.empty())
    throw usage_error("--recovery-init and --recovery-status need the directory of the store: -r DIR");
  if (!given.recovery_set.empty() && (given.recovery_init == 0 || !given.process))
    throw usage_error(
        "--recovery-set names the store of which this process makes its own file: with --recovery-init=N, the number "
        "of files, and with the number of the process, -i");
  if (support_of_recovery().open == nullptr) throw usage_error(lack_of_recovery);
  if (!given.recovery_set.empty())
    return support_of_recovery().make_own(directory, given.recovery_init, given.recovery_set, *given.process);
  if (given.recovery_init != 0) return support_of_recovery().make(directory, given.recovery_init);
  return given.recovery_status ? support_of_recovery().status(directory) : std::string();
}

LEAT_INLINE int obey(command_line const& cli, flow_source const& source) {
  if (cli.wants_answer()) return cli.answer();
  if (!cli.fault().empty()) return cli.refuse(cli.fault());
  if (!cli.unknown_flag().empty()) return cli.refuse(cli.unknown_flag());
  standard_descriptors const kept;
  stats_signal::of_process().take();
  try {
    if (std::string const told = settle_recovery(cli); !told.empty()) return cli.print(told);
    if (cli.local_processes() > 1 && !cli.graph()) {
      int const status = support_of_clusters().run_local(cli.all_local_processes());
      return status == 0 ? check_printed(cli) : status;
    }
    flow const& described = described_by(source);
    if (cli.graph()) described.description().refuse_unfinished();
    if (cli.graph()) return cli.print(draw(described, *cli.graph(), support_of_recovery().open != nullptr));
    bool const ended = run(described, settled(cli));
    int const status = check_printed(cli);
    return status != 0 || ended ? status : cli.settings().stopped_status;
  } catch (usage_error const& wrong) {
    return cli.refuse(wrong.what());
  } catch (std::exception const& failure) {
    return report(cli, failure);
  } catch (...) {
    print_failure(cli, std::string("the flow cannot be described: ") + detail::not_a_std_exception);
    return 1;
  }
}

LEAT_INLINE int refuse_arguments(command_line const& cli) {
  std::string const& first = cli.rest().front();
  return cli.refuse(concat(
      {first.starts_with("-") ? "there is no flag \"" : "it takes no arguments, but was given \"", first, "\""}));
}

}  // namespace leat::detail

namespace leat {

LEAT_INLINE int main(command_line const& cli, flow const& described) {
  flow const* given = &described;
  return detail::obey(cli, {[](void* context) -> flow const& { return **static_cast<flow const**>(context); }, &given});
}

LEAT_INLINE int main(int argc, char const* const* argv, flow const& described) {
  return main(argc, argv, described, options());
}

LEAT_INLINE int main(int argc, char const* const* argv, flow const& described, options defaults) {
  command_line const cli(argc, argv, {}, std::move(defaults));
  return cli.rest().empty() ? main(cli, described) : detail::refuse_arguments(cli);
}

}  // namespace leat
