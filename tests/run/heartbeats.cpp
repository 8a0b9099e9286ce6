// SPDX-License-Identifier: BSL-1.0
#include <doctest/doctest.h>

#include <leat/flow.hpp>
#include <leat/from/iterable.hpp>
#include <leat/from/source.hpp>
#include <leat/op/map.hpp>
#include <leat/op/running/recovery.hpp>
#include <leat/route/control/control.hpp>
#include <leat/route/peers/peers.hpp>
#include <leat/run/cluster_session.hpp>
#include <leat/run/execution.hpp>
#include <leat/run/recovery_support.hpp>
#include <leat/run/threads/threads.hpp>
#include <leat/state/count_final.hpp>
#include <leat/to/collect.hpp>
#include <leat/to/for_each.hpp>
#include <leat/to/output.hpp>

#include "fixture/memory_link.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using std::chrono::milliseconds;

namespace {

leat::options watchful() {
  leat::options options;
  options.suspect_after = milliseconds(100);
  options.dead_after = std::chrono::seconds(60);
  return options;
}

/// A process that runs a flow on one worker, and another one in the hands of the test: its peers are turned when the
/// test says so.
struct process_and_peer {
  process_and_peer(leat::flow const& flow, leat::options const& options,
                   std::unique_ptr<leat::detail::recovered_run> from = nullptr) {
    auto [first, second] = leat::test::memory_links();
    leat::detail::connections ends[2];
    ends[0].resize(2);
    ends[1].resize(2);
    ends[0][1] = std::move(first);
    ends[1][0] = std::move(second);

    leat::detail::peers::settings settings;
    settings.process = 1;
    settings.alive = {options.suspect_after, options.dead_after};
    settings.turns_of = [](unsigned) { return 0u; };
    settings.log = [this](std::string const& line) { log_lines.push_back(line); };
    peer = std::make_unique<leat::detail::peers>(std::move(settings), std::move(ends[1]));
    control = std::make_unique<leat::detail::control>(*peer);
    control->share({}, flow.description(), 1);

    thread = std::thread([this, &flow, options, links = std::move(ends[0]), from = std::move(from)]() mutable {
      leat::detail::thread_runtime world(options.spin);
      leat::detail::execution execution(flow.description(), options, world, 0, 2);
      execution.join(std::make_unique<leat::detail::cluster_session>(execution, std::move(links)));
      if (from) execution.recover(std::move(from));
      try {
        execution.build();
        world.drive(execution.runnables());
        execution.rethrow();
      } catch (std::exception const& error) {
        failure = error.what();
      }
    });
  }
  ~process_and_peer() {
    if (thread.joinable()) thread.join();
  }

  void turn() {
    peer->turn(std::chrono::steady_clock::now());
    std::this_thread::yield();
  }
  void part() {
    control->send_goodbye();
    while (!control->may_disconnect()) turn();
    peer->close();
    thread.join();
  }

  std::vector<std::string> log_lines;
  std::unique_ptr<leat::detail::peers> peer;
  std::unique_ptr<leat::detail::control> control;
  std::string failure;
  std::thread thread;
};

/// Has one partition, of one record, when it is told to.
class slow_to_list {
 public:
  using record = int;
  using position = int;
  explicit slow_to_list(std::atomic<bool>& released) : released_(&released) {}

  std::vector<std::string> list_parts() const {
    released_->wait(false);
    return {"only"};
  }
  class part {
   public:
    bool next_batch(leat::emitter<int>& out) {
      out(1);
      return false;
    }
    int snapshot() const { return 0; }
  };
  part build_part(std::string const&, std::optional<int>, leat::step_services const&) const { return {}; }

 private:
  std::atomic<bool>* released_;
};

/// A store that has nothing, and says so when it is told to.
class slow_to_load final : public leat::detail::recovery, public leat::detail::recovered_run {
 public:
  explicit slow_to_load(std::atomic<bool>& released) : released_(released) {}

  leat::detail::recovery& for_steps() override { return *this; }
  void add_facts(leat::detail::partition_lists&) override {}
  void meet(leat::detail::peers&, long_call) override {}
  bool agree(std::vector<leat::detail::partition_lists const*> const&, bool&) override { return true; }
  bool turn() override { return false; }
  void close() override {}

  std::uint64_t first_epoch() const override { return 1; }
  std::uint64_t run_number() const override { return 1; }
  std::optional<leat::detail::kept_place> position_of(std::string const&, std::string const&,
                                                      void (*)(leat::detail::record_description&)) override {
    return std::nullopt;
  }
  void load(std::string const&, leat::detail::state_base&, void (*)(leat::detail::record_description&)) override {
    released_.wait(false);
  }
  void keep_position(std::string const&, std::string const&, std::uint64_t, std::span<std::byte const>) override {}
  void keep_state(std::string const&, leat::detail::state_part const&) override {}
  void closed(unsigned, std::uint64_t) override {}
  void ended(unsigned, std::uint64_t) override { ended_ = true; }
  bool finished() const override { return ended_; }

 private:
  std::atomic<bool>& released_;
  bool ended_ = false;
};

/// A function of the flow waits until it is released, and the other process says so.
void check_known_to_be_alive(process_and_peer& pair, std::atomic<bool>& released) {
  while (pair.log_lines.empty()) pair.turn();
  CHECK(pair.log_lines.front() ==
        "leat: process 0 is alive, but a function of the flow has not returned on its worker 0 for 0.1 s");
  released = true;
  released.notify_all();
}
/// And the run ends well.
void check_known_to_be_alive(leat::flow const& flow, std::atomic<bool>& released) {
  process_and_peer pair(flow, watchful());
  check_known_to_be_alive(pair, released);
  pair.part();
  CHECK(pair.failure == "");
}

}  // namespace

TEST_CASE("a process whose function does not return is known to be alive, and where it is stuck") {
  std::atomic<bool> released{false};
  std::vector<int> got;
  leat::flow flow("flow");
  flow.input("in", leat::from::iterable(std::vector{1})) | leat::map([&](int x) {
    released.wait(false);
    return x;
  }) | leat::output("out", leat::to::collect(got));

  check_known_to_be_alive(flow, released);
  CHECK(got == std::vector{1});
}

TEST_CASE("a process whose source is slow to tell its partitions is known to be alive") {
  std::atomic<bool> released{false};
  std::vector<int> got;
  leat::flow flow("flow");
  flow.input("in", slow_to_list(released)) | leat::output("out", leat::to::collect(got));

  check_known_to_be_alive(flow, released);
  CHECK(got == std::vector{1});
}

TEST_CASE("a process whose state takes long to load is known to be alive") {
  std::atomic<bool> released{false};
  leat::flow flow("flow");
  flow.input("in", leat::from::iterable(std::vector<std::pair<int, int>>{})) |
      leat::count_final("count", [](std::pair<int, int> const& each) { return each.first; }) |
      leat::output("out", leat::to::for_each([](std::pair<int, std::uint64_t> const&) {}));

  process_and_peer pair(flow, watchful(), std::make_unique<slow_to_load>(released));
  check_known_to_be_alive(pair, released);
  pair.peer->close();  // it has no workers, whose records the state waits for
  pair.thread.join();
  CHECK(pair.failure.starts_with("process 1 was lost"));
}

TEST_CASE("a process of which nothing is heard ends the run of the others") {
  std::vector<int> got;
  leat::flow flow("flow");
  flow.input("in", leat::from::iterable(std::vector{1})) | leat::output("out", leat::to::collect(got));
  leat::options options = watchful();
  options.dead_after = milliseconds(200);
  process_and_peer pair(flow, options);
  pair.turn();
  pair.thread.join();
  CHECK(pair.failure == "process 1 was lost: nothing has been heard of it for 0.2 s");
}
