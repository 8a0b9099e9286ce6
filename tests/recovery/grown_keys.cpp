// SPDX-License-Identifier: BSL-1.0
#include <leat/flow.hpp>
#include <leat/from/lines.hpp>
#include <leat/op/key_on.hpp>
#include <leat/op/map.hpp>
#include <leat/recovery/stored_run.hpp>
#include <leat/route/exchange/to_partitions.hpp>
#include <leat/run/simulated/cluster.hpp>
#include <leat/run/simulated/disk.hpp>
#include <leat/state/join.hpp>
#include <leat/state/join_rows.hpp>
#include <leat/state/stateful_map.hpp>
#include <leat/to/lines.hpp>
#include <leat/to/output.hpp>

#include "fixture/label.hpp"
#include "fixture/memory_store.hpp"
#include "fixture/scratch.hpp"
#include "fixture/stored_runs.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

/// The keys of a step grow, and belong to other workers then.
namespace {

using namespace std::chrono_literals;

/// How often each word has come, by a step with a state; and each word that has met itself before, by a join.
template <unsigned Version>
leat::flow words(std::string const& in, std::string const& counts, std::string const& pairs) {
  using key = leat::test::label<Version>;
  leat::flow flow("words");
  leat::stream const keyed = flow.input("in", leat::from::lines(in)) |
                             leat::key_on("by word", [](std::string const& word) { return key{word}; });
  keyed | leat::stateful_map("count", [](std::optional<int>& seen, std::string const& word) {
    seen = seen.value_or(0) + 1;
    return word + " " + std::to_string(*seen);
  }) | leat::map("line", [](std::pair<key, std::string> const& each) {
    return each.second;
  }) | leat::output("out", leat::to::lines(counts));
  leat::join("pair", leat::join_emit::running, keyed, keyed) |
      leat::map("word",
                [](std::pair<key, std::tuple<std::optional<std::string>, std::optional<std::string>>> const& each) {
                  auto const& [left, right] = each.second;
                  return left && right ? each.first.name : "alone";
                }) |
      leat::output("pairs", leat::to::lines(pairs));
  return flow;
}

constexpr int word_count = 60;

/// Each word once more.
std::string all_words() {
  std::string text;
  for (int i = 0; i != word_count; ++i) text += "word" + std::to_string(i) + "\n";
  return text;
}

/// Each word was counted on, in its order, by whoever has it; and only the first one of a word has met nobody.
void check_counts(std::string_view counts, std::string_view pairs, int each) {
  std::map<std::string, int> seen;
  for (; !counts.empty(); counts.remove_prefix(counts.find('\n') + 1)) {
    std::string const line(counts.substr(0, counts.find('\n')));
    std::string const word = line.substr(0, line.find(' '));
    CHECK(line == word + " " + std::to_string(++seen[word]));
  }
  std::map<std::string, int> met;
  for (; !pairs.empty(); pairs.remove_prefix(pairs.find('\n') + 1))
    ++met[std::string(pairs.substr(0, pairs.find('\n')))];
  std::map<std::string, int> wanted;
  for (int i = 0; i != word_count; ++i) wanted["word" + std::to_string(i)] = each;
  CHECK(seen == wanted);
  for (auto& [word, times] : wanted) times = 2 * each - 1;
  wanted["alone"] = word_count;
  CHECK(met == wanted);
}

/// A cluster of this many processes that goes on from a store in memory.
class simulated_runs {
 public:
  simulated_runs() {
    store_.machine = &disk_;
    store_.make("store", 3);
  }

  /// To the end, or for so many steps.
  template <unsigned Version>
  void run(unsigned processes, unsigned workers, std::optional<unsigned> steps = std::nullopt) {
    leat::flow const flow = words<Version>("in", "counts", "pairs");
    leat::detail::simulation simulation;
    simulation.seed = ++seed_;
    simulation.processes = processes;
    simulation.disk = &disk_;
    simulation.options.workers = workers;
    simulation.options.snapshot_interval = 20us;
    simulation.options.recovery.directory = "store";
    simulation.recover = [this](leat::detail::execution& run) {
      return std::make_unique<leat::detail::stored_run>(run, std::make_unique<leat::test::memory_stores>(store_),
                                                        run.settings().recovery);
    };
    leat::detail::simulated_cluster cluster(flow.description(), simulation);
    if (!steps) return cluster.run();
    cluster.begin();
    for (unsigned step = 0; step != *steps && !cluster.world().all_done(); ++step)
      cluster.world().step(leat::steady_time::max());
    disk_.halt();  // of who is killed nothing more comes to the disk
  }
  void start_again() { disk_.start_again(); }
  void add_input() { disk_.put("in", (disk_.has("in") ? disk_.content("in") : "") + all_words()); }
  void check(int each) const { check_counts(disk_.content("counts"), disk_.content("pairs"), each); }

 private:
  leat::detail::simulated_disk disk_;
  leat::test::memory_disk store_;
  std::uint64_t seed_ = 0;
};

}  // namespace

TEST_CASE("versions: a key that grows, and belongs elsewhere then") {
  scratch const folder;
  leat::make_recovery_store(folder.path("store"), 2);
  std::string input;
  for (unsigned run = 0; run != 4; ++run) {
    folder.write("in", input += all_words());
    leat::options options = leat::test::on(folder, 1 + run % 3);
    options.snapshot_interval = 0ns;
    auto const flow = run == 0 ? words<0> : words<1>;
    leat::run(flow(folder.path("in"), folder.path("counts"), folder.path("pairs")), options);
  }
  check_counts(folder.read("counts"), folder.read("pairs"), 4);
}

TEST_CASE("versions: a key that grows, in several processes, which may be killed before they have written it anew") {
  for (unsigned const processes : {2u, 3u})
    for (unsigned const steps : {0u, 50u, 200u, 400u, 800u}) {
      CAPTURE(processes);
      CAPTURE(steps);
      simulated_runs runs;
      runs.add_input();
      runs.run<0>(3, 2);
      runs.add_input();
      runs.run<1>(processes, 1, steps);
      runs.start_again();
      runs.run<1>(5 - processes, 2, steps);
      runs.start_again();
      runs.run<1>(processes, 1);
      runs.check(2);
      runs.add_input();
      runs.run<1>(5 - processes, 1);
      runs.check(3);
    }
}
