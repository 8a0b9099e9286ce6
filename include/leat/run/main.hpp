// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/error.hpp>  // IWYU pragma: export
#include <leat/flow.hpp>
#include <leat/run/cli/command_line.hpp>
#include <leat/run/options.hpp>
#include <leat/run/run.hpp>  // IWYU pragma: export

#include <optional>
#include <type_traits>
#include <utility>

namespace leat {
namespace detail {

/// Where `obey` gets the flow from: `describe(context)`, which may throw, and whose flow lives as long as the context.
struct flow_source {
  flow const& (*describe)(void* context);
  void* context;
};

/// Runs the flow, unless the command line asks for something else; gives the exit status.
int obey(command_line const& cli, flow_source const& source);

/// What stands behind the flags of a program that has no arguments of its own.
[[gnu::cold]] int refuse_arguments(command_line const& cli);

template <class Describe>
concept describes_flow = std::is_invocable_r_v<flow, Describe&>;
template <class Describe>
concept describes_flow_by_arguments = std::is_invocable_r_v<flow, Describe&, command_line const&>;

template <class Describe>
int describe_and_obey(command_line const& cli, Describe& describe) {
  constexpr bool describe_returns_a_flow = describes_flow<Describe> || describes_flow_by_arguments<Describe>;
  static_assert(
      describe_returns_a_flow,
      "leat: main(argc, argv, describe): describe must be a function that returns the leat::flow: describe(), "
      "or describe(leat::command_line const&)");
  if constexpr (describe_returns_a_flow) {
    struct context {
      command_line const& cli;
      Describe& describe;
      std::optional<flow> described;
    } kept{cli, describe, {}};
    return obey(cli, {[](void* self) -> flow const& {
                        auto& of = *static_cast<context*>(self);
                        if constexpr (describes_flow_by_arguments<Describe>)
                          return of.described.emplace(of.describe(of.cli));
                        else
                          return of.described.emplace(of.describe());
                      },
                      &kept});
  } else {
    return 1;
  }
}

}  // namespace detail

/// What a program's `main` returns: runs the flow as the command line says, until it ends or SIGINT or SIGTERM stops it
/// in order; a second signal ends the process at once. Exit status: 0 when the flow has ended or was stopped
/// (`--stopped-status`: another one when it was stopped); 1 when it failed or cannot be run, or what its functions have
/// printed cannot be written, with a message on standard error; 2 when the arguments are wrong; 75 when a process of
/// the cluster was not found or was lost, or another process has the recovery store; 76 when processes do not belong
/// together.
int main(command_line const& cli, flow const& described);

/// For a program without arguments of its own: those that are not leat's are refused.
int main(int argc, char const* const* argv, flow const& described);
int main(int argc, char const* const* argv, flow const& described, options defaults);

/// The same with a function that describes the flow, `describe() -> leat::flow`, or `describe(cli) -> leat::flow`,
/// which may look at the program's own arguments. It is called once, on this thread, when the flow is needed. Whatever
/// it throws becomes a message and an exit status too: 2 for a usage_error, else 1.
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

#ifndef LEAT_COMPILED
#include <leat/run/main.ipp>
#endif
