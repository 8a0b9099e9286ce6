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

LEAT_INLINE std::uint64_t launcher_number(launcher const& which, char const* name, std::uint64_t least,
                                          std::uint64_t most) {
  char const* const value = environment(name);
  if (value == nullptr) throw usage_error(concat({"--launcher=", which.name, ": ", name, " is not set"}));
  try {
    return whole_number(value, least, most);
  } catch (usage_error const& wrong) {
    throw usage_error(concat({"--launcher=", which.name, ": ", name, " \"", value, "\" ", wrong.what()}));
  }
}

LEAT_INLINE void take_process_from_launcher(settings& all) {
  if (all.by.which == nullptr) return;
  launcher const& which = *all.by.which;
  auto const processes = static_cast<unsigned>(launcher_number(which, which.processes, 1, 65536));
  auto const process = static_cast<unsigned>(launcher_number(which, which.process, 0, 65535));
  if (process >= processes)
    throw usage_error(concat({"--launcher=", which.name, ": ", which.process, " is ", std::to_string(process), ", but ",
                              which.processes, " is ", std::to_string(processes), "; the first process is process 0"}));
  all.by.processes = processes;
  if (!all.process) all.note(&set_process, which.process);
  if (!all.process) all.process = process;
}

LEAT_INLINE std::string launcher_lacks_addresses(launcher const& which) {
  std::string const instead = which.first_address == nullptr
                                  ? ", not the addresses"
                                  : concat({", and in ", which.first_address, " only the address of the first"});
  return concat({"--launcher=", which.name, " gives the number of the process", instead,
                 ": give those of all by -a, LEAT_HOSTFILE_PATH or --addresses-fd"});
}

LEAT_INLINE void check_count(launch const& by, std::size_t addresses) {
  if (by.processes == 0 || by.processes == addresses) return;
  throw usage_error(
      concat({"--launcher=", by.which->name, ": ", by.which->processes, " is ", std::to_string(by.processes),
              ", but the number of addresses is ", std::to_string(addresses)}));
}

LEAT_INLINE std::string start_line(settings const& all, options const& how) {
  auto const from = [&](setter of) {
    std::string const& said = all.source(of);
    return said.empty() ? std::string("the program") : said;
  };
  bool const by_descriptor = all.by.addresses >= 0;
  // What -p itself gives its processes would tell the person nothing.
  char const* const starter = environment("LEAT_STARTED_BY");
  bool const started_for = starter != nullptr && by_descriptor && all.by.announce >= 0;
  std::string const workers = how.workers == 1 ? " worker" : " workers";
  bool const unsaid = how.workers == 1 && all.source(&set_workers).empty();
  return concat({"leat: process ", std::to_string(how.process), " of ", std::to_string(how.addresses.size()), " (from ",
                 started_for ? starter : from(&set_process), started_for ? ")" : "), addresses from ",
                 started_for ? std::string() : from(by_descriptor ? &set_addresses_descriptor : &set_addresses), ", ",
                 std::to_string(how.workers), workers,
                 unsaid ? std::string() : concat({" (from ", from(&set_workers), ")"}), "\n"});
}

}  // namespace leat::detail
