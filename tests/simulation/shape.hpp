// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "fixture/chance.hpp"

#include <leat/route/formation/hello.hpp>
#include <leat/run/simulated/cluster.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace simulation {

using leat::test::chance;

/// How a seed has its flow run: on how many processes and workers, over what network, with what epochs, and whether it
/// is stopped, a connection breaks, or a process is killed and started
/// again, on the way.
struct drawn_shape {
  leat::detail::simulation simulation;
  std::optional<std::chrono::nanoseconds> stopped_after;
  unsigned stopped_at = 0;  ///< process
  std::optional<std::chrono::nanoseconds> cut_after;
  std::uint64_t cut_number = 0;
  std::optional<std::chrono::nanoseconds> killed_after;  ///< a process, which is started again
  std::optional<std::size_t> killed_short_of_go;         ///< instead: so many bytes before it says that it goes
  unsigned killed = 0;
  std::chrono::nanoseconds started_again_after{1};
  std::chrono::nanoseconds longest_unnoticed{1};  ///< by either side of what is cut, or whose process is killed

  unsigned workers() const { return simulation.processes * simulation.options.workers; }
};

inline std::chrono::nanoseconds draw_time(chance& dice, std::uint64_t most) {
  return std::chrono::nanoseconds(1 + dice.number() % (std::uint64_t{1} << dice.between(8, 63)) % most);
}

/// A connection that breaks before more has been sent than that has not carried anybody's word that it goes, and is
/// made anew: a hello, a proof, the header of a description.
constexpr std::size_t surely_healed = leat::detail::hello::size + 40 + 8;

/// How the processes come together, where they do so by themselves, and what hinders them.
inline void draw_formation(chance& dice, leat::detail::simulation& simulation) {
  simulation.forms = true;
  if (dice.one_in(2)) simulation.options.secret = "what only the processes know";
  simulation.longest_start = draw_time(dice, 3'000'000'000);
  leat::detail::simulated_network& net = simulation.network;
  if (dice.one_in(3)) net.refuses_one_in = dice.between(1, 6) + 1;
  if (dice.one_in(2)) net.breaks_one_in = dice.between(1, 4);
  net.longest_until_break = dice.pick<std::size_t>({10, surely_healed, surely_healed, 600, 2000});
  net.most_breaks = static_cast<unsigned>(dice.between(1, 5));
  net.longest_unnoticed = draw_time(dice, 15'000'000'000);
}

inline drawn_shape draw_shape(chance& dice) {
  using std::chrono::microseconds;
  drawn_shape drawn;
  leat::detail::simulation& simulation = drawn.simulation;
  simulation.seed = dice.number();
  simulation.processes = dice.pick({1u, 1u, 2u, 2u, 3u});
  simulation.options.workers = dice.pick({1u, 1u, 2u, 2u, 3u});
  simulation.options.batch_size = dice.pick<std::size_t>({0, 1, 1, 2, 3, 4, 8, 30});
  simulation.channel_packets = dice.pick<std::size_t>({1, 1, 2, 3, 16});
  simulation.options.channel_bytes = dice.pick<std::size_t>({1, 64, 100, 304, 256 * 1024});
  simulation.longest_turn = dice.pick<std::chrono::nanoseconds>({microseconds(0), microseconds(1), microseconds(20)});
  simulation.options.snapshot_interval = dice.pick<std::chrono::nanoseconds>(
      {microseconds(0), microseconds(0), microseconds(50), microseconds(400), std::chrono::nanoseconds::max()});
  simulation.network.longest_delay =
      dice.pick<std::chrono::nanoseconds>({microseconds(1), microseconds(50), microseconds(50), microseconds(1000)});
  simulation.network.capacity =
      dice.one_in(20) ? dice.between(1, 40) : dice.pick<std::size_t>({64, 300, 2000, 64 * 1024});
  if (dice.one_in(4)) simulation.network.stalls_one_in = dice.between(2, 30);
  simulation.network.longest_stall = draw_time(dice, 20'000'000);
  simulation.network.uneven = dice.one_in(3);
  if (simulation.processes > 1 && dice.one_in(3)) draw_formation(dice, simulation);
  simulation.heartbeats = simulation.network.capacity > 200 && dice.one_in(5);
  if (!simulation.heartbeats && simulation.network.longest_delay < microseconds(1000) &&
      dice.one_in(4))  // else it takes for ever
    simulation.network.longest_piece =
        dice.one_in(20) ? dice.between(1, 5) : dice.pick<std::size_t>({40, 41, 100, 300, 1000});
  bool const bytes_come_singly = simulation.network.longest_piece != 0 && simulation.network.longest_piece < 40;
  if (bytes_come_singly)  // or nothing can be said within the time that the others wait for it
    simulation.network.longest_stall =
        std::min<std::chrono::nanoseconds>(simulation.network.longest_stall, microseconds(100));
  simulation.options.suspect_after = std::chrono::milliseconds(30);
  simulation.options.dead_after = std::chrono::milliseconds(80);
  if (simulation.processes > 1 && dice.one_in(8)) {
    bool const while_forming = simulation.forms && dice.one_in(2);
    drawn.cut_after = draw_time(dice, while_forming ? 100'000'000 : 3'000'000);
    drawn.cut_number = dice.number();
    bool const only_silence_tells = simulation.heartbeats && !simulation.forms;
    drawn.longest_unnoticed = only_silence_tells ? std::chrono::hours(1) : draw_time(dice, 100'000'000);
  } else if (dice.one_in(8)) {
    drawn.stopped_after = draw_time(dice, 3'000'000);
    drawn.stopped_at = static_cast<unsigned>(dice.below(simulation.processes));
  } else if (simulation.forms && dice.one_in(2)) {
    if (dice.one_in(3))
      drawn.killed_after = draw_time(dice, 3'000'000'000);
    else
      drawn.killed_short_of_go = dice.below(dice.one_in(3) ? 1000 : 42);
    drawn.killed = static_cast<unsigned>(dice.below(simulation.processes));
    drawn.started_again_after = draw_time(dice, 1'000'000'000);
    drawn.longest_unnoticed = draw_time(dice, 100'000'000);
  }
  return drawn;
}

}  // namespace simulation
