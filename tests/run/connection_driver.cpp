// SPDX-License-Identifier: BSL-1.0
// Who reads and writes the connections to other processes: `options::connections`.
#include <doctest/doctest.h>

#include <leat/flow.hpp>
#include <leat/from/iterable.hpp>
#include <leat/op/map.hpp>
#include <leat/op/running/slot_ownership.hpp>
#include <leat/route/exchange/slot.hpp>
#include <leat/route/redistribute.hpp>
#include <leat/to/collect.hpp>
#include <leat/to/output.hpp>

#include "fixture/one_at_a_time.hpp"
#include "fixture/shapes.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <numeric>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using leat::connection_driver;
using leat::test::shape;

namespace {

constexpr connection_driver drivers[] = {connection_driver::first_worker, connection_driver::last_worker,
                                         connection_driver::own_thread};

std::vector<shape> shapes_with(connection_driver driver) {
  std::vector<shape> shapes;
  shapes.emplace_back("two processes on threads", shape::kind::processes_on_threads, 2);
  shapes.emplace_back("two processes over TCP", shape::kind::processes_on_tcp, 3);
  for (shape& shape : shapes) {
    shape.processes = 2;
    shape.options.connections = driver;
  }
  return shapes;
}

/// A key that this one of four workers owns.
int key_of(unsigned worker) {
  int key = 0;
  while (leat::slot_ownership(4).owner(leat::slot_of(leat::key_hash(key))) != worker) ++key;
  return key;
}

}  // namespace

TEST_CASE("whoever drives the connections, the same comes out") {
  std::vector<int> numbers(3000);
  std::iota(numbers.begin(), numbers.end(), 0);
  for (connection_driver const driver : drivers)
    for (shape const& shape : shapes_with(driver)) {
      CAPTURE(shape.name);
      CAPTURE(static_cast<int>(driver));
      std::vector<int> got;
      leat::flow flow("flow");
      flow.input("in", leat::from::iterable(numbers)) | leat::redistribute("spread") |
          leat::map([](int x) { return x + 1; }) | leat::redistribute("again") |
          leat::output("out", leat::to::collect(got));
      shape.run(flow, got);
      std::sort(got.begin(), got.end());
      REQUIRE(got.size() == numbers.size());
      CHECK(got.front() == 1);
      CHECK(got.back() == 3000);
    }
}

TEST_CASE("whoever drives the connections, all processes fail of what one failed of, and stop when one is stopped") {
  for (connection_driver const driver : drivers)
    for (shape const& shape : shapes_with(driver)) {
      CAPTURE(shape.name);
      CAPTURE(static_cast<int>(driver));
      std::vector<int> got;
      leat::flow flow("flow");
      flow.input("in", leat::test::one_at_a_time<int>(std::vector<int>(100, 1))) | leat::redistribute("spread") |
          leat::map("boom",
                    [n = 0](int x) mutable {
                      if (++n == 10) throw std::runtime_error("the tenth came");
                      return x;
                    }) |
          leat::output("out", leat::to::collect(got));
      std::string failure;
      try {
        shape.run(flow, got);
      } catch (leat::run_error const& error) {
        failure = error.what();
      }
      CHECK(failure.find("the tenth came") != std::string::npos);
    }
}

TEST_CASE("a function that does not return holds up no other worker where a thread of its own drives the connections") {
  if (std::thread::hardware_concurrency() < 2) return;  // then the workers of a process share one thread
  shape two("two processes on threads", shape::kind::processes_on_threads, 2);
  two.processes = 2;
  two.options.connections = connection_driver::own_thread;  // and nobody stands in for it: there are no heartbeats

  std::atomic<bool> released{false};
  std::vector<int> got;
  leat::flow flow("flow");
  // A partition for each worker, with its number. That of worker 2, in the other process, goes to worker 1.
  flow.input("in", leat::test::one_at_a_time<int>(std::vector<std::vector<int>>{{0}, {1}, {2}, {3}})) |
      leat::map([&](int from) {
        if (from == 0) released.wait(false);
        return from;
      }) |
      leat::redistribute("to worker 1", leat::by([key = key_of(1)](int) { return key; })) | leat::map([&](int from) {
        if (from == 2) {
          released = true;
          released.notify_all();
        }
        return from;
      }) |
      leat::output("out", leat::to::collect(got));
  two.run(flow, got);
  std::sort(got.begin(), got.end());
  CHECK(got == std::vector{0, 1, 2, 3});
}
