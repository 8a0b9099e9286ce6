// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/run/cli/settings.hpp>
#include <leat/run/options.hpp>

#include <cstddef>
#include <cstdint>
#include <string>

/// The variables of a launcher. They are read only when `--launcher` names it, since programs that merely run in a job
/// of Slurm's inherit them too.
namespace leat::detail {

[[gnu::cold]] std::uint64_t launcher_number(launcher const& launcher, char const* name, std::uint64_t least,
                                            std::uint64_t most);

[[gnu::cold]] void take_process_from_launcher(settings& settings);

/// The sentence for a launcher that gives a number and no addresses.
[[gnu::cold]] std::string launcher_lacks_addresses(launcher const& launcher);

/// Called once the addresses are known. Throws usage_error when the launcher has started another number of processes.
[[gnu::cold]] void check_count(launch const& launch, std::size_t addresses);

/// The line that a process of a cluster prints at its start: its number, and where each setting comes from.
[[gnu::cold]] std::string start_line(settings const& settings, options const& options);

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/run/cli/launcher.ipp>
#endif
