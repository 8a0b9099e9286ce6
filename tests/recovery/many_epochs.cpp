// SPDX-License-Identifier: BSL-1.0
#include <leat/flow.hpp>
#include <leat/from/source.hpp>
#include <leat/op/key_on.hpp>
#include <leat/op/map.hpp>
#include <leat/recovery/sqlite_connection.hpp>
#include <leat/run/recovery.hpp>
#include <leat/run/run.hpp>
#include <leat/state/stateful_map.hpp>
#include <leat/to/output.hpp>

#include "fixture/scratch.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

/// A store that has seen very many epochs and runs: it stays as small as it was, and what a run reads of it when it
/// begins stays as little.
namespace {

using namespace std::chrono_literals;

/// What the source and the sink of one run share: each record is in an epoch of its own.
struct pace {
  std::uint64_t until = 0;  ///< the records of this run
  std::atomic<bool> decided{true};
  std::atomic<std::uint64_t> epoch{0};
};

class one_by_one {
 public:
  using record = std::uint64_t;
  using position = std::uint64_t;
  explicit one_by_one(pace& given) : pace_(&given) {}

  std::vector<std::string> list_parts() const { return {"only"}; }
  class part {
   public:
    part(pace& given, std::uint64_t next) : pace_(&given), next_(next) {}
    bool next_batch(leat::emitter<std::uint64_t>& out) {
      if (pace_->decided.exchange(false) && next_ < pace_->until) out(next_++);
      return next_ < pace_->until;
    }
    std::uint64_t snapshot() const { return next_; }

   private:
    pace* pace_;
    std::uint64_t next_;
  };
  part build_part(std::string const&, std::optional<std::uint64_t> from, leat::step_services const&) const {
    return {*pace_, from.value_or(0)};
  }

 private:
  pace* pace_;
};

class waits_for_decisions {
 public:
  explicit waits_for_decisions(pace& given) : pace_(&given) {}

  class part {
   public:
    explicit part(pace& given) : pace_(&given) {}
    void write_batch(std::span<std::pair<std::uint64_t, int> const>) {}
    void committed(std::uint64_t epoch) {
      pace_->epoch = epoch;
      pace_->decided = true;
    }

   private:
    pace* pace_;
  };
  part build(leat::step_services const&) const { return part(*pace_); }

 private:
  pace* pace_;
};

struct measure {
  std::uint64_t bytes = 0;
  std::int64_t rows = 0;
};

measure measure_of(scratch const& folder) {
  measure result;
  for (char const* const name : {"store/part-0.sqlite3", "store/part-1.sqlite3"}) {
    result.bytes += std::filesystem::file_size(folder.path(name));
    leat::detail::sqlite_connection in(folder.path(name), leat::detail::sqlite_connection::use::look, 0ms);
    for (char const* const table : {"runs", "epochs", "steps", "states", "positions"})
      result.rows += in.number_of((std::string("SELECT count(*) FROM ") + table).c_str());
  }
  return result;
}

}  // namespace

TEST_CASE("recovery: very many epochs and runs leave a store as small, and as soon read, as some do") {
  bool const is_long = std::getenv("LEAT_TEST_LONG") != nullptr;
  std::uint64_t const runs = is_long ? 1000 : 40;
  std::uint64_t const per_run = is_long ? 101 : 6;
  std::uint64_t const keys = is_long ? 50 : 2;
  scratch const folder;
  leat::make_recovery_store(folder.path("store"), 2);
  leat::options options;
  options.recovery.directory = folder.path("store");
  options.snapshot_interval = 0ns;
  measure early;
  measure most;
  pace shared;
  std::chrono::nanoseconds first{};
  std::chrono::nanoseconds last{};
  for (std::uint64_t run = 1; run <= runs; ++run) {
    shared.until = run * per_run;
    shared.decided = true;
    leat::flow flow("counting");
    flow.input("in", one_by_one(shared)) | leat::key_on("key", [keys](std::uint64_t number) {
      return number % keys;
    }) | leat::stateful_map("count", [](std::optional<int>& seen, std::uint64_t) {
      seen = seen.value_or(0) + 1;
      return *seen;
    }) | leat::output("out", waits_for_decisions(shared));
    leat::run(flow, options);
    auto const began = std::chrono::steady_clock::now();
    shared.decided = true;
    leat::run(flow, options);  // nothing is new
    last = std::chrono::steady_clock::now() - began;
    measure const now = measure_of(folder);
    most = {std::max(most.bytes, now.bytes), std::max(most.rows, now.rows)};
    if (run > runs / 4) continue;
    early = most;
    first = last;
  }
  std::printf(
      "%llu epochs and %llu runs: a store of %llu bytes and %lld rows; a run of nothing new takes %.1f ms, "
      "%.1f ms after a quarter of them\n",
      static_cast<unsigned long long>(shared.epoch), static_cast<unsigned long long>(2 * runs),
      static_cast<unsigned long long>(most.bytes), static_cast<long long>(most.rows),
      std::chrono::duration<double, std::milli>(last).count(),
      std::chrono::duration<double, std::milli>(first).count());
  CHECK(shared.epoch >= runs * (per_run - 1));
  CHECK(most.bytes <= early.bytes * 3 / 2);
  CHECK(most.rows <= early.rows * 3 / 2);
}
