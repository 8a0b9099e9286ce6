// SPDX-License-Identifier: BSL-1.0
#include <leat/run/simulated/switch.hpp>

#include <doctest/doctest.h>

#include <leat/from/iterable.hpp>
#include <leat/route/formation/hello.hpp>
#include <leat/run/cluster.hpp>
#include <leat/run/simulated/cluster.hpp>
#include <leat/state/count_final.hpp>
#include <leat/to/collect.hpp>
#include <leat/to/output.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using leat::detail::simulated_cluster;
using leat::detail::simulated_link;
using leat::detail::simulated_network;
using leat::detail::simulated_runtime;
using leat::detail::simulated_switch;

namespace {

std::size_t log(leat::connection& to, std::size_t bytes) {
  std::vector<std::byte> const buffer(bytes);
  leat::connection::piece const piece(buffer);
  return to.send({&piece, 1});
}
std::size_t heard(leat::connection& from) {
  std::vector<std::byte> room(4096);
  return from.receive(room);
}

leat::detail::simulation three_that_form(std::uint64_t seed) {
  leat::detail::simulation simulation;
  simulation.seed = seed;
  simulation.processes = 3;
  simulation.options.workers = 2;
  simulation.options.snapshot_interval = std::chrono::nanoseconds::max();
  simulation.forms = true;
  simulation.longest_start = 3s;
  simulation.network.uneven = true;
  simulation.network.refuses_one_in = 3;
  simulation.network.breaks_one_in = 2;
  simulation.network.longest_unnoticed = 10s;
  return simulation;
}

struct counted {
  counted() : flow("count") {
    std::vector<int> numbers;
    for (int i = 0; i != 100; ++i) numbers.push_back(i * i % 13);
    flow.input("in", leat::from::iterable(numbers)) | leat::count_final("count", [](int x) { return x; }) |
        leat::output("out", leat::to::collect(got));
  }
  leat::flow flow;
  std::vector<std::pair<int, std::uint64_t>> got;
};

std::string failure_of(leat::detail::execution& process) {
  try {
    process.rethrow();
  } catch (leat::cluster_error const& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("processes that begin at different times, are refused and lose connections come together all the same") {
  std::vector<std::pair<int, std::uint64_t>> expected;
  std::set<std::uint64_t> traces;
  for (std::uint64_t seed = 1; seed != 100; ++seed) {
    CAPTURE(seed);
    counted counted;
    simulated_cluster cluster(counted.flow.description(), three_that_form(seed));
    cluster.run();
    std::sort(counted.got.begin(), counted.got.end());
    if (seed == 1) expected = counted.got;
    CHECK(counted.got == expected);
    CHECK(cluster.world().elapsed() < 60s);
    traces.insert(cluster.world().trace());
    if (seed % 20 == 0) {
      simulated_cluster again(counted.flow.description(), three_that_form(seed));
      again.run();
      CHECK(again.world().trace() == cluster.world().trace());
    }
  }
  CHECK(expected.size() == 7);
  CHECK(traces.size() == 99);
}

TEST_CASE("a process that is stopped before it has met the others ends, and they miss it") {
  counted counted;
  leat::detail::simulation simulation = three_that_form(4);
  simulated_cluster cluster(counted.flow.description(), simulation);
  cluster.begin();
  cluster.process(0).stop();
  cluster.world().run_out();
  CHECK(failure_of(cluster.process(0)).empty());
  for (unsigned i : {1u, 2u})
    CHECK(failure_of(cluster.process(i)).find("the cluster did not form within 60 s: process 0") == 0);
  CHECK(counted.got.empty());
}

TEST_CASE("a process that is killed and started again while they come together takes its own place") {
  for (unsigned victim = 0; victim != 3; ++victim) {
    CAPTURE(victim);
    counted counted;
    leat::detail::simulation simulation = three_that_form(4);
    simulation.network.breaks_one_in = 0;
    simulated_cluster cluster(counted.flow.description(), simulation);
    cluster.begin();
    cluster.world().advance(cluster.last_start() + 10us);  // the last one knows of nobody yet
    cluster.restart(victim, 2s, 10ms);
    cluster.world().run_out();
    cluster.rethrow();
    CHECK(counted.got.size() == 7);
  }
}

TEST_CASE("a process that is killed and started again when the others have gone is missed, and not let in") {
  counted counted;
  leat::detail::simulation simulation = three_that_form(4);
  simulation.network.breaks_one_in = 0;
  simulated_cluster cluster(counted.flow.description(), simulation);
  cluster.begin();
  while (!cluster.process(0).assembled() || !cluster.process(1).assembled()) cluster.world().step(leat::detail::never);
  CHECK(cluster.most_sent(1) > leat::detail::hello::size);
  cluster.restart(1, 1ms, 10ms);
  cluster.world().run_out();
  CHECK(failure_of(cluster.process(0)) == "process 1 was lost: connection reset by peer");
  CHECK(failure_of(cluster.process(1)).find("the cluster did not form within 60 s: process 0") == 0);
}

TEST_CASE(
    "a connection that breaks takes the bytes it was given, loses what is sent later, and both sides hear of it") {
  simulated_runtime world(5);
  simulated_network network;
  network.breaks_one_in = 1;
  network.longest_until_break = 1;
  network.longest_unnoticed = 10s;
  simulated_switch net(world, network);
  auto const door = net.door();
  door->listen("there");
  auto const here = net.door()->connect("there");
  CHECK(log(*here, 1) == 0);  // it is not made yet
  world.advance(1ms);
  auto const there = door->accept();
  REQUIRE(there);
  CHECK(log(*here, 100) == 1);
  REQUIRE(net.breaches().size() == 1);
  CHECK(net.breaches()[0].bytes == 1);
  CHECK(log(*there, 100) == 100);
  CHECK(log(*here, 100) == 100);
  CHECK(here->open());
  CHECK(there->open());
  world.advance(11s);
  CHECK(here->open());  // as over TCP, who does not receive does not hear of it
  CHECK(heard(*here) == 0);
  CHECK_FALSE(here->open());
  CHECK(heard(*there) == 0);
  CHECK_FALSE(there->open());
  CHECK(here->error() == "connection reset by peer");
}

TEST_CASE("who dials where nobody listens is refused") {
  simulated_runtime world(5);
  simulated_switch net(world, {});
  auto const connection = net.door()->connect("nowhere");
  CHECK(connection->open());
  world.advance(1ms);
  CHECK(heard(*connection) == 0);
  CHECK_FALSE(connection->open());
  CHECK(connection->error() == "connection refused");
}

TEST_CASE("bytes arrive in order within a link, in pieces, and in any order between links") {
  bool first_is_first = false;
  bool second_is_first = false;
  for (std::uint64_t seed = 1; seed != 50; ++seed) {
    simulated_runtime world(seed);
    simulated_network network;
    network.uneven = true;
    network.longest_piece = 7;
    simulated_link link(world, network);
    simulated_link other(world, network);
    auto const from_one = link.end(0);
    auto const to_one = link.end(1);
    auto const from_other = other.end(0);
    auto const to_other = other.end(1);
    CHECK(log(*from_one, 100) == 100);
    CHECK(log(*from_other, 100) == 100);
    std::size_t got[2] = {0, 0};
    while (got[0] != 100 || got[1] != 100) {
      world.advance(1us);
      for (std::size_t i = 0; i != 2; ++i) {
        got[i] += heard(i == 0 ? *to_one : *to_other);
      }
      first_is_first = first_is_first || got[0] > got[1];
      second_is_first = second_is_first || got[1] > got[0];
    }
  }
  CHECK(first_is_first);
  CHECK(second_is_first);
}
