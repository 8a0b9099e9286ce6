// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "simulation/chance.hpp"

#include <leat/route/formation/hello.hpp>
#include <leat/run/simulated/cluster.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace simulation {

/// How a seed has its flow run: on how many processes and workers, over what network, with what epochs, and whether it
/// is stopped, a connection breaks, or a process is killed and started
/// again, on the way.
struct drawn_shape {
  leat::detail::simulation how;
  std::optional<std::chrono::nanoseconds> stopped_after;
  unsigned stopped_at = 0;  ///< process
  std::optional<std::chrono::nanoseconds> cut_after;
  std::uint64_t cut_which = 0;
  std::optional<std::chrono::nanoseconds> killed_after;  ///< a process, which is started again
  std::optional<std::size_t> killed_short_of_go;         ///< instead: so many bytes before it says that it goes
  unsigned killed = 0;
  std::chrono::nanoseconds started_again_after{1};
  std::chrono::nanoseconds longest_unnoticed{1};  ///< by either side of what is cut, or whose process is killed

  unsigned workers() const { return how.processes * how.each.workers; }
};

inline std::chrono::nanoseconds draw_time(chance& by, std::uint64_t most) {
  return std::chrono::nanoseconds(1 + by.number() % (std::uint64_t{1} << by.between(8, 63)) % most);
}

/// A connection that breaks before more has been sent than that has not carried anybody's word that it goes, and is
/// made anew: a hello, a proof, the header of a description.
constexpr std::size_t surely_healed = leat::detail::hello::size + 40 + 8;

/// How the processes come together, where they do so by themselves, and what hinders them.
inline void draw_formation(chance& by, leat::detail::simulation& how) {
  how.forms = true;
  if (by.one_in(2)) how.each.secret = "what only the processes know";
  how.longest_start = draw_time(by, 3'000'000'000);
  leat::detail::simulated_network& net = how.network;
  if (by.one_in(3)) net.refuses_one_in = by.between(1, 6) + 1;
  if (by.one_in(2)) net.breaks_one_in = by.between(1, 4);
  net.longest_until_break = by.one_of<std::size_t>({10, surely_healed, surely_healed, 600, 2000});
  net.most_breaks = static_cast<unsigned>(by.between(1, 5));
  net.longest_unnoticed = draw_time(by, 15'000'000'000);
}

inline drawn_shape draw_shape(chance& by) {
  using std::chrono::microseconds;
  drawn_shape drawn;
  leat::detail::simulation& how = drawn.how;
  how.seed = by.number();
  how.processes = by.one_of({1u, 1u, 2u, 2u, 3u});
  how.each.workers = by.one_of({1u, 1u, 2u, 2u, 3u});
  how.each.batch_size = by.one_of<std::size_t>({0, 1, 1, 2, 3, 4, 8, 30});
  how.channel_packets = by.one_of<std::size_t>({1, 1, 2, 3, 16});
  how.each.channel_bytes = by.one_of<std::size_t>({1, 64, 100, 304, 256 * 1024});
  how.longest_turn = by.one_of<std::chrono::nanoseconds>({microseconds(0), microseconds(1), microseconds(20)});
  how.each.snapshot_interval = by.one_of<std::chrono::nanoseconds>(
      {microseconds(0), microseconds(0), microseconds(50), microseconds(400), std::chrono::nanoseconds::max()});
  how.network.longest_delay =
      by.one_of<std::chrono::nanoseconds>({microseconds(1), microseconds(50), microseconds(50), microseconds(1000)});
  how.network.capacity = by.one_in(20) ? by.between(1, 40) : by.one_of<std::size_t>({64, 300, 2000, 64 * 1024});
  if (by.one_in(4)) how.network.stalls_one_in = by.between(2, 30);
  how.network.longest_stall = draw_time(by, 20'000'000);
  how.network.uneven = by.one_in(3);
  if (how.processes > 1 && by.one_in(3)) draw_formation(by, how);
  how.heartbeats = how.network.capacity > 200 && by.one_in(5);
  if (!how.heartbeats && how.network.longest_delay < microseconds(1000) && by.one_in(4))  // else it takes for ever
    how.network.longest_piece = by.one_in(20) ? by.between(1, 5) : by.one_of<std::size_t>({40, 41, 100, 300, 1000});
  bool const bytes_come_singly = how.network.longest_piece != 0 && how.network.longest_piece < 40;
  if (bytes_come_singly)  // or nothing can be said within the time that the others wait for it
    how.network.longest_stall = std::min<std::chrono::nanoseconds>(how.network.longest_stall, microseconds(100));
  how.each.suspect_after = std::chrono::milliseconds(30);
  how.each.dead_after = std::chrono::milliseconds(80);
  if (how.processes > 1 && by.one_in(8)) {
    bool const while_forming = how.forms && by.one_in(2);
    drawn.cut_after = draw_time(by, while_forming ? 100'000'000 : 3'000'000);
    drawn.cut_which = by.number();
    bool const only_silence_tells = how.heartbeats && !how.forms;
    drawn.longest_unnoticed = only_silence_tells ? std::chrono::hours(1) : draw_time(by, 100'000'000);
  } else if (by.one_in(8)) {
    drawn.stopped_after = draw_time(by, 3'000'000);
    drawn.stopped_at = static_cast<unsigned>(by.below(how.processes));
  } else if (how.forms && by.one_in(2)) {
    if (by.one_in(3))
      drawn.killed_after = draw_time(by, 3'000'000'000);
    else
      drawn.killed_short_of_go = by.below(by.one_in(3) ? 1000 : 42);
    drawn.killed = static_cast<unsigned>(by.below(how.processes));
    drawn.started_again_after = draw_time(by, 1'000'000'000);
    drawn.longest_unnoticed = draw_time(by, 100'000'000);
  }
  return drawn;
}

}  // namespace simulation
