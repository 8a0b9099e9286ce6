// SPDX-License-Identifier: BSL-1.0
// What processes do together by their peers, channels and control, in simulated clusters.
#include <doctest/doctest.h>

#include <leat/flow.hpp>
#include <leat/from/iterable.hpp>
#include <leat/op/map.hpp>
#include <leat/route/redistribute.hpp>
#include <leat/run/simulated/cluster.hpp>
#include <leat/to/collect.hpp>
#include <leat/to/output.hpp>

#include "fixture/one_at_a_time.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

/// The first process that lists it has partition 0, the next one partition 1, and so on.
class local_parts {
 public:
  using record = std::pair<std::string, unsigned>;
  using position = leat::no_position;
  class partition {
   public:
    partition(std::string name, unsigned worker) : name_(std::move(name)), worker_(worker) {}
    bool next_batch(leat::emitter<record>& out) {
      out(record(name_, worker_));
      return false;
    }

   private:
    std::string name_;
    unsigned worker_;
  };
  std::vector<std::string> list_parts() const { return {"part" + std::to_string((*asked_)++), "shared"}; }
  partition build_part(std::string const& name, std::optional<position> const&,
                       leat::step_services const& services) const {
    return {name, services.worker_index()};
  }

 private:
  std::shared_ptr<int> asked_ = std::make_shared<int>(0);
};

/// On worker 1 it fails, in the turn after its last record and mark.
class fails_at_the_end {
 public:
  class partition {
   public:
    explicit partition(bool bad) : bad_(bad) {}
    void write_batch(std::span<int const>) {}
    void flush() {
      if (bad_) throw std::runtime_error("the disk is full");
    }

   private:
    bool bad_;
  };
  partition build(leat::step_services const& services) const { return partition(services.worker_index() == 1); }
};

leat::detail::simulation cluster_of(unsigned processes, unsigned workers, std::uint64_t seed) {
  leat::detail::simulation simulation;
  simulation.seed = seed;
  simulation.processes = processes;
  simulation.options.workers = workers;
  simulation.options.batch_size = 2;
  simulation.options.snapshot_interval = std::chrono::nanoseconds::max();
  return simulation;
}

std::vector<int> ones(std::size_t count) { return std::vector<int>(count, 1); }

/// What a process failed of; empty: it did not.
std::string failure_of(leat::detail::simulated_cluster& cluster, unsigned process) {
  try {
    cluster.process(process).rethrow();
  } catch (leat::run_error const& error) {
    return error.what();
  }
  return {};
}

}  // namespace

TEST_CASE("every part of a packet that goes in several wakes who sends it") {
  for (std::uint64_t seed = 1; seed != 17; ++seed) {
    CAPTURE(seed);
    leat::detail::simulation simulation = cluster_of(2, 2, seed);
    simulation.options.batch_size = 6;
    std::vector<std::string> got;
    leat::flow flow("parts");
    auto const key_of = [](unsigned worker) {
      int key = 0;
      while (leat::slot_ownership(4).owner(leat::slot_of(leat::key_hash(key))) != worker) ++key;
      return key;
    };
    // From the second worker of one process, which does not drive the connection, to a worker of the other.
    flow.input("in", leat::from::iterable(ones(6))) |
        leat::redistribute("from", leat::by([key = key_of(1)](int) { return key; })) |
        leat::map([](int) { return std::string(9u << 20, 'x'); }) |
        leat::redistribute("to", leat::by([key = key_of(3)](std::string const&) { return key; })) |
        leat::map([](std::string const& s) { return s.substr(0, 1); }) | leat::output("out", leat::to::collect(got));
    CHECK_NOTHROW(leat::detail::simulated_cluster(flow.description(), simulation).run());
    CHECK(got.size() == 6);
  }
}

TEST_CASE("every process fails of the same cause") {
  for (std::uint64_t seed = 1; seed != 60; ++seed) {
    CAPTURE(seed);
    std::vector<int> got;
    leat::flow flow{"bad"};
    flow.input("in", leat::test::one_at_a_time<int>(ones(50))) | leat::redistribute("spread") |
        leat::map("boom",
                  [n = 0](int x) mutable {
                    if (++n == 10) throw std::runtime_error("the tenth came");
                    return x;
                  }) |
        leat::redistribute("on") | leat::output("out", leat::to::collect(got));
    leat::detail::simulated_cluster cluster(flow.description(), cluster_of(3, 1, seed));
    CHECK_THROWS_AS(cluster.run(), leat::run_error);
    unsigned own = 0;
    unsigned told = 0;
    std::string first;
    for (unsigned i = 0; i != 3; ++i) {
      try {
        cluster.process(i).rethrow();
      } catch (leat::run_error const& error) {
        std::string const text = error.what();
        CHECK(error.step == "bad.boom");
        CHECK(text.find("the tenth came") != std::string::npos);
        if (first.empty()) first = text.substr(0, text.find('\n'));
        CHECK(text.substr(0, text.find('\n')) == first);
        (text == first + "\n  as process " + std::to_string(error.worker) + " says" ? told : own) += 1;
      }
    }
    CHECK(own == 1);
    CHECK(told == 2);
  }
}

TEST_CASE("a process that fails at its very end fails the others, of the same cause") {
  for (std::uint64_t seed = 1; seed != 60; ++seed) {
    CAPTURE(seed);
    leat::flow flow{"late"};
    flow.input("in", leat::test::one_at_a_time<int>(ones(3))) | leat::redistribute("spread") |
        leat::output("out", fails_at_the_end{});
    leat::detail::simulated_cluster cluster(flow.description(), cluster_of(2, 1, seed));
    CHECK_THROWS_AS(cluster.run(), leat::run_error);
    for (unsigned i = 0; i != 2; ++i) {
      CHECK(failure_of(cluster, i).find("the disk is full") != std::string::npos);
    }
  }
}

TEST_CASE("a link that is cut fails both of its processes") {
  for (std::uint64_t seed = 1; seed != 40; ++seed) {
    CAPTURE(seed);
    std::vector<int> got;
    leat::flow flow{"cut"};
    flow.input("in", leat::test::one_at_a_time<int>(ones(2000))) | leat::redistribute("spread") |
        leat::output("out", leat::to::collect(got));
    leat::detail::simulated_cluster cluster(flow.description(), cluster_of(2, 2, seed));
    cluster.world().after(std::chrono::milliseconds(1), [&] { cluster.link(0).cut(); });
    CHECK_THROWS_AS(cluster.run(), leat::run_error);
    for (unsigned i = 0; i != 2; ++i) {
      CHECK(failure_of(cluster, i).find("process " + std::to_string(1 - i) + " was lost") != std::string::npos);
    }
  }
}

TEST_CASE("partitions are shared out over the cluster, each to a process that has it") {
  for (std::uint64_t seed = 1; seed != 20; ++seed) {
    CAPTURE(seed);
    std::vector<std::pair<std::string, unsigned>> got;
    leat::flow flow{"parts"};
    flow.input("in", local_parts{}) | leat::output("out", leat::to::collect(got));
    leat::detail::simulated_cluster(flow.description(), cluster_of(3, 2, seed)).run();
    std::sort(got.begin(), got.end());
    REQUIRE(got.size() == 4);
    std::vector<unsigned> processes{got[0].second / 2, got[1].second / 2, got[2].second / 2};
    std::sort(processes.begin(), processes.end());
    CHECK(processes == std::vector<unsigned>{0, 1, 2});
    CHECK(got[3].first == "shared");
    CHECK(got[3].second % 2 == 1);  // the first worker of each process has one already
  }
}

TEST_CASE("a stop in one process is a stop in all") {
  for (std::uint64_t seed = 1; seed != 20; ++seed) {
    CAPTURE(seed);
    std::vector<int> got;
    leat::flow flow{"endless"};
    flow.input("in", leat::test::one_at_a_time<int>({ones(1'000'000), ones(1'000'000), ones(1'000'000)})) |
        leat::redistribute("spread") | leat::output("out", leat::to::collect(got));
    leat::detail::simulated_cluster cluster(flow.description(), cluster_of(3, 1, seed));
    cluster.world().after(std::chrono::milliseconds(5), [&] { cluster.process(2).stop(); });
    cluster.run();
    CHECK(!got.empty());
    CHECK(got.size() < 3'000'000);
  }
}
