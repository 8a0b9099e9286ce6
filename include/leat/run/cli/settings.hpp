// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/list.hpp>
#include <leat/picture.hpp>
#include <leat/run/local/local_processes.hpp>
#include <leat/run/options.hpp>

#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace leat {

/// Something is wrong with the arguments of the program. A function that describes a flow for `leat::main` may throw
/// it: the message is printed with a line on how the program is used, and the exit status is 2.
class usage_error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace leat

namespace leat::detail {

using leat::usage_error;

struct settings;
/// Throws usage_error with what is wrong.
using setter = void (*)(settings& settings, std::string_view text);

/// A program that starts others and tells each its number in the environment.
struct launcher {
  std::string_view name;
  char const* process;
  char const* processes;
  char const* first_address;  ///< a variable that people take for the addresses of all; or null
};
inline constexpr launcher launchers[] = {
    {"slurm", "SLURM_PROCID", "SLURM_NTASKS", nullptr},
    {"openmpi", "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", nullptr},
    {"torchrun", "RANK", "WORLD_SIZE", "MASTER_ADDR"},
};

/// What a process and the launcher that started it have to tell each other.
struct launch {
  int announce = -1;               ///< the descriptor to which the process writes its address
  int addresses = -1;              ///< the descriptor from which it reads the addresses of all processes
  launcher const* kind = nullptr;  ///< the launcher whose variables of the environment are read
  unsigned processes = 0;          ///< as many as the launcher names; 0: it names no number
};

/// What the flags set.
struct settings {
  leat::options options;
  std::optional<picture> graph;
  std::optional<unsigned> process;
  unsigned local_processes = 1;
  unsigned max_restarts = 0;
  output_prefix prefix = output_prefix::on_a_terminal;
  progress_line progress = progress_line::on_a_terminal;
  detail::launch launch;
  int stopped_status = 0;      ///< the exit status of a run that was stopped before its input had ended
  unsigned recovery_init = 0;  ///< a store of so many files is to be made; 0: none is
  std::string recovery_set;    ///< of which only this process's file is to be made; empty: all are
  bool recovery_status = false;
  list<std::pair<setter, std::string>> sources;  ///< the flag or variable that gave a setting; the last one counts

  void note(setter setting, std::string from) { sources.push_back({setting, std::move(from)}); }
  /// Empty for a setting that no flag and no variable gave.
  std::string const& source(setter setting) const;
};

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/run/cli/settings.ipp>
#endif
