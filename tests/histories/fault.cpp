// SPDX-License-Identifier: BSL-1.0
#include "histories/fault.hpp"

#include <string>
#include <string_view>

namespace histories {

char const* name_of(fault of) {
  switch (of) {
    case fault::killed:
      return "all killed";
    case fault::halted:
      return "halted in a call";
    case fault::failed_call:
      return "a call failed";
    case fault::torn:
      return "pieces of writes lost";
    case fault::power:
      return "the power failed";
    case fault::slow_reads:
      return "slow reads";
    case fault::process_killed:
      return "a process killed";
    case fault::restarted:
      return "a process started again";
    case fault::cut:
      return "a connection cut";
    case fault::stopped:
      return "stopped";
    case fault::second_copy:
      return "a second copy";
    case fault::clock_jump:
      return "the clock jumped";
    case fault::other_shape:
      return "another shape";
    case fault::moved_files:
      return "files moved";
    case fault::grown_input:
      return "the input grew";
    default:
      return "none";
  }
}

bool may_come_of_it(std::string const& error) {
  for (std::string_view const cause :
       {"Input/output error", "disk I/O error", "No space left on device", "the disk is full", "the disk failed",
        "connection reset", "connection closed", "it is damaged, or cannot be read (", "the cluster has formed already",
        "was lost", "has gone", "another process is using it", "of this run or of another program, is writing it",
        "connection refused", "the cluster did not form"})
    if (error.find(cause) != std::string::npos) return true;
  return false;
}

}  // namespace histories
