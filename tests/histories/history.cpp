// SPDX-License-Identifier: BSL-1.0
#include "histories/history.hpp"

#include "fixture/chance.hpp"
#include "fixture/memory_store.hpp"
#include "histories/committed.hpp"
#include "histories/expected.hpp"
#include "histories/flows.hpp"
#include "histories/ledger.hpp"
#include "histories/sqlite_disk.hpp"

#include <leat/error.hpp>
#include <leat/flow.hpp>
#include <leat/recovery/sqlite_store.hpp>
#include <leat/recovery/store_file.hpp>
#include <leat/recovery/stored_run.hpp>
#include <leat/run/cluster.hpp>
#include <leat/run/simulated/cluster.hpp>
#include <leat/run/simulated/disk.hpp>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <initializer_list>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace histories {
namespace {

using namespace std::chrono_literals;
using leat::detail::simulated_cluster;
using leat::detail::simulation;

/// The files of the store are found like this by all processes, or by each in a directory of its own.
struct layout {
  unsigned processes = 1;
  bool own_directories = false;
};

class history {
 public:
  explicit history(std::uint64_t seed)
      : draw_(seed), in_sqlite_(seed % 16 == 15), shows_ledger_(seed % 2 == 1), ledger_(expected_) {
    ledger_of_seed = &ledger_;
    stores_.machine = &disk_;
    if (in_sqlite_) keep_sqlite_on(disk_);
    if (draw_.one_in(2)) longest_write_ = 1ms;  // so that a run has many of them, and processes are apart
    if (draw_.one_in(4)) {
      disk_.cut_reads_to(1 + draw_.up_to(30));
      disk_.delay_reads(1 + static_cast<unsigned>(draw_.up_to(2)));
      note(fault::slow_reads);
    }
  }

  /// Throws what is wrong.
  void go_through() {
    for (char const* const path : {"in0", "in1", "in2"}) disk_.put(path, "");
    make_store();
    std::uint64_t const growths = draw_.one_in(4) ? 1 + draw_.up_to(1) : 0;
    for (std::uint64_t stage = 0; stage <= growths; ++stage) {
      grow_inputs(stage == 0 ? 40 : 15);
      if (stage != 0) note(fault::grown_input);
      std::uint64_t const disturbed = draw_.up_to(stage == 0 ? 5 : 2);
      bool ended = false;
      for (std::uint64_t run = 0; !ended; ++run) {
        ended = run_once(run >= disturbed);
        if (!ended && draw_.one_in(4)) leave_rubbish();
        if (!ended && run > disturbed) throw std::runtime_error("an undisturbed run has not come to its end");
        after_run();
      }
      expected_.end_of_input();
      look_at_end();
    }
    if (draw_.one_in(4)) {
      if (draw_.one_in(2)) leave_rubbish();
      run_once(true);  // nothing is new
      look_at_end();
    }
    if (shows_ledger_ && draw_.one_in(4)) ring();
  }

  outcome result;

 private:
  void note(fault of, std::uint64_t times = 1) { result.faults[static_cast<std::size_t>(of)] += times; }

  leat::flow const& flow() const { return shows_ledger_ ? ledger_flow() : files_flow(); }

  void make_store() {
    unsigned const files = 1 + static_cast<unsigned>(draw_.up_to(3));
    if (in_sqlite_) {
      leat::detail::sqlite_stores(disk_).make("store", files, "of this seed");
      if (draw_.one_in(2)) lose_power();
    } else {
      stores_.make("store", files);
    }
  }

  void grow_inputs(std::uint64_t most) {
    for (char const* const path : {"in0", "in1", "in2"}) {
      std::string text = disk_.content(path);
      for (std::uint64_t left = draw_.up_to(most); left != 0; --left) {
        std::size_t const word = draw_.up_to(word_count - 1);
        expected_.add(word);
        text += words()[word] + "\n";
      }
      disk_.put(path, text);
    }
  }

  /// Behind what is committed of a file anything may stand.
  void leave_rubbish() {
    for (char const* const path : {"out/part_0", "out/part_1", "lines", "totals", "triples", "alarms", "windows"})
      if (int handle = 0; disk_.has(path) && disk_.open(path, leat::file_use::write, handle) == 0) {
        disk_.seek(handle, disk_.facts(handle).size);
        disk_.write(handle, "rubbish");
        disk_.close(handle);
      }
  }

  void lose_power() {
    std::uint64_t const before = disk_.pieces_lost();
    disk_.lose_unsynced([this](std::uint64_t most) { return draw_.up_to(most); });
    note(fault::power);
    note(fault::torn, disk_.pieces_lost() - before);
  }

  std::unique_ptr<leat::detail::store_kind> kind() {
    if (in_sqlite_) return std::make_unique<leat::detail::sqlite_stores>(disk_, 0ms);
    return std::make_unique<leat::test::memory_stores>(stores_);
  }

  /// The files of the store lie then as they do in this shape.
  layout draw_layout() {
    layout drawn{1 + static_cast<unsigned>(draw_.up_to(2)), !in_sqlite_ && draw_.one_in(2)};
    if (!in_sqlite_)
      stores_.move_to(drawn.own_directories ? drawn.processes : 0,
                      [this](unsigned most) { return static_cast<unsigned>(draw_.up_to(most)); });
    if (drawn.own_directories) note(fault::moved_files);
    return drawn;
  }

  simulation shape(layout const& of) {
    simulation drawn;
    drawn.seed = draw_.number();
    drawn.processes = of.processes;
    drawn.forms = of.processes > 1 && draw_.one_in(6);
    drawn.longest_start = 100us;
    drawn.network.longest_delay = std::chrono::microseconds(1 + draw_.up_to(1) * 200);
    drawn.network.uneven = draw_.one_in(2);
    drawn.options.workers = 1 + static_cast<unsigned>(draw_.up_to(2));
    drawn.options.batch_size = 1 + draw_.up_to(4);
    drawn.options.connections = static_cast<leat::connection_driver>(draw_.up_to(2));
    drawn.options.snapshot_interval = std::chrono::microseconds(draw_.up_to(3) * 40);
    drawn.options.recovery.directory = "store";
    drawn.options.recovery.backup_interval = std::chrono::seconds(draw_.up_to(1) * 3600);
    drawn.begins_at = clock_;
    drawn.disk = &disk_;
    drawn.recover = [this, own = of.own_directories, sweep = draw_.one_in(4) ? 1u : 0u](leat::detail::execution& run) {
      leat::recovery_options options = run.settings().recovery;
      if (own) options.directory += std::to_string(run.process());
      auto stored = std::make_unique<leat::detail::stored_run>(run, kind(), options);
      if (sweep != 0) stored->sweep_by(sweep);
      return stored;
    };
    auto const workers = std::pair(drawn.processes, drawn.options.workers);
    if (last_shape_.first != 0 && last_shape_ != workers) note(fault::other_shape);
    last_shape_ = workers;
    return drawn;
  }

  /// A cluster on the machine, and how it has ended.
  struct running {
    std::unique_ptr<simulated_cluster> cluster;
    unsigned processes = 0;
    std::vector<bool> killed = {};
    std::vector<std::string> errors = {};
    bool over = false;
    bool stopped = false;

    bool ended_well() const {
      return over && !stopped && errors.empty() && std::find(killed.begin(), killed.end(), true) == killed.end();
    }
  };

  running begin(layout const& of) {
    running begun{nullptr, of.processes};
    begun.killed.resize(of.processes);
    ++result.runs;
    try {
      begun.cluster = std::make_unique<simulated_cluster>(flow().description(), shape(of));
      begun.cluster->world().block_for_up_to(longest_write_);
      begun.cluster->begin();
    } catch (leat::run_error const& error) {
      begun.cluster = nullptr;
      begun.errors.emplace_back(error.what());
      begun.over = true;
    }
    return begun;
  }

  void take_step(running& of) {
    leat::detail::simulated_runtime& world = of.cluster->world();
    if (!world.all_done()) {
      if (!world.step(leat::steady_time::max())) world.fail_stuck();
      return;
    }
    of.over = true;
    for (unsigned process = 0; process != of.processes; ++process) try {
        of.cluster->process(process).rethrow();
      } catch (leat::run_error const& error) {
        of.errors.emplace_back(error.what());
      }
  }

  void befall(fault what, std::vector<running>& clusters, layout const& laid_out) {
    running& first = clusters.front();
    auto const victim = static_cast<unsigned>(draw_.up_to(first.processes - 1));
    auto const unnoticed = std::chrono::microseconds(1 + draw_.up_to(2000));
    switch (what) {
      case fault::stopped:
        first.stopped = true;
        first.cluster->process(victim).stop();
        break;
      case fault::process_killed:
        if (first.processes == 1) return;
        first.killed[victim] = true;
        first.cluster->kill(victim, unnoticed);
        break;
      case fault::restarted:
        if (first.cluster->addresses().empty()) return;
        first.killed[victim] = true;
        try {
          first.cluster->restart(victim, unnoticed, std::chrono::microseconds(draw_.up_to(500)));
        } catch (leat::run_error const& error) {
          first.errors.emplace_back(error.what());
        }
        break;
      case fault::cut:
        if (first.cluster->links().cut_link(draw_.number(), unnoticed) == nullptr) return;
        first.killed[victim] = true;
        break;
      case fault::second_copy: {
        layout copy = laid_out;
        if (!copy.own_directories) copy.processes = 1 + static_cast<unsigned>(draw_.up_to(2));
        clusters.push_back(begin(copy));
        break;
      }
      case fault::clock_jump:
        jump();
        first.cluster->world().begin_at(clock_);
        break;
      default:
        return;
    }
    note(what);
  }

  void jump() { clock_ += std::chrono::hours(draw_.up_to(48)) - 24h; }

  /// One run, which meets with something, or not. True when it came to its end.
  bool run_once(bool undisturbed) {
    static constexpr fault ways[] = {fault::killed,         fault::killed,    fault::killed,      fault::halted,
                                     fault::halted,         fault::halted,    fault::failed_call, fault::failed_call,
                                     fault::process_killed, fault::restarted, fault::cut,         fault::stopped,
                                     fault::second_copy,    fault::clock_jump};
    fault const way = undisturbed ? fault::count : ways[draw_.up_to(std::size(ways) - 1)];
    layout const laid_out = draw_layout();
    std::uint64_t const longest[] = {60, 300, 1200};
    std::uint64_t const at = draw_.up_to(longest[draw_.up_to(2)]);
    std::uint64_t const call = 1 + draw_.up_to(longest[draw_.up_to(1)] / 2);
    if (way == fault::halted) disk_.halt_at(call, draw_.number());
    if (way == fault::failed_call) disk_.fail_call(call, draw_.one_in(2) ? EIO : ENOSPC, draw_.number());
    std::uint64_t const faults_before = disk_.faults();

    std::vector<running> clusters;
    clusters.push_back(begin(laid_out));
    auto const all_over = [&] {
      return std::all_of(clusters.begin(), clusters.end(), [](running const& each) { return each.over; });
    };
    bool killed = disk_.halted();
    // Of a process that is killed what it had taken is free while the others go on: somebody may start anew.
    std::uint64_t const after = way == fault::process_killed ? at + draw_.up_to(100) : at;
    for (std::uint64_t step = 0; !killed && !all_over(); ++step) {
      if (step == at && !clusters.front().over) {
        if (way == fault::killed) {
          note(way);
          killed = true;
          break;
        }
        befall(way, clusters, laid_out);
      }
      if (after != at && step == after) befall(fault::second_copy, clusters, laid_out);
      running& chosen = clusters[clusters.size() == 1 ? 0 : draw_.up_to(clusters.size() - 1)];
      if (!chosen.over) take_step(chosen);
      killed = disk_.halted();
    }
    bool ended = false;
    bool disturbed = clusters.size() > 1 || disk_.faults() != faults_before;
    for (running const& each : clusters) {
      if (each.cluster != nullptr) note_decided(each);
      ended = ended || each.ended_well();
      disturbed =
          disturbed || each.stopped || std::find(each.killed.begin(), each.killed.end(), true) != each.killed.end();
    }
    if (killed) disk_.halt();  // of who is killed nothing more comes to the disk
    if (!killed) {
      for (running const& each : clusters)
        for (std::string const& error : each.errors)
          if (!disturbed || !may_come_of_it(error)) throw std::runtime_error("a run failed of: " + error);
      if (ended && !in_sqlite_ && !stores_.agree())
        throw std::runtime_error("it has ended before all files had its last epoch");
    }
    if (disk_.faults() != faults_before) note(way);
    clusters.clear();
    disk_.start_again();
    return ended && !killed;
  }

  void note_decided(running const& of) {
    for (unsigned process = 0; process != of.processes; ++process)
      decided_ = std::max(decided_, of.cluster->process(process).committed());
    result.virtual_time += of.cluster->world().elapsed() * of.processes;
    result.trace = (result.trace ^ of.cluster->world().trace()) * 0x100000001b3u;
  }

  void after_run() {
    if (draw_.one_in(2)) lose_power();
    clock_ += std::chrono::minutes(draw_.up_to(90));
    if (draw_.one_in(4)) {
      jump();
      note(fault::clock_jump);
    }
    look_between();
  }

  void look_between() {
    auto const of_store = kind();
    std::vector<std::string> directories{"store"};
    if (!in_sqlite_) directories.insert(directories.end(), {"store0", "store1", "store2"});
    committed_.look(*of_store, directories, disk_, decided_);
    for (auto const& paths : {std::vector<std::string>{"out/part_0", "out/part_1"}, {"lines"}, {"triples"}}) {
      std::vector<std::string> texts;
      for (std::string const& path : paths) texts.push_back(committed_.of(path));
      look_at(texts, false);
    }
    look_at_windows(committed_.of("windows"), false);
  }

  std::string content(std::string const& path) const { return disk_.has(path) ? disk_.content(path) : std::string(); }

  void look_at(std::vector<std::string> const& texts, bool all) const {
    std::string const wrong = expected_.wrong_counts({texts.begin(), texts.end()}, all);
    if (!wrong.empty()) throw std::runtime_error((all ? "at the end: " : "between runs: ") + wrong);
  }

  void look_at_windows(std::string_view text, bool all) const {
    std::string const wrong = expected_.wrong_windows(text, shows_ledger_, all);
    if (!wrong.empty()) throw std::runtime_error((all ? "at the end: " : "between runs: ") + wrong);
  }

  /// A run has come to its end.
  void look_at_end() {
    look_at_windows(content("windows"), true);
    std::string wrong;
    if (shows_ledger_) {
      look_at({content("triples")}, true);
      std::size_t rung = 0;
      wrong = expected_.wrong_alarms(content("alarms"), rung);
      if (!ledger_.is_complete()) wrong = "the ledger does not show all";
    } else {
      look_at({content("out/part_0"), content("out/part_1")}, true);
      look_at({content("lines")}, true);
      wrong = expected_.wrong_totals(content("totals"));
    }
    if (!wrong.empty()) throw std::runtime_error(wrong);
  }

  /// All alarms ring at last, also those of words that nothing comes for any more: a run in which enough comes for one
  /// of them looks at the clock now and then before its end.
  void ring() {
    std::size_t rung = 0;
    for (unsigned run = 0; run != 4; ++run) {
      clock_ += 24h * 365;
      std::string text = content("in0");
      for (unsigned i = 0; i != 20; ++i) {
        expected_.add(0);
        text += words()[0] + "\n";
      }
      disk_.put("in0", text);
      run_once(true);
      expected_.end_of_input();
      look_at_end();
      std::string const wrong = expected_.wrong_alarms(content("alarms"), rung);
      if (rung == expected_.different()) return;
    }
    throw std::runtime_error("of " + std::to_string(expected_.different()) + " alarms only " + std::to_string(rung) +
                             " have rung");
  }

  leat::test::chance draw_;
  leat::detail::simulated_disk disk_;
  leat::test::memory_disk stores_;
  bool in_sqlite_;
  bool shows_ledger_;
  expected expected_;
  ledger ledger_;
  leat::wall_time clock_{std::chrono::seconds(1767225600)};  // 2026-01-01
  std::pair<unsigned, unsigned> last_shape_{0, 0};
  std::chrono::nanoseconds longest_write_ = 10ms;  ///< to the store
  std::uint64_t decided_ = 0;                      ///< epoch, as any process has heard
  committed_outputs committed_;
};

}  // namespace

outcome run_seed(std::uint64_t seed) {
  history of(seed);
  try {
    of.go_through();
  } catch (std::exception const& wrong) {
    of.result.wrong = wrong.what();
    if (of.result.wrong.empty()) of.result.wrong = "an exception without a text";
  }
  return of.result;
}

}  // namespace histories
