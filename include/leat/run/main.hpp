// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/concat.hpp>
#include <leat/detail/shown_text.hpp>
#include <leat/error.hpp>
#include <leat/flow.hpp>
#include <leat/picture.hpp>
#include <leat/run/cluster_support.hpp>
#include <leat/run/command_line.hpp>
#include <leat/run/error_text.hpp>
#include <leat/run/flags.hpp>
#include <leat/run/launcher.hpp>
#include <leat/run/options.hpp>
#include <leat/run/run.hpp>
#include <leat/run/standard_descriptors.hpp>

#include <csignal>
#include <cstdio>
#include <exception>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace leat {
namespace detail {

/// Does not return where a reader of standard output that has gone ends a program without a word.
[[gnu::cold]] inline void end_with_the_reader(std::exception const& failure) {
  try {
    std::rethrow_if_nested(failure);
  } catch (reader_gone const&) {
    struct sigaction on_broken_pipe {};
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

/// How the flow is run, with what only the launcher knows. One line on standard error says where the parts come from.
[[gnu::cold]] inline options settled(command_line const& cli) {
  options how = cli.how();
  how.stop_on_signals = true;
  launch const& by = cli.settings().by;
  bool const own_link = how.link != nullptr;
  check_network(cli.settings(), how, own_link);
  if (by.announce >= 0 || by.addresses >= 0) {
    support_of_clusters().rendezvous(how, by);
    check_count(by, how.addresses.size());
    check_network(cli.settings(), how, own_link);
  }
  if (how.addresses.size() > 1) std::fputs(start_line(cli.settings(), how).c_str(), stderr);
  return how;
}

/// Runs what `make_flow()` gives, unless the command line asks for something else.
template <class MakeFlow>
int obey(command_line const& cli, MakeFlow&& make_flow) {
  if (cli.wants_answer()) return cli.answer();
  if (!cli.fault().empty()) return cli.refuse(cli.fault());
  if (!cli.unknown_flag().empty()) return cli.refuse(cli.unknown_flag());
  standard_descriptors const kept;
  try {
    if (cli.local_processes() > 1 && !cli.graph())
      return support_of_clusters().run_local(cli.all_local_processes());
    flow const& what = make_flow();
    if (cli.graph()) return cli.print(draw(what, *cli.graph()));
    run(what, settled(cli));
    return 0;
  } catch (usage_error const& wrong) {
    return cli.refuse(wrong.what());
  } catch (std::exception const& failure) {
    return report(cli, failure);
  } catch (...) {
    print_failure(cli, "the flow cannot be described: an exception that is not a std::exception");
    return 1;
  }
}

template <class Describe>
concept describes_flow = std::is_invocable_r_v<flow, Describe&>;
template <class Describe>
concept describes_flow_by_arguments = std::is_invocable_r_v<flow, Describe&, command_line const&>;

template <class Describe>
int describe_and_obey(command_line const& cli, Describe& describe) {
  constexpr bool describe_returns_a_flow = describes_flow<Describe> || describes_flow_by_arguments<Describe>;
  static_assert(describe_returns_a_flow,
                "leat: main(argc, argv, describe): describe must be a function that returns the leat::flow: describe(), "
                "or describe(leat::command_line const&)");
  if constexpr (describes_flow_by_arguments<Describe>)
    return obey(cli, [&]() -> flow { return describe(cli); });
  else if constexpr (describes_flow<Describe>)
    return obey(cli, [&]() -> flow { return describe(); });
  else
    return 1;
}

/// What stands behind the flags of a program that has no arguments of its own.
[[gnu::cold]] inline int refuse_arguments(command_line const& cli) {
  std::string const& first = cli.rest().front();
  return cli.refuse(concat(
      {first.starts_with("-") ? "there is no flag \"" : "it takes no arguments, but was given \"", first, "\""}));
}

}  // namespace detail

/// What a program's `main` returns: runs the flow as the command line says, until it ends or SIGINT or SIGTERM stops it
/// in order; a second signal ends the process at once. Exit status: 0 when the flow has ended or was stopped; 1 when it
/// failed or cannot be run, with a message on standard error; 2 when the arguments are wrong; 75 when a process of the
/// cluster was not found or was lost; 76 when the processes do not belong together.
inline int main(command_line const& cli, flow const& what) {
  return detail::obey(cli, [&]() -> flow const& { return what; });
}

/// For a program without arguments of its own: those that are not leat's are refused.
inline int main(int argc, char const* const* argv, flow const& what, options defaults = {}) {
  command_line const cli(argc, argv, {}, std::move(defaults));
  return cli.rest().empty() ? main(cli, what) : detail::refuse_arguments(cli);
}

/// The same with a function that describes the flow, `describe() -> leat::flow`, or `describe(cli) -> leat::flow`, which
/// may look at the program's own arguments. It is called once, on this thread, when the flow is needed. Whatever it
/// throws becomes a message and an exit status too: 2 for a usage_error, else 1.
template <class Describe>
  requires(!std::is_same_v<Describe, flow>)
int main(command_line const& cli, Describe describe) {
  return detail::describe_and_obey(cli, describe);
}

/// From the arguments of `main` themselves. Arguments that are not leat's are refused, unless `describe` takes them.
template <class Describe>
  requires(!std::is_same_v<Describe, flow>)
int main(int argc, char const* const* argv, Describe describe, options defaults = {}) {
  command_line const cli(argc, argv, {}, std::move(defaults));
  if (!detail::describes_flow_by_arguments<Describe> && !cli.rest().empty()) return detail::refuse_arguments(cli);
  return detail::describe_and_obey(cli, describe);
}

}  // namespace leat
