// SPDX-License-Identifier: BSL-1.0
#include "histories/committed.hpp"

#include <leat/from/file_position.hpp>
#include <leat/recovery/resume_point.hpp>
#include <leat/recovery/store_file.hpp>
#include <leat/route/codec/codec.hpp>
#include <leat/run/simulated/disk.hpp>

#include <algorithm>
#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace histories {
namespace {

/// What a store has, of all its files.
struct content {
  std::vector<leat::detail::store_history> histories;
  std::vector<std::string> paths;
  std::vector<leat::detail::kept_position> positions;

  void add(leat::detail::store_file& file) {
    histories.push_back(file.history());
    paths.push_back(file.path());
    std::uint64_t newest = 0;
    file.each_position([&](leat::detail::kept_position&& each) {
      newest = std::max(newest, each.epoch);
      positions.push_back(std::move(each));
    });
    file.each_group([&](leat::detail::kept_group&& each) { newest = std::max(newest, each.epoch); }, false);
    auto const& runs = histories.back().runs;
    if (newest > (runs.empty() ? 0 : std::max(runs.back().began_at, runs.back().last_done)))
      throw std::runtime_error("a file of the store has rows of an epoch that it does not have");
  }
};

/// Empty for a step that writes no file.
std::string file_of(leat::detail::kept_position const& position) {
  if (position.step == "files.values") return "out/" + position.partition;
  if (position.partition.starts_with("parameters of worker")) return {};  // of a step with windows
  return position.step.ends_with(".in") || position.step == "ledger.shown" ? std::string() : position.partition;
}

}  // namespace

void committed_outputs::look(leat::detail::store_kind& store, std::vector<std::string> const& directories,
                             leat::detail::simulated_disk const& disk, std::uint64_t& decided) {
  content all;
  for (std::string const& directory : directories)
    for (auto const& found : store.find(directory)) all.add(*store.open(found));
  std::uint64_t const epoch = leat::detail::resume_from(all.histories, all.paths).epoch;
  if (epoch < decided)
    throw std::runtime_error("epoch " + std::to_string(decided) + " was decided, and the next run would go on from " +
                             std::to_string(epoch));
  decided = epoch;

  std::map<std::string, std::pair<std::uint64_t, std::uint64_t>> lengths;  // by file: of which epoch, and bytes
  for (auto const& each : all.positions) {
    std::string const path = file_of(each);
    if (path.empty() || each.epoch > epoch) continue;
    auto& [newest, length] = lengths[path];
    if (each.epoch < newest) continue;
    newest = each.epoch;
    length = leat::decode<leat::file_position>(each.bytes).byte;
  }
  std::map<std::string, std::string> now;
  for (auto const& [path, of] : lengths) {
    std::string const text = disk.has(path) ? disk.content(path) : std::string();
    if (text.size() < of.second) throw std::runtime_error(path + " is shorter than what is committed of it");
    now[path] = text.substr(0, of.second);
  }
  for (auto const& [path, before] : texts_)
    if (!now[path].starts_with(before)) throw std::runtime_error(path + " does not begin with what was committed");
  texts_ = std::move(now);
}

std::string committed_outputs::of(std::string const& path) const {
  auto const found = texts_.find(path);
  return found == texts_.end() ? std::string() : found->second;
}

}  // namespace histories
