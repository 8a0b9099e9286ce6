// SPDX-License-Identifier: BSL-1.0
#include <leat/recovery/resume_point.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

/// What a run goes on from, for all that up to three files can have gone through.
namespace {

using leat::detail::resume_from;
using leat::detail::resume_point;
using leat::detail::store_history;
using files = std::vector<store_history>;

std::vector<std::string> const paths{"one", "two", "three"};

resume_point resumed(files const& of) { return resume_from(of, std::span(paths).first(of.size())); }

/// What a file does when a run claims it, as the interface of stores has it.
void claim(store_history& file, resume_point const& by) {
  for (store_history::run& each : file.runs) each.last_done = std::min(each.last_done, by.epoch);
  std::erase_if(file.runs, [&](store_history::run const& each) { return each.number > by.parent; });
  file.runs.push_back({by.run, by.epoch, 0});
}

/// Of a store in some state, by all ways it can have got there: what is decided, by the epochs that sinks have made
/// visible, and what a run may go on from.
class explorer {
 public:
  explorer(std::size_t count, std::uint64_t most_epoch, std::uint64_t most_runs)
      : most_epoch_(most_epoch), most_runs_(most_runs), start_(count) {}

  std::size_t explore() {
    visit(start_, 0, {});
    return seen_.size();
  }

 private:
  struct live {
    bool running = false;
    resume_point from;
    std::set<std::size_t> claimed;
  };

  /// All that can happen next: a file is claimed, a file has done an epoch, everything is killed.
  void visit(files const& at, std::uint64_t decided, live const& run) {
    if (!seen_.insert(key(at, decided, run)).second) return;
    if (!run.running) {
      resume_point const from = resumed(at);
      CHECK(from.epoch == decided);  // nothing that was decided is lost, and nothing else is gone on from
      CHECK(resumed(at) == from);    // whoever asks
      if (from.run > most_runs_) return;
      visit(at, decided, {true, from, {}});
      return;
    }
    visit(at, decided, {});  // killed
    if (run.claimed.size() != at.size()) {
      for (std::size_t i = 0; i != at.size(); ++i) {
        if (run.claimed.contains(i)) continue;
        files next = at;
        claim(next[i], run.from);
        live claimed = run;
        claimed.claimed.insert(i);
        CHECK(resumed(next).epoch == decided);
        visit(next, decided, claimed);
      }
      return;
    }
    for (std::size_t i = 0; i != at.size(); ++i) {
      files next = at;
      store_history::run& own = next[i].runs.back();
      std::uint64_t const done = std::max(own.began_at, own.last_done);
      for (std::uint64_t epoch = done + 1; epoch <= std::min(done + 2, most_epoch_); ++epoch) {  // several at once, too
        own.last_done = epoch;
        std::uint64_t all = epoch;
        for (store_history const& file : next)
          all = std::min(all, std::max(file.runs.back().began_at, file.runs.back().last_done));
        visit(next, std::max(decided, all), run);
      }
    }
  }

  static std::string key(files const& at, std::uint64_t decided, live const& run) {
    std::string result = std::to_string(decided) + (run.running ? "r" + std::to_string(run.from.run) : "");
    for (std::size_t const each : run.claimed) result += "c" + std::to_string(each);
    for (store_history const& file : at) {
      result += "|";
      for (auto const& each : file.runs)
        result += std::to_string(each.number) + "," + std::to_string(each.began_at) + "," +
                  std::to_string(each.last_done) + ";";
    }
    return result;
  }

  std::uint64_t most_epoch_;
  std::uint64_t most_runs_;
  files start_;
  std::set<std::string> seen_;
};

}  // namespace

TEST_CASE("resume point: whatever was killed when, exactly what was decided is gone on from") {
  CHECK(explorer(1, 4, 4).explore() > 20);
  CHECK(explorer(2, 4, 3).explore() > 500);
  CHECK(explorer(3, 4, 3).explore() > 5000);
}

TEST_CASE("resume point: an empty store has none") { CHECK(resumed(files(2)) == resume_point{0, 0, 1}); }

TEST_CASE("resume point: a run that has claimed only some files has seen no record") {
  files of(2);
  of[0].runs = {{1, 0, 7}, {2, 7, 0}};
  of[1].runs = {{1, 0, 9}};
  CHECK(resumed(of) == resume_point{7, 1, 3});
}

TEST_CASE("resume point: the epoch that a run began at is its own") {
  files of(2);
  of[0].runs = {{1, 0, 7}, {2, 7, 8}};
  of[1].runs = {{1, 0, 7}, {2, 7, 0}};
  CHECK(resumed(of) == resume_point{7, 2, 3});
}

TEST_CASE("resume point: a copy of a time before all runs that the others know does not begin anew") {
  files of(2);
  of[0].runs = {{7, 5, 9}, {8, 9, 0}};
  of[1].runs = {{1, 0, 5}};
  CHECK_THROWS_WITH_AS(resumed(of),
                       "the recovery store \"two\" is older than the others: no run is known to it and to \"one\" too: "
                       "copies of the files have to be of one time",
                       std::runtime_error);
  of[0].runs = {{1, 0, 3}};
  of[1].runs = {};
  CHECK_THROWS_AS(resumed(of), std::runtime_error);
  of[0].runs = {{1, 0, 0}};  // claimed, and killed before the other was
  CHECK(resumed(of) == resume_point{0, 0, 2});
}

TEST_CASE("resume point: a copy that is too old is named") {
  files of(2);
  of[0].runs = {{1, 0, 7}, {2, 7, 90}};
  of[0].oldest_epoch = 60;
  of[1].runs = {{1, 0, 7}, {2, 7, 50}};
  CHECK_THROWS_WITH_AS(resumed(of),
                       "the recovery store \"two\" is older than the others: it ends with epoch 50, and \"one\" has "
                       "removed what was before epoch 60: copies of the files have to be of one time, or no further "
                       "apart than --backup-interval says",
                       std::runtime_error);
  of[0].oldest_epoch = 50;
  CHECK(resumed(of).epoch == 50);
}
