// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/lean_chrono.hpp>
#include <leat/detail/lean_function.hpp>
#include <leat/route/peers/link.hpp>
#include <leat/run/simulated/link.hpp>
#include <leat/run/simulated/runtime.hpp>

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

/// All links of a simulated cluster: those that are there from the beginning, and those that processes make by
/// listening and dialling. It outlives whoever holds an end.
class simulated_switch {
 public:
  simulated_switch(simulated_runtime& world, simulated_network network)
      : world_(world), network_(network), breaks_left_(network.most_breaks) {}

  /// One process's way to connect. Addresses are any texts. `owner` is who is asked of below.
  std::shared_ptr<network> door(std::size_t owner = 0) { return std::make_shared<simulated_door>(*this, owner); }

  /// One that stands, between two owners.
  simulated_link& make_link(std::optional<std::size_t> dialing = {}, std::optional<std::size_t> dialled = {});
  /// In the order in which they were made.
  simulated_link& link(std::size_t index) { return *lines_[index].link; }

  /// Breaks one of the links that stand, and gives it; null: none does.
  simulated_link* cut_link(std::uint64_t drawn, std::chrono::nanoseconds longest_unnoticed);

  /// An owner dies: nobody listens at its door, and its links break.
  void crash(std::size_t owner, std::chrono::nanoseconds longest_unnoticed);
  /// Bytes, on one link, by one owner.
  std::size_t most_sent(std::size_t owner) const;

  /// A link that broke by itself: how many bytes had been sent in one direction, and when it was.
  struct breach {
    std::size_t bytes;
    std::chrono::nanoseconds time;
  };
  std::vector<breach> const& breaches() const { return breaches_; }

 private:
  class simulated_door final : public network {
   public:
    simulated_door(simulated_switch& of, std::size_t owner) : of_(of), owner_(owner) {}
    ~simulated_door() override { std::erase(of_.doors_, this); }

    bool listen(std::string const& address) override;
    std::unique_ptr<connection> accept() override;
    std::unique_ptr<connection> connect(std::string const& address) override { return of_.connect(owner_, address); }
    void on_ready(std::function<void()> call) override { bell_ = std::move(call); }

    std::string const& address() const { return address_; }
    std::size_t owner() const { return owner_; }
    void knock(std::unique_ptr<connection> from);

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

  simulated_door* listener(std::string const& address);

  std::unique_ptr<connection> connect(std::size_t from, std::string const& address);
  bool one_in(std::uint64_t times) { return times != 0 && world_.draw() % times == 0; }

  simulated_runtime& world_;
  simulated_network network_;
  unsigned breaks_left_;
  std::vector<breach> breaches_;
  std::vector<line> lines_;
  std::vector<simulated_door*> doors_;
};

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/run/simulated/switch.ipp>
#endif
