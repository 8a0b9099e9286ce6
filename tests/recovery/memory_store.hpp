// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/recovery/store_file.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace leat::test {

/// Stores in memory, for simulated processes: what a commit has written survives them, and what is locked by one cannot
/// be opened by another. It fails as a test asks it to.
class memory_disk {
 public:
  struct image {
    detail::store_identity identity;
    std::string flow;
    detail::store_history history;
    std::map<std::pair<std::pair<std::string, std::uint32_t>, std::uint64_t>, detail::kept_group> groups;
    std::map<std::pair<std::pair<std::string, std::string>, std::uint64_t>, detail::kept_position> positions;
    std::vector<std::pair<std::uint64_t, std::int64_t>> times;
    bool taken = false;
  };

  void make(std::string const& directory, unsigned files, std::string const& set = "one") {
    for (unsigned i = 0; i != files; ++i) images[directory + "/part-" + std::to_string(i)].identity = {set, i, files};
  }

  /// Each file goes to the directory of one of so many processes, `store0` and on, as `up_to` draws it; where there are
  /// none, to `store`, which all of them see.
  template <class Draw>
  void move_to(unsigned processes, Draw up_to) {
    std::map<std::string, image> moved;
    for (auto& [path, of] : images) {
      std::string const directory = processes == 0 ? "store" : "store" + std::to_string(up_to(processes - 1));
      moved[directory + path.substr(path.rfind('/'))] = std::move(of);
    }
    images = std::move(moved);
  }

  /// Whether all files have the same last epoch of the same run.
  bool agree() const {
    auto const last = [](image const& of) {
      return std::pair(of.history.runs.back().number, of.history.runs.back().last_done);
    };
    return std::all_of(images.begin(), images.end(),
                       [&](auto const& each) { return last(each.second) == last(images.begin()->second); });
  }

  /// The n-th commit or claim from now on fails, before it has written anything.
  void fail_at(unsigned nth) { fails_in_ = nth; }
  void count_write() {
    ++writes;
    if (fails_in_ != 0 && --fails_in_ == 0) throw std::runtime_error("the disk failed");
  }

  std::map<std::string, image> images;  ///< by path
  unsigned writes = 0;

 private:
  unsigned fails_in_ = 0;
};

class memory_store_file final : public detail::store_file {
 public:
  memory_store_file(memory_disk& disk, std::string path) : disk_(disk), path_(std::move(path)) {
    if (image().taken) throw std::runtime_error("the recovery store \"" + path_ + "\": another process is using it");
    image().taken = true;
  }
  ~memory_store_file() override { image().taken = false; }

  std::string const& path() const override { return path_; }
  detail::store_identity const& identity() const override { return disk_.images.at(path_).identity; }
  std::string flow() override { return image().flow; }
  detail::store_history history() override { return image().history; }
  detail::kept_steps steps() override {
    detail::kept_steps result;
    for (auto const& [key, group] : image().groups) result[group.step].push_back(group.codec);
    for (auto const& [key, position] : image().positions) result[position.step].push_back(position.codec);
    return result;
  }
  std::vector<std::pair<std::uint64_t, std::int64_t>> times() override { return image().times; }

  void claim(detail::store_claim const& by) override {
    disk_.count_write();
    auto const later = [&](auto const& each) { return each.first.second > by.from.epoch; };
    std::erase_if(image().groups, later);
    std::erase_if(image().positions, later);
    std::erase_if(image().times, [&](auto const& each) { return each.first > by.from.epoch; });
    auto& runs = image().history.runs;
    for (auto& each : runs) each.last_done = std::min(each.last_done, by.from.epoch);
    std::erase_if(runs, [&](auto const& each) { return each.number > by.from.parent; });
    runs.push_back({by.from.run, by.from.epoch, 0});
    image().flow = by.flow;
  }

  void each_position(std::function<void(detail::kept_position&&)> const& take) override {
    for (auto const& [key, position] : image().positions) take(detail::kept_position(position));
  }
  void each_group(std::function<void(detail::kept_group&&)> const& take, bool) override {
    for (auto const& [key, group] : image().groups) take(detail::kept_group(group));
  }
  void each_group_of(std::string const& step, unsigned first, unsigned behind_last,
                     std::function<void(detail::kept_group&&)> const& take) override {
    for (auto const& [key, group] : image().groups)
      if (group.step == step && group.group >= first && group.group < behind_last) take(detail::kept_group(group));
  }

  void commit(detail::store_commit const& what) override {
    disk_.count_write();
    for (auto const& each : what.groups)
      if (!image().groups.emplace(std::pair(std::pair(each.step, each.group), each.epoch), each).second)
        throw std::logic_error("rows of a group were kept twice");
    for (auto const& each : what.positions)
      if (!image().positions.emplace(std::pair(std::pair(each.step, each.partition), each.epoch), each).second)
        throw std::logic_error("a position was kept twice");
    for (auto const& each : what.old_groups)
      if (image().groups.erase({{each.step, each.group}, each.epoch}) != 1) throw std::logic_error("no such group");
    for (auto const& each : what.old_positions)
      if (image().positions.erase({{each.step, each.partition}, each.epoch}) != 1)
        throw std::logic_error("no such position");
    auto& run = image().history.runs.back();
    if (run.number != what.run || what.epoch <= std::max(run.began_at, run.last_done))
      throw std::logic_error("an epoch was committed twice, or by another run");
    run.last_done = what.epoch;
    image().times.emplace_back(what.epoch, what.time);
    image().history.oldest_epoch = std::max(image().history.oldest_epoch, what.oldest_epoch);
  }

 private:
  memory_disk::image& image() { return disk_.images.at(path_); }

  memory_disk& disk_;
  std::string path_;
};

class memory_stores final : public detail::store_kind {
 public:
  explicit memory_stores(memory_disk& disk) : disk_(disk) {}
  std::vector<found> find(std::string const& directory) override {
    std::vector<found> result;
    for (auto const& [path, image] : disk_.images)
      if (path.starts_with(directory + "/")) result.push_back({path, image.identity});
    return result;
  }
  std::unique_ptr<detail::store_file> open(found const& file) override {
    return std::make_unique<memory_store_file>(disk_, file.path);
  }
  bool is_taken(found const& file) override { return disk_.images.at(file.path).taken; }

 private:
  memory_disk& disk_;
};

}  // namespace leat::test
