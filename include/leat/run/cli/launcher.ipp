// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/concat.hpp>
#include <leat/run/cli/flags.hpp>
#include <leat/run/cli/launcher.hpp>
#include <leat/run/environment.hpp>
#include <leat/run/options.hpp>

#include <cstddef>
#include <cstdint>
#include <string>

namespace leat::detail {

LEAT_COLD std::uint64_t launcher_number(launcher const& launcher, char const* name, std::uint64_t least,
                                        std::uint64_t most) {
  char const* const value = environment(name);
  if (value == nullptr) throw usage_error(concat({"--launcher=", launcher.name, ": ", name, " is not set"}));
  try {
    return whole_number(value, least, most);
  } catch (usage_error const& wrong) {
    throw usage_error(concat({"--launcher=", launcher.name, ": ", name, " \"", value, "\" ", wrong.what()}));
  }
}

LEAT_COLD void take_process_from_launcher(settings& settings) {
  if (settings.launch.kind == nullptr) return;
  launcher const& launcher = *settings.launch.kind;
  auto const processes = static_cast<unsigned>(launcher_number(launcher, launcher.processes, 1, 65536));
  auto const process = static_cast<unsigned>(launcher_number(launcher, launcher.process, 0, 65535));
  if (process >= processes)
    throw usage_error(
        concat({"--launcher=", launcher.name, ": ", launcher.process, " is ", std::to_string(process), ", but ",
                launcher.processes, " is ", std::to_string(processes), "; the first process is process 0"}));
  settings.launch.processes = processes;
  if (!settings.process) settings.note(&set_process, launcher.process);
  if (!settings.process) settings.process = process;
}

LEAT_COLD std::string launcher_lacks_addresses(launcher const& launcher) {
  std::string const instead = launcher.first_address == nullptr
                                  ? ", not the addresses"
                                  : concat({", and in ", launcher.first_address, " only the address of the first"});
  return concat({"--launcher=", launcher.name, " gives the number of the process", instead,
                 ": give those of all by -a, LEAT_HOSTFILE_PATH or --addresses-fd"});
}

LEAT_COLD void check_count(launch const& launch, std::size_t addresses) {
  if (launch.processes == 0 || launch.processes == addresses) return;
  throw usage_error(
      concat({"--launcher=", launch.kind->name, ": ", launch.kind->processes, " is ", std::to_string(launch.processes),
              ", but the number of addresses is ", std::to_string(addresses)}));
}

LEAT_COLD std::string start_line(settings const& settings, options const& options) {
  auto const from = [&](setter of) {
    std::string const& text = settings.source(of);
    return text.empty() ? std::string("the program") : text;
  };
  bool const by_descriptor = settings.launch.addresses >= 0;
  // What -p itself gives its processes would tell the person nothing.
  char const* const starter = environment("LEAT_STARTED_BY");
  bool const started_for = starter != nullptr && by_descriptor && settings.launch.announce >= 0;
  std::string const workers = options.workers == 1 ? " worker" : " workers";
  bool const unsaid = options.workers == 1 && settings.source(&set_workers).empty();
  return concat({"leat: process ", std::to_string(options.process), " of ", std::to_string(options.addresses.size()),
                 " (from ", started_for ? starter : from(&set_process), started_for ? ")" : "), addresses from ",
                 started_for ? std::string() : from(by_descriptor ? &set_addresses_descriptor : &set_addresses), ", ",
                 std::to_string(options.workers), workers,
                 unsaid ? std::string() : concat({" (from ", from(&set_workers), ")"}), "\n"});
}

}  // namespace leat::detail
