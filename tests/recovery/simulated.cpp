// SPDX-License-Identifier: BSL-1.0
#include <leat/flow.hpp>
#include <leat/from/lines.hpp>
#include <leat/op/key_on.hpp>
#include <leat/op/map.hpp>
#include <leat/recovery/sqlite_store.hpp>
#include <leat/recovery/stored_run.hpp>
#include <leat/route/exchange/slot.hpp>
#include <leat/route/exchange/to_partitions.hpp>
#include <leat/run/files.hpp>
#include <leat/run/simulated/cluster.hpp>
#include <leat/run/simulated/disk.hpp>
#include <leat/state/count_final.hpp>
#include <leat/state/stateful_map.hpp>
#include <leat/text.hpp>
#include <leat/to/lines.hpp>
#include <leat/to/output.hpp>

#include "fixture/scratch.hpp"
#include "memory_store.hpp"
#include "sanitizers.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

/// Simulated processes over a simulated disk and faulty links are killed at any step, lose power, fail to write, are
/// stopped, and go on in other shapes, while the clock of the day jumps: all runs together give what one undisturbed run
/// gives.
namespace {

using namespace std::chrono_literals;
using leat::test::memory_disk;
using leat::test::memory_stores;

/// splitmix64 (Steele, Lea, Flood 2014).
class chance {
 public:
  explicit chance(std::uint64_t seed) : state_(seed) {}
  /// From 0 to `most`.
  std::uint64_t up_to(std::uint64_t most) { return next() % (most + 1); }
  bool once_in(std::uint64_t n) { return next() % n == 0; }
  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }

 private:
  std::uint64_t state_;
};

leat::flow words_flow() {
  leat::flow flow("words");
  leat::stream const counted = flow.input("in", leat::from::lines(std::vector<std::string>{"in0", "in1", "in2"})) |
                               leat::key_on("by word", [](std::string const& word) { return word; }) |
                               leat::stateful_map("count", [](std::optional<int>& seen, std::string const& word) {
                                 int const count = seen.value_or(0) + 1;
                                 seen = count;
                                 if (count % 7 == 0) seen.reset();
                                 return word + " " + std::to_string(count);
                               });
  counted | leat::output("values", leat::to::files("out", 2));
  counted | leat::map("line", [](std::pair<std::string, std::string> const& each) { return each.second; }) |
      leat::output("lines", leat::to::lines("lines"));
  counted | leat::map("word", [](std::pair<std::string, std::string> const& each) { return each.first; }) |
      leat::count_final("totals", [](std::string const& word) { return word; }) |
      leat::output("all", leat::to::lines("totals"));
  return flow;
}

/// The lines of a key in their order, and all of a file in no order.
using by_key = std::map<std::string, std::vector<std::string>>;
by_key read(leat::detail::simulated_disk const& disk, std::string const& path, bool in_order) {
  by_key result;
  std::string const text = disk.has(path) ? disk.content(path) : std::string();
  for (std::size_t begin = 0; begin < text.size();) {
    std::size_t const end = std::min(text.find('\n', begin), text.size());
    std::string const line = text.substr(begin, end - begin);
    result[in_order ? line.substr(0, line.find(' ')) : std::string()].push_back(line);
    begin = end + 1;
  }
  if (!in_order) std::sort(result[{}].begin(), result[{}].end());
  return result;
}

/// Words of which several fall into one slot, at the borders between three workers too, so that what is kept of one key
/// lies beside what is kept of others.
std::vector<std::string> const& words() {
  static std::vector<std::string> const chosen = [] {
    std::vector<std::string> result;
    for (unsigned const slot : {7u, 1365u, 1366u, 2730u}) {
      unsigned found = 0;
      for (unsigned i = 0; found != 3; ++i) {
        std::string const word = "w" + std::to_string(i);
        if (leat::slot_of(leat::key_hash(word)) != slot) continue;
        result.push_back(word);
        ++found;
      }
    }
    return result;
  }();
  return chosen;
}

void put_inputs(leat::detail::simulated_disk& disk, chance& draw) {
  for (char const* const path : {"in0", "in1", "in2"}) {
    std::string text;
    for (std::uint64_t left = draw.up_to(40); left != 0; --left) text += words()[draw.up_to(11)] + "\n";
    disk.put(path, text);
  }
}

struct world {
  explicit world(std::uint64_t seed) : draw(seed) {
    if (seed % 8 == 7) real.emplace();
  }

  void make_store() {
    unsigned const files = 1 + static_cast<unsigned>(draw.up_to(3));
    if (real)
      leat::detail::sqlite_stores(leat::detail::machine_files()).make(real->path("store"), files, "of this seed");
    else
      stores.make("store", files);
  }

  leat::detail::simulation shape() {
    leat::detail::simulation simulation;
    simulation.seed = draw.next();
    simulation.processes = 1 + static_cast<unsigned>(draw.up_to(2));
    simulation.options.workers = 1 + static_cast<unsigned>(draw.up_to(2));
    simulation.options.batch_size = 1 + draw.up_to(4);
    simulation.options.connections = static_cast<leat::connection_driver>(draw.up_to(2));
    simulation.options.snapshot_interval = std::chrono::microseconds(draw.up_to(3) * 40);
    simulation.options.recovery.directory = real ? real->path("store") : "store";
    simulation.options.recovery.backup_interval = std::chrono::seconds(draw.up_to(1) * 3600);
    simulation.disk = &disk;
    bool const own_directories = !real && draw.once_in(2);
    if (!real)
      stores.move_to(own_directories ? simulation.processes : 0,
                     [this](unsigned most) { return static_cast<unsigned>(draw.up_to(most)); });
    simulation.recover = [this, own_directories](leat::detail::execution& run) {
      std::unique_ptr<leat::detail::store_kind> kind;
      if (real)
        kind = std::make_unique<leat::detail::sqlite_stores>(leat::detail::machine_files(), 0ms);
      else
        kind = std::make_unique<memory_stores>(stores);
      leat::recovery_options options = run.settings().recovery;
      if (own_directories) options.directory += std::to_string(run.process());
      return std::make_unique<leat::detail::stored_run>(run, std::move(kind), options);
    };
    return simulation;
  }

  chance draw;
  leat::detail::simulated_disk disk;
  memory_disk stores;
  std::optional<scratch> real;  ///< where the store is in files, which takes longer
};

struct totals {
  std::uint64_t kills = 0;
  std::uint64_t stops = 0;
  std::uint64_t failures = 0;
  std::uint64_t power = 0;
};

/// One run, which is ended in some way, or not. True when it came to its end.
bool run_once(world& of, leat::flow const& flow, bool undisturbed, totals& count) {
  auto const simulation = of.shape();
  enum class end : std::uint8_t { kill, failing_disk, stop, none };
  std::uint64_t const drawn = of.draw.up_to(9);
  end const way = undisturbed || drawn == 9 ? end::none
                  : drawn < 5               ? end::kill
                  : drawn < 7               ? end::failing_disk
                                            : end::stop;
  if (way == end::failing_disk) of.stores.fail_at(1 + static_cast<unsigned>(of.draw.up_to(12)));
  bool ended = false;
  try {
    leat::detail::simulated_cluster cluster(flow.description(), simulation);
    chance clock(simulation.seed);
    auto const set_clock = [&] {
      constexpr std::uint64_t day = 24 * 3600;
      cluster.world().begin_at(leat::wall_time(std::chrono::seconds(1767225600 + clock.up_to(2 * day) - day)));
    };
    set_clock();
    cluster.begin();
    std::uint64_t const steps = of.draw.up_to(of.draw.once_in(3) ? 60 : 500);
    for (std::uint64_t step = 0; !cluster.world().all_done(); ++step) {
      if (way == end::kill && step == steps) {
        ++count.kills;
        return false;  // all processes at once: the links and the loss of one are for other tests
      }
      if (clock.once_in(64)) set_clock();
      if (way == end::stop && step == steps) {
        ++count.stops;
        cluster.process(0).stop();
      }
      if (!cluster.world().step(leat::steady_time::max())) cluster.world().fail_stuck();
    }
    cluster.rethrow();
    ended = way != end::stop;
    if (!of.real && !of.stores.agree()) throw std::runtime_error("it has ended before all files had its last epoch");
  } catch (leat::run_error const& error) {
    if (std::string(error.what()).find("the disk failed") == std::string::npos) throw;
    ++count.failures;
  }
  of.stores.fail_at(0);
  return ended;
}

/// What differs from an undisturbed run; empty: nothing.
std::string difference(world const& of, world const& plain) {
  for (char const* const path : {"lines", "out/part_0", "out/part_1", "totals"}) {
    bool const in_order = std::string(path) == "lines";
    std::string const got = leat::text(read(of.disk, path, in_order));
    std::string const wanted = leat::text(read(plain.disk, path, in_order));
    if (got != wanted) return std::string(path) + ": " + got + " is not " + wanted;
  }
  return {};
}

/// All that comes of one seed; empty where nothing is wrong.
std::string try_seed(std::uint64_t seed, leat::flow const& flow, totals& count) {
  world plain(seed);
  world of(seed);
  put_inputs(plain.disk, plain.draw);
  put_inputs(of.disk, of.draw);
  auto simulation = plain.shape();
  simulation.recover = nullptr;
  leat::detail::simulated_cluster(flow.description(), simulation).run();
  of.make_store();
  try {
    bool ended = false;
    for (unsigned run = 0; run != 7 && !ended; ++run) {
      ended = run_once(of, flow, run == 6, count);
      if (ended || !of.draw.once_in(2)) continue;
      of.disk.lose_unsynced([&of](std::uint64_t most) { return of.draw.up_to(most); });
      ++count.power;
    }
    std::string const wrong = difference(of, plain);
    if (!wrong.empty() || !of.draw.once_in(3)) return wrong;
    run_once(of, flow, true, count);  // nothing is new
    return difference(of, plain);
  } catch (std::exception const& error) {
    return error.what();
  }
}

std::uint64_t asked_for(char const* variable, std::uint64_t otherwise) {
  char const* const asked = std::getenv(variable);
  return asked == nullptr ? otherwise : std::strtoull(asked, nullptr, 10);
}

}  // namespace

/// LEAT_RECOVERY_SEEDS says how many, LEAT_RECOVERY_SEED which one.
TEST_CASE("stored run: whatever ends a run, and however it goes on, the results are those of one run") {
  leat::flow const flow = words_flow();
  totals count;
  constexpr std::uint64_t usual = sanitizers::slow ? 100 : 1500;
  std::uint64_t const first = asked_for("LEAT_RECOVERY_SEED", 0);
  bool const one = std::getenv("LEAT_RECOVERY_SEED") != nullptr;
  std::uint64_t const seeds = one ? 1 : asked_for("LEAT_RECOVERY_SEEDS", usual);
  for (std::uint64_t seed = first; seed != first + seeds; ++seed) {
    std::string const wrong = try_seed(seed, flow, count);
    if (wrong.empty()) continue;
    std::printf("LEAT_RECOVERY_SEED=%llu build/tests/test-recovery  # %s\n", static_cast<unsigned long long>(seed),
                wrong.c_str());
    FAIL("a seed failed");
  }
  std::printf("%llu seeds of recovery: %llu kills, %llu stops, %llu failures of the disk, %llu of the power\n",
              static_cast<unsigned long long>(seeds), static_cast<unsigned long long>(count.kills),
              static_cast<unsigned long long>(count.stops), static_cast<unsigned long long>(count.failures),
              static_cast<unsigned long long>(count.power));
  if (!one) CHECK(count.kills > seeds / 2);
}
