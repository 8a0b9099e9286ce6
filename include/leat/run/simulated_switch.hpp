// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/error.hpp>
#include <leat/route/link.hpp>
#include <leat/run/simulated.hpp>
#include <leat/run/simulated_link.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace leat::detail {

/// All links of a simulated cluster: those that are there from the beginning, and those that processes make by listening
/// and dialling. It outlives whoever holds an end.
class simulated_switch {
 public:
  simulated_switch(simulated_runtime& world, simulated_network how)
      : world_(world), how_(how), breaks_left_(how.most_breaks) {}

  /// One process's way to connect. Addresses are any texts. `owner` is who is asked of below.
  std::shared_ptr<network> door(std::size_t owner = 0) { return std::make_shared<one_door>(*this, owner); }

  simulated_link& make_link() {
    lines_.push_back({std::make_unique<simulated_link>(world_, how_)});
    return *lines_.back().link;
  }
  /// In the order in which they were made.
  simulated_link& link(std::size_t index) { return *lines_[index].link; }

  /// Breaks one of the links that stand, and gives it; null: none does.
  simulated_link* cut_one(std::uint64_t which, std::chrono::nanoseconds longest_unnoticed) {
    std::vector<simulated_link*> standing;
    for (line const& each : lines_)
      if (each.link->is_made() && each.link->is_held() && !each.link->is_cut()) standing.push_back(each.link.get());
    if (standing.empty()) return nullptr;
    simulated_link* const chosen = standing[which % standing.size()];
    chosen->cut_unnoticed(longest_unnoticed);
    return chosen;
  }

  /// An owner dies: nobody listens at its door, and its links break.
  void crash(std::size_t owner, std::chrono::nanoseconds longest_unnoticed) {
    std::erase_if(doors_, [&](one_door const* one) { return one->owner() == owner; });
    for (line const& each : lines_)
      if ((each.owners[0] == owner || each.owners[1] == owner) && !each.link->is_cut())
        each.link->cut_unnoticed(longest_unnoticed);
  }
  /// Bytes, on one link, by one owner.
  std::size_t most_sent(std::size_t owner) const {
    std::size_t most = 0;
    for (line const& each : lines_)
      for (std::size_t side = 0; side != 2; ++side)
        if (each.owners[side] == owner) most = (std::max)(most, each.link->sent_by(side));
    return most;
  }

  /// A link that broke by itself: how many bytes had been sent in one direction, and when it was.
  struct breach {
    std::size_t bytes;
    std::chrono::nanoseconds when;
  };
  std::vector<breach> const& breaches() const { return breaches_; }

 private:
  class one_door final : public network {
   public:
    one_door(simulated_switch& of, std::size_t owner) : of_(of), owner_(owner) {}
    ~one_door() override { std::erase(of_.doors_, this); }

    bool listen(std::string const& address) override {
      if (of_.listener(address) != nullptr)
        throw cluster_error(cluster_error::status::lost, "cannot listen at " + address + ": it is in use");
      address_ = address;
      of_.doors_.push_back(this);
      return false;
    }
    std::unique_ptr<connection> accept() override {
      if (waiting_.empty()) return nullptr;
      std::unique_ptr<connection> first = std::move(waiting_.front());
      waiting_.pop_front();
      return first;
    }
    std::unique_ptr<connection> dial(std::string const& address) override { return of_.dial(owner_, address); }
    void on_ready(std::function<void()> call) override { bell_ = std::move(call); }

    std::string const& address() const { return address_; }
    std::size_t owner() const { return owner_; }
    void knock(std::unique_ptr<connection> from) {
      waiting_.push_back(std::move(from));
      if (bell_) bell_();
    }

   private:
    simulated_switch& of_;
    std::size_t owner_;
    std::string address_;
    std::deque<std::unique_ptr<connection>> waiting_;
    std::function<void()> bell_;
  };

  struct line {
    std::unique_ptr<simulated_link> link;
    std::array<std::optional<std::size_t>, 2> owners{};  ///< who dialed, who was dialed
  };

  one_door* listener(std::string const& address) {
    for (one_door* door : doors_)
      if (door->address() == address) return door;
    return nullptr;
  }

  std::unique_ptr<connection> dial(std::size_t from, std::string const& address) {
    simulated_link& made = make_link();
    std::size_t const index = lines_.size() - 1;
    lines_[index].owners[0] = from;
    made.begin_connecting();
    bool const refused = one_in(how_.refuses_one_in);
    if (one_in(how_.breaks_one_in) && breaks_left_ != 0) {
      --breaks_left_;
      std::size_t const bytes = 1 + world_.draw() % how_.longest_until_break;
      made.break_after(bytes, [this, bytes] { breaches_.push_back({bytes, world_.elapsed()}); });
    }
    world_.after(world_.draw_delay(how_.longest_delay), [this, index, &made, address, refused] {
      one_door* const there = listener(address);
      if (there == nullptr || refused) return made.refuse();
      lines_[index].owners[1] = there->owner();
      made.connect();
      there->knock(made.end(1));
    });
    return made.end(0);
  }
  bool one_in(std::uint64_t times) { return times != 0 && world_.draw() % times == 0; }

  simulated_runtime& world_;
  simulated_network how_;
  unsigned breaks_left_;
  std::vector<breach> breaches_;
  std::vector<line> lines_;
  std::vector<one_door*> doors_;
};

}  // namespace leat::detail
