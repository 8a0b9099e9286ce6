// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "simulation/chance.hpp"

#include <leat/run/simulated_cluster.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace simulation {

/// How a seed has its flow run: on how many processes and workers, over what network, with what epochs, and whether it
/// is stopped on the way.
struct drawn_shape {
  leat::detail::simulation how;
  std::optional<std::chrono::nanoseconds> stopped_after;
  unsigned stopped_at = 0;  ///< process

  unsigned workers() const { return how.processes * how.each.workers; }
};

inline std::chrono::nanoseconds draw_time(chance& by, std::uint64_t most) {
  return std::chrono::nanoseconds(1 + by.number() % (std::uint64_t{1} << by.between(8, 63)) % most);
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
  how.each.channel_bytes = by.one_of<std::size_t>({1, 60, 100, 300, 256 * 1024});
  how.longest_turn = by.one_of<std::chrono::nanoseconds>({microseconds(0), microseconds(1), microseconds(20)});
  how.each.snapshot_interval = by.one_of<std::chrono::nanoseconds>(
      {microseconds(0), microseconds(0), microseconds(50), microseconds(400), std::chrono::nanoseconds::max()});
  how.network.longest_delay =
      by.one_of<std::chrono::nanoseconds>({microseconds(1), microseconds(50), microseconds(50), microseconds(1000)});
  how.network.capacity = by.one_in(20) ? by.between(1, 40) : by.one_of<std::size_t>({64, 300, 2000, 64 * 1024});
  if (by.one_in(4)) how.network.stalls_one_in = by.between(2, 30);
  how.network.longest_stall = draw_time(by, 20'000'000);
  if (by.one_in(8)) {
    drawn.stopped_after = draw_time(by, 3'000'000);
    drawn.stopped_at = static_cast<unsigned>(by.below(how.processes));
  }
  return drawn;
}

}  // namespace simulation
