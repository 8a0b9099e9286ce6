// SPDX-License-Identifier: BSL-1.0
#include "fixture/memory_store.hpp"
#include "histories/flows.hpp"
#include "histories/sqlite_disk.hpp"

#include <leat/error.hpp>
#include <leat/recovery/lock_patience.hpp>
#include <leat/recovery/sqlite_store.hpp>
#include <leat/recovery/stored_run.hpp>
#include <leat/run/simulated/cluster.hpp>
#include <leat/run/simulated/disk.hpp>

#include <doctest/doctest.h>

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

/// What histories have found out first.
namespace {

using namespace std::chrono_literals;

std::uint64_t nothing(std::uint64_t) { return 0; }

}  // namespace

TEST_CASE("a store that was made is there when the power has failed, and so is its directory") {
  leat::detail::simulated_disk disk;
  histories::keep_sqlite_on(disk);
  leat::detail::sqlite_stores stores(disk, 0ms);
  stores.make("store", 2, "of this test");
  disk.lose_unsynced(nothing);
  REQUIRE(stores.find("store").size() == 2);
  CHECK(stores.open(stores.find("store").front())->history().runs.empty());
}

TEST_CASE("a store whose making succeeded is there when the power has failed, whatever call has failed") {
  unsigned refused = 0;
  for (std::uint64_t call = 1;; ++call) {
    CAPTURE(call);
    leat::detail::simulated_disk disk;
    histories::keep_sqlite_on(disk);
    leat::detail::sqlite_stores stores(disk, 0ms);
    disk.fail_call(call, EIO, 0);
    bool done = true;
    try {
      stores.make("store", 2, "of this test");
    } catch (std::runtime_error const&) {
      done = false;
      ++refused;
    }
    if (disk.faults() == 0) break;  // so many calls there are not
    disk.start_again();
    disk.lose_unsynced(nothing);
    if (!done) continue;
    REQUIRE(stores.find("store").size() == 2);
    CHECK(stores.open(stores.find("store").back())->history().runs.empty());
  }
  CHECK(refused > 10);
}

TEST_CASE("who waits for a store that another process has taken is told so after a second, once") {
  leat::detail::simulated_disk disk;
  histories::keep_sqlite_on(disk);
  leat::detail::sqlite_stores stores(disk, 0ms);
  stores.make("store", 1, "of this test");
  auto const held = stores.open(stores.find("store").front());
  std::vector<std::string> said;
  auto const wait = [&](std::chrono::milliseconds longest) {
    leat::detail::lock_patience const patience(
        longest, [&](std::string const& path) { said.push_back(leat::detail::waiting_for(path, disk, longest)); });
    CHECK_THROWS_AS(leat::detail::sqlite_stores(disk, patience).find("store"), leat::cluster_error);
  };
  wait(900ms);
  CHECK(said.empty());
  wait(5000ms);
  CHECK(said ==
        std::vector<std::string>{"leat: recovery: waiting for \"store/part-0.sqlite3\", which another process is "
                                 "using, for up to 5 s"});
}

TEST_CASE("the directory that to::files makes is there with its files when the power has failed") {
  leat::detail::simulated_disk disk;
  leat::test::memory_disk store;
  store.make("store", 1);
  for (char const* const path : {"in0", "in1", "in2"}) disk.put(path, "word\n");
  leat::detail::simulation simulation;
  simulation.disk = &disk;
  simulation.options.recovery.directory = "store";
  simulation.recover = [&store](leat::detail::execution& run) {
    return std::make_unique<leat::detail::stored_run>(run, std::make_unique<leat::test::memory_stores>(store),
                                                      run.settings().recovery);
  };
  leat::detail::simulated_cluster(histories::files_flow().description(), simulation).run();
  disk.lose_unsynced(nothing);
  REQUIRE(disk.has("out/part_0"));
  CHECK(disk.content("out/part_0") + disk.content("out/part_1") == "word 1\nword 2\nword 3\n");
}

TEST_CASE("a process that dies when it has taken its files is missed, and they are not called copies") {
  for (unsigned const victim : {0u, 1u})
    for (unsigned steps = 0; steps != 150; ++steps) {
      CAPTURE(victim);
      CAPTURE(steps);
      leat::detail::simulated_disk disk;
      leat::test::memory_disk store;
      store.make("store", 2);
      for (char const* const path : {"in0", "in1", "in2"}) disk.put(path, "word\n");
      leat::detail::simulation simulation;
      simulation.processes = 2;
      simulation.disk = &disk;
      simulation.options.recovery.directory = "store";
      simulation.recover = [&store](leat::detail::execution& run) {
        return std::make_unique<leat::detail::stored_run>(run, std::make_unique<leat::test::memory_stores>(store),
                                                          run.settings().recovery);
      };
      leat::detail::simulated_cluster cluster(histories::files_flow().description(), simulation);
      cluster.begin();
      leat::detail::simulated_runtime& world = cluster.world();
      for (unsigned step = 0; step != steps && !world.all_done(); ++step) world.step(leat::steady_time::max());
      cluster.kill(victim, 1ms);
      while (!world.all_done())
        if (!world.step(leat::steady_time::max())) world.fail_stuck();
      std::string said;
      try {
        cluster.process(1 - victim).rethrow();
      } catch (leat::run_error const& error) {
        said = error.what();
      }
      CHECK_MESSAGE(said.find("is a copy of") == std::string::npos, said);
    }
}

TEST_CASE("a file that another process has too, and holds, is a copy") {
  leat::detail::simulated_disk disk;
  leat::test::memory_disk store;
  store.make("store0", 1);
  store.make("store1", 1);
  leat::detail::simulation simulation;
  simulation.processes = 2;
  simulation.disk = &disk;
  simulation.options.recovery.directory = "store";
  simulation.recover = [&store](leat::detail::execution& run) {
    leat::recovery_options options = run.settings().recovery;
    options.directory += std::to_string(run.process());
    return std::make_unique<leat::detail::stored_run>(run, std::make_unique<leat::test::memory_stores>(store), options);
  };
  for (char const* const path : {"in0", "in1", "in2"}) disk.put(path, "word\n");
  std::string said;
  try {
    leat::detail::simulated_cluster(histories::files_flow().description(), simulation).run();
  } catch (leat::run_error const& error) {
    said = error.what();
  }
  CHECK_MESSAGE(
      said.find("the recovery store \"store1/part-0\" of process 1 is a copy of \"store0/part-0\" of process 0: "
                "nobody can tell which is the right one; keep only that") != std::string::npos,
      said);
}

TEST_CASE("of a store that cannot be read it is not said that it is damaged for sure") {
  leat::detail::simulated_disk disk;
  histories::keep_sqlite_on(disk);
  leat::detail::sqlite_stores stores(disk, 0ms);
  stores.make("store", 1, "of this test");
  unsigned refused = 0;
  for (std::uint64_t call = 1;; ++call) {
    CAPTURE(call);
    disk.fail_call(call, EIO, 0);
    std::string said;
    try {
      stores.open(stores.find("store").front());
    } catch (std::runtime_error const& error) {
      said = error.what();
    }
    disk.start_again();
    if (disk.faults() != call) break;  // so many calls there are not
    refused += said.empty() ? 0u : 1u;
    CHECK(said.find("is damaged (") == std::string::npos);
  }
  CHECK(refused > 5);
}
