// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace leat::detail {

/// Whether each line of the results begins with the number of its process.
enum class output_prefix : std::uint8_t { on_a_terminal, everywhere, nowhere };

/// What -p asks for.
struct local_processes {
  std::string program;             ///< as messages name it
  std::vector<std::string> words;  ///< the arguments of each process
  unsigned count = 1;
  int stopped_status = 0;     ///< the exit status of a run that was stopped before its input had ended
  unsigned max_restarts = 0;  ///< after a process was killed or lost: so often all are started again
  output_prefix prefix = output_prefix::on_a_terminal;
  std::string asked_by = "-p";  ///< the flag or the variable
};

}  // namespace leat::detail
