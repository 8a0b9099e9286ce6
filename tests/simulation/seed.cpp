// SPDX-License-Identifier: BSL-1.0
#include "simulation/seed.hpp"

#include "simulation/build.hpp"
#include "simulation/coroutines.hpp"
#include "simulation/describe.hpp"
#include "simulation/judge.hpp"
#include "simulation/kinds.hpp"
#include "simulation/random_flow.hpp"
#include "simulation/shape.hpp"

#include <leat/route/codec/codec.hpp>
#include <leat/route/formation/cluster_config.hpp>
#include <leat/route/formation/sha256.hpp>
#include <leat/route/peers/frame.hpp>
#include <leat/run/cluster.hpp>
#include <leat/run/simulated/cluster.hpp>
#include <leat/to/output.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace simulation {
namespace {

/// Everything that a seed says.
struct drawn {
  explicit drawn(std::uint64_t seed) {
    chance dice(seed);
    shape = draw_shape(dice);
    shape.simulation.options.connections = static_cast<leat::connection_driver>(seed % 3);
    flow = random_flow(dice, shape.workers(), shape.stopped_after.has_value()).draw();
    leat::detail::simulated_network const& net = shape.simulation.network;
    if (net.capacity < 300 || (net.longest_piece != 0 && net.longest_piece < 40)) flow.huge_values = false;  // for ever
    bool const alone = !dice.one_in(3);  // or with whatever else happens on the way
    if (shape.stopped_after && alone) return;
    if (dice.one_in(8))
      fails = random_flow::set_trap(flow, dice, shape.workers());
    else if (dice.one_in(6))
      random_flow::set_mishap(flow, dice);
    else if (dice.one_in(10) && !shape.stopped_after)
      meets_nan = random_flow::set_nan(flow, dice, shape.workers());
    // Processes that come together describe their records to each other, by what encodes them.
    if (shape.simulation.forms && flow.on_the_way.of == call::encode) flow.on_the_way.of = call::write;
    if (!meets_nan && (!alone || (!fails && flow.on_the_way.of == call::none))) return;
    shape.cut_after.reset();
    shape.killed_after.reset();
    shape.killed_short_of_go.reset();
    shape.simulation.network.longest_until_break =
        std::min(shape.simulation.network.longest_until_break, surely_healed);
  }

  drawn_shape shape;
  plan flow;
  bool fails = false;      ///< a function will throw
  bool meets_nan = false;  ///< a step that looks keys up will refuse one
};

/// More turns than any drawn flow needs. Each piece that arrives wakes somebody, so that a flow takes more of them
/// where not even the header of a frame, of 40 bytes, arrives at once.
std::uint64_t most_turns(drawn_shape const& shape) {
  std::size_t const piece = shape.simulation.network.longest_piece;
  return 3'000'000 * (piece == 0 ? 1 : std::max<std::uint64_t>(1, 40 / piece));
}

/// What was done to a run.
struct incidents {
  bool stopped = false;
  bool cut = false;
  bool cut_before_view = false;
  bool cut_when_formed = false;
  std::chrono::nanoseconds cut_at{0};
  bool killed = false;
  bool killed_before_go = false;
  std::chrono::nanoseconds killed_at{0};
  std::chrono::nanoseconds threw_at{0};  ///< the planned failure
};

bool all_formed(leat::detail::simulated_cluster& cluster, drawn_shape const& shape) {
  for (unsigned process = 0; process != shape.simulation.processes; ++process)
    if (!cluster.process(process).assembled()) return false;
  return true;
}

/// What a process has said on a connection when it has not begun to say that it goes: hello, proof, description, view.
/// In bytes. It may be more, when it saw other processes before.
std::size_t said_before_go(leat::detail::graph const& flow, std::vector<std::string> const& addresses) {
  constexpr std::size_t word = 8;
  leat::byte_buffer description;
  leat::encode(std::tuple(addresses, leat::detail::describe(flow)), description);
  return leat::detail::hello::size + 3 * word + 2 * sizeof(leat::detail::digest) + description.size();
}

void drive(leat::detail::simulated_cluster& cluster, drawn_shape const& shape, std::size_t before_go,
           incidents& happened) {
  leat::detail::simulated_runtime& world = cluster.world();
  outside = &world;
  cluster.begin();
  if (shape.stopped_after)
    world.after(*shape.stopped_after, [&] {
      happened.stopped = true;
      cluster.process(shape.stopped_at).stop();
    });
  if (shape.cut_after)
    world.after(*shape.cut_after, [&] {
      happened.cut_when_formed = all_formed(cluster, shape);
      happened.cut_at = world.elapsed();
      leat::detail::simulated_link const* const link =
          cluster.links().cut_link(shape.cut_number, shape.longest_unnoticed);
      happened.cut = link != nullptr;
      happened.cut_before_view =
          shape.simulation.forms && link != nullptr && std::min(link->sent_by(0), link->sent_by(1)) < before_go;
    });
  auto const kill = [&] {
    happened.killed = true;
    happened.killed_at = world.elapsed();
    happened.killed_before_go = cluster.most_sent(shape.killed) <= before_go;
    cluster.restart(shape.killed, shape.longest_unnoticed, shape.started_again_after);
  };
  if (shape.killed_after) world.after(*shape.killed_after, kill);
  std::uint64_t const most = most_turns(shape);
  while (!world.all_done()) {
    bool const was_well = !at_risk.happened;
    if (!world.step(leat::detail::never)) world.fail_stuck();
    if (was_well && at_risk.happened) happened.threw_at = world.elapsed();
    if (shape.killed_short_of_go && !happened.killed &&
        cluster.most_sent(shape.killed) + *shape.killed_short_of_go >= before_go)
      kill();
    if (world.turns() > most) throw leat::stuck_error("the flow has not ended after a great many turns");
  }
}

/// Whether a connection broke of which somebody may have gone, or will without the other's knowing it. Nobody goes
/// before all are there and have heard what all see: where one side of a connection never hears it, it does not say go.
bool may_be_broken_for_good(leat::detail::simulated_cluster& cluster, std::size_t before_go,
                            incidents const& happened) {
  if (happened.cut && !happened.cut_before_view) return true;
  if (happened.killed && !happened.killed_before_go) return true;
  for (auto const& each : cluster.links().breaches())
    if (each.bytes >= before_go && each.time >= cluster.last_start()) return true;
  return false;
}

/// Whoever is stopped before its sources have emitted everything has all processes stop.
std::string stop_is_wrong(leat::detail::simulated_cluster& cluster, drawn_shape const& shape, judge const& judge) {
  if (!judge.is_cut_short()) return {};
  for (unsigned process = 0; process != shape.simulation.processes; ++process)
    if (!cluster.process(process).stopping()) return "process " + std::to_string(process) + " was not told to stop";
  return {};
}

/// What a process that was started again fails of when the others had gone.
constexpr std::string_view come_too_late = "the cluster has formed already";

/// How a process ended: of what, or well.
struct ending {
  bool well = false;
  bool lost = false;
  std::string text = "nothing";
};

ending ending_of(leat::detail::execution& process) {
  ending ending;
  try {
    process.rethrow();
    ending.well = true;
  } catch (leat::cluster_error const& failure) {
    ending.text = failure.what();
    bool const too_late = ending.text.find(come_too_late) != std::string::npos;
    ending.lost = too_late || failure.exit_status == leat::cluster_error::status::lost;
  } catch (leat::run_error const& failure) {
    ending.text = failure.what();
  } catch (std::exception const& failure) {
    ending.text = std::string("no run_error: ") + failure.what();
  }
  return ending;
}

/// The first of these that failed of anything but that a process was lost.
std::string not_lost(std::vector<ending> const& endings) {
  for (std::size_t process = 0; process != endings.size(); ++process)
    if (!endings[process].well && !endings[process].lost)
      return "process " + std::to_string(process) + " failed of " + endings[process].text;
  return {};
}

/// Every process ends that soon after one of them could know of a loss: it waits for the others' causes for a second,
/// and what it says is under way for a while, or its silence has to be noticed.
constexpr std::chrono::milliseconds longest_stop{1100};
constexpr std::chrono::milliseconds longest_formation = std::chrono::seconds(60) + longest_stop;

constexpr char const* too_late = "the processes took too long to end";

bool ended_too_late(leat::detail::simulated_cluster& cluster, drawn_shape const& shape, incidents const& happened) {
  // Who sends into the void hears of the break only then.
  auto last_noticed = std::max(happened.cut_at, happened.threw_at);
  if (happened.killed)
    last_noticed =
        std::max(last_noticed, happened.killed_at + std::max(shape.longest_unnoticed, shape.started_again_after));
  for (auto const& breach : cluster.links().breaches())
    last_noticed = std::max(last_noticed, breach.time + shape.simulation.network.longest_unnoticed);
  auto const most = happened.cut_when_formed ? longest_stop : longest_formation;
  return cluster.world().elapsed() - last_noticed > most;
}

/// A connection may have broken for good: then every process fails of it, soon. One alone may come to its end, when the
/// last words of another are lost to the third; but by then the work is done.
std::string broken_run_is_wrong(leat::detail::simulated_cluster& cluster, drawn_shape const& shape,
                                incidents const& happened, judge const& judge) {
  std::vector<ending> endings;
  std::size_t well = 0;
  for (unsigned process = 0; process != shape.simulation.processes; ++process) {
    endings.push_back(ending_of(cluster.process(process)));
    if (endings.back().well) ++well;
  }
  if (std::string const wrong = not_lost(endings); !wrong.empty()) return wrong;
  if (well != 0) return judge.verdict();
  if (ended_too_late(cluster, shape, happened)) return too_late;
  return judge.verdict_on_a_part();
}

/// A process was stopped before it had met the others: it ends well, they miss it.
std::string abandoned_run_is_wrong(leat::detail::simulated_cluster& cluster, drawn_shape const& shape,
                                   judge const& judge) {
  std::vector<ending> endings;
  for (unsigned process = 0; process != shape.simulation.processes; ++process) {
    endings.push_back(ending_of(cluster.process(process)));
    if (endings.back().well && !cluster.process(process).abandoned())
      return "process " + std::to_string(process) + " ended well without the one that was stopped";
  }
  if (std::string const wrong = not_lost(endings); !wrong.empty()) return wrong;
  if (cluster.world().elapsed() > shape.simulation.longest_start + longest_formation) return too_late;
  return judge.verdict_on_nothing();
}

/// What a run that has to fail says.
std::string planned_cause(drawn const& seed) {
  if (seed.meets_nan) return "NaN";
  if (at_risk.happened && !seed.flow.on_the_way.as_exception) return "an exception that is not a std::exception";
  return planned_failure().what();
}

/// Nothing is wrong with a failure that has the planned cause, and names the step whose function threw.
std::string said_wrongly(drawn const& seed, std::string const& text) {
  std::string const cause = planned_cause(seed);
  if (text.find(cause) == text.npos) return "failed of " + text + " instead of " + cause;
  if (text.find("step \"") == text.npos) return "names no step: " + text;
  if (!at_risk.thrower) return {};
  std::string const name = name_of_step(*at_risk.thrower);
  for (std::string const& begin : {"." + name, ".seen_" + name})
    for (char const end : {'"', '_', '.'})
      if (text.find(begin + end) != text.npos) return {};
  return "does not name the step " + name + " whose function threw: " + text;
}

/// Whether the word of why a process failed may come too late: a process waits a second for the others to have it, and
/// over a link that does not even take the header of a frame at once, what was to be sent before takes longer than
/// that.
bool word_may_be_late(drawn_shape const& shape) {
  return shape.simulation.network.capacity < leat::detail::frame_header::size;
}

/// Whether some process has to know what the run failed of. Only a connection that broke before, or the end of the
/// process that knew, can keep it from all.
bool cause_must_be_known(leat::detail::simulated_cluster& cluster, std::size_t before_go, incidents const& happened) {
  if (happened.killed || (happened.cut && happened.cut_at <= happened.threw_at)) return false;
  return std::none_of(cluster.links().breaches().begin(), cluster.links().breaches().end(), [&](auto const& breach) {
    return breach.bytes >= before_go && breach.time <= happened.threw_at;
  });
}

/// Every process has to fail, of the planned cause. `may_be_lost`: or of the loss of another that did.
std::string failure_is_wrong(leat::detail::simulated_cluster& cluster, drawn const& seed, bool may_be_lost,
                             bool cause_known) {
  bool any_knows = false;
  for (unsigned process = 0; process != seed.shape.simulation.processes; ++process) {
    ending const ending = ending_of(cluster.process(process));
    if (may_be_lost && ending.lost) continue;
    any_knows = true;
    if (std::string const wrong = said_wrongly(seed, ending.text); !wrong.empty())
      return "process " + std::to_string(process) + ' ' + wrong;
  }
  return any_knows || !cause_known ? std::string() : "no process knows what the run failed of";
}

/// A `serialize` may have thrown where a record was only measured: then nobody fails of it, as long as nothing is lost.
bool was_done_without(leat::detail::simulated_cluster& cluster, drawn const& seed) {
  if (seed.flow.on_the_way.of != call::encode) return false;
  for (unsigned process = 0; process != seed.shape.simulation.processes; ++process)
    if (said_wrongly(seed, ending_of(cluster.process(process)).text).empty()) return false;
  return true;
}

/// What a source emitted before it threw has gone on to whoever reads from it.
std::string source_has_lost(observed const& shown) {
  if (!at_risk.source_stopped_at) return {};
  auto const [source, worker, emitted] = *at_risk.source_stopped_at;
  std::vector<item> const& items = shown.sources[source].items;
  auto const came = static_cast<std::uint64_t>(
      std::count_if(items.begin(), items.end(), [on = worker](item const& item) { return item.worker == on; }));
  if (came >= emitted) return {};
  return "source " + name_of_step(source) + " had emitted " + std::to_string(emitted) + " records before it threw, " +
         std::to_string(came) + " came";
}

/// No window gives its result behind a time that has closed it.
std::string times_are_wrong(std::vector<leat::test::sighting> seen) {
  std::sort(seen.begin(), seen.end());
  std::pair<int, unsigned> place{-1, 0};
  std::int64_t last = 0;
  for (auto const& [step, worker, number, what, value, idle] : seen) {
    if (std::pair(step, worker) != place) last = leat::detail::stream_time::nothing_known;
    place = {step, worker};
    if (what == leat::test::saw_record && value < last)
      return name_of_step(static_cast<std::size_t>(step)) + ": a window closes behind the time that has closed it";
    if (what == leat::test::saw_time && value < last)
      return name_of_step(static_cast<std::size_t>(step)) + ": a time falls";
    if (what == leat::test::saw_time) last = value;
  }
  return {};
}

template <class Kind>
void describe_flow(drawn_flow<Kind>& to, plan const& plan, observed& shown,
                   std::vector<std::vector<typename Kind::record>>& collected) {
  for (planned_step const& step : plan.steps) {
    seen& at = shown.steps[step.number];
    if (add_source(to, step, plan)) {
      *to.streams[step.to.front()] |
          leat::output("seen_" + step.name(), observing_sink<Kind, std::span<typename Kind::record const>>(
                                                  shown.sources[step.number], step.number));
      continue;
    }
    static_cast<void>(add_unshared(to, step, at) || add_stateless(to, step, at) || add_coroutine(to, step) ||
                      add_keyed(to, step) || add_windows(to, step) || add_or_else(to, step) ||
                      add_sink(to, step, at, collected[step.number]));
  }
}

/// What steps say at the end of a run, of records that failed, is not shown.
class silence {
 public:
  silence() { stderr = nowhere(); }
  silence(silence const&) = delete;
  silence& operator=(silence const&) = delete;
  ~silence() { stderr = shown_; }

 private:
  static std::FILE* nowhere() {
    static std::FILE* const opened = std::fopen("/dev/null", "w");
    return opened;
  }
  std::FILE* shown_ = stderr;
};

template <class Kind>
outcome run(drawn const& seed) {
  outcome result;
  observed shown;
  shown.sources.resize(seed.flow.sources.size());
  shown.steps.resize(seed.flow.steps.size());
  std::vector<std::vector<typename Kind::record>> collected(seed.flow.steps.size());
  at_risk.reset(seed.flow.on_the_way, seed.flow.huge_values, seed.flow.nan_key);
  drawn_flow<Kind> to(seed.flow.streams.size());
  describe_flow(to, seed.flow, shown, collected);
  try {
    leat::detail::simulated_cluster cluster(to.flow.description(), seed.shape.simulation);
    incidents happened;
    std::size_t const before_go = said_before_go(to.flow.description(), cluster.addresses());
    {
      armed const now;
      drive(cluster, seed.shape, before_go, happened);
    }
    shown.stopped = happened.stopped;
    result.trace = cluster.world().trace();
    result.virtual_time = cluster.world().elapsed() * seed.shape.simulation.processes;
    for (bool const each : {happened.stopped, happened.cut, happened.killed, seed.fails || at_risk.happened})
      result.faults += each ? 1u : 0u;
    result.faults += cluster.links().breaches().size();
    for (planned_step const& step : seed.flow.steps)
      for (auto const& [key, value] : collected[step.number])
        shown.steps[step.number].items.push_back({Kind::number_of_key(key), Kind::number(value), 0, 0});
    plan without_trap = seed.flow;
    for (planned_step& step : without_trap.steps) step.f.trapped = false;
    judge const judge(without_trap, seed.shape.workers(), shown);

    bool const abandoned = cluster.process(seed.shape.stopped_at).abandoned();
    bool const broken = may_be_broken_for_good(cluster, before_go, happened);
    bool const has_to_fail = seed.meets_nan || (seed.fails && !broken && !happened.stopped);
    if (has_to_fail || (at_risk.happened && !was_done_without(cluster, seed))) {
      result.wrong = failure_is_wrong(cluster, seed, broken || word_may_be_late(seed.shape),
                                      cause_must_be_known(cluster, before_go, happened));
      if (result.wrong.empty() && ended_too_late(cluster, seed.shape, happened)) result.wrong = too_late;
      if (result.wrong.empty()) result.wrong = source_has_lost(shown);
      if (result.wrong.empty()) result.wrong = judge.verdict_on_a_part();
    } else if (abandoned) {
      result.wrong = abandoned_run_is_wrong(cluster, seed.shape, judge);
    } else if (broken) {
      result.wrong = broken_run_is_wrong(cluster, seed.shape, happened, judge);
    } else {
      cluster.rethrow();
      result.wrong = judge.verdict();
      if (result.wrong.empty()) result.wrong = stop_is_wrong(cluster, seed.shape, judge);
    }
    if (result.wrong.empty()) result.wrong = times_are_wrong(to.times);
  } catch (leat::run_error const& failure) {
    // One process alone fails while it is put together.
    if (seed.fails || seed.meets_nan || at_risk.happened)
      result.wrong = said_wrongly(seed, failure.what());
    else
      result.wrong = failure.what();
  } catch (std::exception const& failure) {
    result.wrong = std::string("no run_error came out of the run: ") + failure.what();
  } catch (...) {
    result.wrong = "what is no exception came out of the run";
  }
  return result;
}

}  // namespace

outcome run_seed(std::uint64_t seed) {
  silence const of_steps;
  drawn const drawn_seed(seed);
  outcome result = drawn_seed.flow.texts ? run<texts>(drawn_seed) : run<numbers>(drawn_seed);
  result.description = described(drawn_seed.flow, drawn_seed.shape);
  return result;
}

}  // namespace simulation
