// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/concat.hpp>
#include <leat/graph.hpp>
#include <leat/recovery/store_agreement.hpp>
#include <leat/recovery/store_file.hpp>
#include <leat/recovery/store_message.hpp>
#include <leat/route/control/partition_lists.hpp>
#include <leat/route/exchange/slot.hpp>
#include <leat/route/partitions.hpp>
#include <leat/run/recovery_support.hpp>

#include <algorithm>
#include <cstddef>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace leat::detail {

LEAT_INLINE void add_found_files(std::vector<store_kind::found> const& files, std::string const& directory,
                                 partition_lists& own) {
  std::vector<std::string> facts{directory};
  for (store_kind::found const& each : files) {
    facts.push_back(each.identity.set);
    facts.push_back(std::to_string(each.identity.index));
    facts.push_back(std::to_string(each.identity.count));
    facts.push_back(each.path);
  }
  own.emplace_back(recovery_facts, std::move(facts));
}

/// What a process sees: its directory, then four texts for each file.
inline std::span<std::string const> facts_of(partition_lists const& lists) {
  for (auto const& [id, texts] : lists)
    if (id == recovery_facts) return texts;
  return {};
}

inline std::string other_process(std::size_t process, std::size_t processes) {
  return processes == 1 ? std::string() : concat({" that process ", std::to_string(process), " sees"});
}

/// The texts of one file among the facts of a process; of another store than `set`, or of another one of this name.
[[noreturn, gnu::cold]] inline void refuse_other_set(std::string const& path, std::string const& first_path) {
  throw std::runtime_error(concat({"the recovery store \"", path, "\" does not belong to \"", first_path,
                                   "\": the files of one store are needed, and no others, in the directories of all "
                                   "processes"}));
}

LEAT_INLINE std::vector<unsigned> share_files(std::vector<partition_lists const*> const& of_processes) {
  std::string const* set = nullptr;
  std::string const* count = nullptr;
  std::string const* first_path = nullptr;
  std::vector<std::vector<std::string>> seen(of_processes.size());
  for (std::size_t process = 0; process != of_processes.size(); ++process) {
    std::span<std::string const> const facts = facts_of(*of_processes[process]);
    if (facts.empty())
      throw std::runtime_error(concat(
          {"process ", std::to_string(process), " runs without a recovery store: all processes need -r, or none"}));
    for (std::size_t i = 1; i + 3 < facts.size(); i += 4) {
      if (set == nullptr) {
        set = &facts[i];
        count = &facts[i + 2];
        first_path = &facts[i + 3];
      }
      if (facts[i] != *set || facts[i + 2] != *count) refuse_other_set(facts[i + 3], *first_path);
      if (std::find(seen[process].begin(), seen[process].end(), facts[i + 1]) != seen[process].end())
        throw std::runtime_error(concat({"the recovery store \"", facts[i + 3], "\" is a copy of another file in \"",
                                         facts[0], "\": keep one of them there"}));
      seen[process].push_back(facts[i + 1]);
    }
  }
  std::string const& directory = facts_of(*of_processes.front()).front();
  if (set == nullptr)
    throw std::runtime_error(concat({"there is no recovery store in \"", directory,
                                     "\": --recovery-init=1 makes one there; where there was one, see that its volume "
                                     "is mounted"}));
  std::vector<unsigned> takers(std::stoul(*count), static_cast<unsigned>(of_processes.size()));
  for (auto const& [index, process] : assign_partitions(seen))
    if (std::size_t const at = std::stoul(index); at < takers.size()) takers[at] = process;
  for (std::size_t i = 0; i != takers.size(); ++i)
    if (takers[i] == of_processes.size())
      throw std::runtime_error(
          concat({"the recovery store in \"", directory, "\" has ", *count, " files, of which part ", std::to_string(i),
                  of_processes.size() == 1 ? "" : ", seen by no process,",
                  " is missing: put it back, or make a new store elsewhere and begin anew"}));
  return takers;
}

LEAT_INLINE void refuse_changed_flow(std::span<taken_file const> files, graph const& flow,
                                     std::span<std::string const> forgotten) {
  auto const has_step = [&](std::string const& name) {
    for (node const* each : flow.nodes())
      for (step_info const& step : each->steps)
        if (step.name == name) return true;
    return false;
  };
  for (taken_file const& file : files) {
    if (!file.flow.empty() && file.flow != flow.name())
      throw std::runtime_error(concat({"the recovery store \"", file.path, "\" is of the flow \"", file.flow,
                                       "\", and this is \"", flow.name(), "\": each flow needs a store of its own"}));
    for (auto const& [step, codec] : file.steps)
      if (!has_step(step) && std::find(forgotten.begin(), forgotten.end(), step) == forgotten.end())
        throw std::runtime_error(
            concat({"the recovery store \"", file.path, "\" has what step \"", step,
                    "\" knew, and the flow has no such step: give the step its name again, or let it go by "
                    "--forget-step=",
                    step}));
  }
  for (std::string const& step : forgotten)
    if (has_step(step))
      throw std::runtime_error(concat(
          {"--forget-step: the flow has step \"", step, "\": only what a step knew that is gone can be let go"}));
}

/// What the flow does not tell by itself: a path may turn out to be that of a pipe.
inline bool is_no_regular_file(node const& of, partition_lists const& listed, file_system& files) {
  for (auto const& [id, partitions] : listed)
    for (std::string const& partition : id == of.id ? partitions : std::vector<std::string>())
      if (std::string const path = of.file_of(partition); !path.empty()) {
        file_kind const kind = files.facts(path, of.writes_files() ? file_use::write : file_use::read).kind;
        if (kind != file_kind::regular && kind != file_kind::absent) return true;
      }
  return false;
}

LEAT_INLINE std::string start_of_run(graph const& flow, partition_lists const& listed, file_system& files,
                                     std::string const& directory, resume_point const& from) {
  std::string line =
      concat({"leat: recovery: ",
              from.epoch == 0 ? "nothing is in the store yet" : concat({"on from epoch ", std::to_string(from.epoch)}),
              " (run ", std::to_string(from.run), ", ", directory, ")"});
  std::vector<std::pair<std::string_view, std::string>> promised;  // what; the steps
  for (std::string_view const guarantee :
       {exactly_once, at_least_once, from_the_beginning_again, cannot_be_read_again, begins_anew})
    promised.emplace_back(guarantee, std::string());
  for (node const* each : flow.nodes())
    for (step_info const& step : each->steps) {
      std::string_view guarantee = guarantee_of(step);
      if (guarantee == exactly_once && is_no_regular_file(*each, listed, files))
        guarantee = step.kind == "input" ? cannot_be_read_again : at_least_once;
      for (auto& [promise, steps] : promised)
        if (promise == guarantee) steps += concat({steps.empty() ? "" : ", ", "\"", step.name, "\""});
    }
  for (auto const& [promise, steps] : promised)
    if (!steps.empty()) line += concat({"; ", promise, ": ", steps});
  return line;
}

LEAT_INLINE unsigned file_of_partition(std::string_view step, std::string_view partition, std::size_t files) {
  std::string const name = concat({step, std::string_view("\0", 1), partition});
  return static_cast<unsigned>(hash_of_bytes(name.data(), name.size()) % files);
}

}  // namespace leat::detail
