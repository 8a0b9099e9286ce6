// SPDX-License-Identifier: BSL-1.0
#include "fixture/memory_store.hpp"
#include "histories/flows.hpp"
#include "histories/sqlite_disk.hpp"

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
