// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/lean_chrono.hpp>
#include <leat/detail/lean_function.hpp>
#include <leat/error.hpp>
#include <leat/route/peers/link.hpp>
#include <leat/run/simulated/link.hpp>
#include <leat/run/simulated/runtime.hpp>
#include <leat/run/simulated/switch.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace leat::detail {

LEAT_INLINE simulated_link& simulated_switch::make_link(std::optional<std::size_t> dialing,
                                                        std::optional<std::size_t> dialled) {
  lines_.push_back({std::make_unique<simulated_link>(world_, network_), {dialing, dialled}});
  return *lines_.back().link;
}

LEAT_INLINE simulated_link* simulated_switch::cut_link(std::uint64_t drawn,
                                                       std::chrono::nanoseconds longest_unnoticed) {
  std::vector<simulated_link*> standing;
  for (line const& each : lines_)
    if (each.link->is_made() && each.link->is_held() && !each.link->is_cut()) standing.push_back(each.link.get());
  if (standing.empty()) return nullptr;
  simulated_link* const chosen = standing[drawn % standing.size()];
  chosen->cut_unnoticed(longest_unnoticed);
  return chosen;
}

LEAT_INLINE void simulated_switch::crash(std::size_t owner, std::chrono::nanoseconds longest_unnoticed) {
  std::erase_if(doors_, [&](simulated_door const* door) { return door->owner() == owner; });
  for (line const& each : lines_)
    if ((each.owners[0] == owner || each.owners[1] == owner) && !each.link->is_cut())
      each.link->cut_unnoticed(longest_unnoticed);
}

LEAT_INLINE std::size_t simulated_switch::most_sent(std::size_t owner) const {
  std::size_t most = 0;
  for (line const& each : lines_)
    for (std::size_t side = 0; side != 2; ++side)
      if (each.owners[side] == owner) most = (std::max)(most, each.link->sent_by(side));
  return most;
}

LEAT_INLINE bool simulated_switch::simulated_door::listen(std::string const& address) {
  if (of_.listener(address) != nullptr)
    throw cluster_error(cluster_error::status::lost, "cannot listen at " + address + ": it is in use");
  address_ = address;
  of_.doors_.push_back(this);
  return false;
}

LEAT_INLINE std::unique_ptr<connection> simulated_switch::simulated_door::accept() {
  if (waiting_.empty()) return nullptr;
  std::unique_ptr<connection> first = std::move(waiting_.front());
  waiting_.pop_front();
  return first;
}

LEAT_INLINE void simulated_switch::simulated_door::knock(std::unique_ptr<connection> from) {
  waiting_.push_back(std::move(from));
  if (bell_) bell_();
}

LEAT_INLINE simulated_switch::simulated_door* simulated_switch::listener(std::string const& address) {
  for (simulated_door* door : doors_)
    if (door->address() == address) return door;
  return nullptr;
}

LEAT_INLINE std::unique_ptr<connection> simulated_switch::connect(std::size_t from, std::string const& address) {
  simulated_link& link = make_link();
  std::size_t const index = lines_.size() - 1;
  lines_[index].owners[0] = from;
  link.begin_connecting();
  bool const refused = one_in(network_.refuses_one_in);
  if (one_in(network_.breaks_one_in) && breaks_left_ != 0) {
    --breaks_left_;
    std::size_t const bytes = 1 + world_.draw() % network_.longest_until_break;
    link.break_after(bytes, [this, bytes] { breaches_.push_back({bytes, world_.elapsed()}); });
  }
  world_.after(world_.draw_delay(network_.longest_delay), [this, index, &link, address, refused] {
    simulated_door* const there = listener(address);
    if (there == nullptr || refused) return link.refuse();
    lines_[index].owners[1] = there->owner();
    link.connect();
    there->knock(link.end(1));
  });
  return link.end(0);
}

}  // namespace leat::detail
