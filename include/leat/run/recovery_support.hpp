// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/lean_function.hpp>
#include <leat/route/control/partition_lists.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace leat::detail {

class execution;
class peers;
class recovery;

/// In the lists that processes share, the number of no step: that a process goes on from a store, and which files of
/// it it sees.
inline constexpr std::uint32_t recovery_facts = 0xffffffffu;

/// What one run goes on from, as the run sees it: `recovery` is what its steps see.
class recovered_run {
 public:
  virtual ~recovered_run() = default;

  virtual recovery& for_steps() = 0;
  /// Adds what the other processes have to know to what this one lists.
  virtual void add_facts(partition_lists& own) = 0;
  /// Calls a function that may take long, while the other processes still hear of this one.
  using long_call = std::function<void(std::function<void()> const&)>;

  /// The processes have met.
  virtual void meet(peers& others, long_call aside) = 0;
  /// By who puts the steps together, again and again: agrees with the other processes what the run goes on from. True
  /// once that is here. Throws where there is no such thing.
  virtual bool agree(std::vector<partition_lists const*> const& of_processes, bool& progress) = 0;
  /// By who drives the connections, while the run goes on. True when something was sent.
  virtual bool turn() = 0;
  /// The run is over: nothing is written any more, and the files can be opened by others.
  virtual void close() = 0;
};

/// What a program needs to go on from a store. All null unless it includes `leat/run/recovery.hpp`.
struct recovery_support {
  /// Of a run whose options name a directory.
  std::unique_ptr<recovered_run> (*open)(execution& run) = nullptr;
  /// Makes a store; gives a sentence about it.
  std::string (*make)(std::string const& directory, unsigned count) = nullptr;
  /// Makes this process's own file of a store that is called so; gives a sentence about it, also where it is there.
  std::string (*make_own)(std::string const& directory, unsigned count, std::string const& set,
                          unsigned process) = nullptr;
  /// What a store has, as text.
  std::string (*status)(std::string const& directory) = nullptr;
};

recovery_support& support_of_recovery();

inline constexpr char const* lack_of_recovery =
    "this program cannot go on from a recovery store: it has to #include <leat/run/recovery.hpp>";

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/run/recovery_support.ipp>
#endif
