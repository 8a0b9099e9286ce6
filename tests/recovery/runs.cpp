// SPDX-License-Identifier: BSL-1.0
#include <leat/flow.hpp>
#include <leat/from/lines.hpp>
#include <leat/from/range.hpp>
#include <leat/op/key_on.hpp>
#include <leat/op/map.hpp>
#include <leat/recovery/sqlite_store.hpp>
#include <leat/route/exchange/to_partitions.hpp>
#include <leat/run/files.hpp>
#include <leat/run/recovery.hpp>
#include <leat/run/run.hpp>
#include <leat/state/stateful_map.hpp>
#include <leat/to/epoch_token.hpp>
#include <leat/to/lines.hpp>
#include <leat/to/output.hpp>

#include "fixture/scratch.hpp"
#include "fixture/stored_runs.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <mutex>
#include <optional>
#include <span>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

/// `leat::run` with a store: the next run goes on, with other workers too; what it cannot go on from is refused.
namespace {

using leat::test::error_of;
using leat::test::has;
using leat::test::on;

template <class State = int>
leat::flow counting(scratch const& folder, std::string const& name = "counting", std::string const& step = "count") {
  leat::flow flow(name);
  flow.input("in", leat::from::lines(folder.path("in"))) | leat::key_on("by word", [](std::string const& word) {
    return word;
  }) | leat::stateful_map(step, [](std::optional<State>& seen, std::string const& word) {
    seen = static_cast<State>(seen.value_or(0) + 1);
    return word + " " + std::to_string(*seen);
  }) | leat::map("line", [](std::pair<std::string, std::string> const& each) {
    return each.second;
  }) | leat::output("out", leat::to::lines(folder.path("out")));
  return flow;
}

/// A sink that remembers by which names it would know its epochs, and the epoch that its run began with.
class naming {
 public:
  struct told {
    std::mutex mutex;
    std::vector<leat::epoch_token> tokens;
    std::uint64_t first = 0;
  };
  class partition {
   public:
    partition(told& to, leat::step_services const& services) : to_(&to), services_(services) {}
    void write_batch(std::span<int const>) {}
    void prepare(std::uint64_t epoch) {
      std::lock_guard const lock(to_->mutex);
      to_->tokens.emplace_back(services_, "part", epoch);
      to_->first = services_.first_epoch();
    }

   private:
    told* to_;
    leat::step_services services_;
  };
  explicit naming(told& to) : to_(&to) {}
  partition build(leat::step_services const& services) const { return {*to_, services}; }

 private:
  told* to_;
};

}  // namespace

TEST_CASE("recovery: what is new is gone on with, by more workers and by fewer") {
  scratch const folder;
  leat::make_recovery_store(folder.path("store"), 3);
  std::string input;
  std::string expected;
  unsigned count = 0;
  for (unsigned const workers : {1u, 3u, 2u, 1u}) {
    ++count;
    input += "a\nb\na\n";
    folder.write("in", input);
    leat::run(counting(folder), on(folder, workers));
    if (workers == 1) {
      expected = folder.read("out");
      CHECK(has(expected, "b " + std::to_string(count)));
    }
  }
  CHECK(folder.read("out").size() == std::string("a 1\nb 1\na 2\n").size() * 4);
  CHECK(has(folder.read("out"), "a 8\n"));
  CHECK(has(folder.read("out"), "b 4\n"));
}

TEST_CASE("recovery: a run is stopped before its first record, and the next begins as if it had not been") {
  scratch const folder;
  folder.write("in", "a\n");
  leat::make_recovery_store(folder.path("store"));
  std::stop_source stopped;
  stopped.request_stop();
  leat::options options = on(folder);
  options.stop = stopped.get_token();
  leat::run(counting(folder), options);
  leat::run(counting(folder), on(folder));
  CHECK(folder.read("out") == "a 1\n");
}

TEST_CASE("recovery: a file that has been cut short, or is another one, is not gone on with") {
  scratch const folder;
  folder.write("in", "a\nb\n");
  leat::make_recovery_store(folder.path("store"));
  leat::run(counting(folder), on(folder));
  folder.write("in", "a\n");
  CHECK(has(error_of(counting(folder), on(folder)), "it has only 2 bytes now"));
  folder.write("in", "A\nb\nc\n");
  CHECK(has(error_of(counting(folder), on(folder)),
            "at byte 4: what stands before it is not what was read: it is another file"));
  folder.write("in", "a\nb\nc\n");
  folder.write("out", "a 1\n");
  CHECK(has(error_of(counting(folder), on(folder)), "it is to be resumed at byte 8, but has only 4 bytes"));
  folder.write("out", "a 9\nb 1\nleft by");
  CHECK(has(error_of(counting(folder), on(folder)),
            "it is to be resumed at byte 8, but what stands before that has been changed"));
  folder.write("out", "a 1\nb 1\nleft by a run that was killed");
  leat::run(counting(folder), on(folder));
  CHECK(folder.read("out") == "a 1\nb 1\nc 1\n");
}

TEST_CASE("recovery: a file that is given by another path is neither emptied nor read again") {
  scratch const folder;
  folder.write("in", "a\nb\n");
  std::filesystem::create_directory_symlink(folder.path("."), folder.path("link"));
  leat::make_recovery_store(folder.path("store"));
  auto const copying = [&](std::string const& from, std::string const& to) {
    leat::flow flow("copying");
    flow.input("in", leat::from::lines(folder.path(from))) | leat::output("out", leat::to::lines(folder.path(to)));
    return flow;
  };
  leat::run(copying("in", "out"), on(folder));
  folder.write("in", "a\nb\nc\n");
  for (std::string const around : {"./", "link/"}) {
    CHECK(has(error_of(copying("in", around + "out"), on(folder)),
              "\" was given as \"" + folder.path("out") + "\" in earlier runs"));
    CHECK(has(error_of(copying(around + "in", "out"), on(folder)),
              "\" was given as \"" + folder.path("in") + "\" in earlier runs"));
  }
  std::filesystem::rename(folder.path("out"), folder.path("moved"));
  CHECK(
      has(error_of(copying("in", "moved"), on(folder)), "is not empty, and would be overwritten: earlier runs wrote"));
  CHECK(folder.read("moved") == "a\nb\n");
  leat::run(copying("in", "another"), on(folder));
  CHECK(folder.read("another") == "c\n");
}

TEST_CASE("recovery: what is no regular file is written on, as the reader of a pipe is") {
  scratch const folder;
  std::filesystem::create_symlink("/dev/null", folder.path("out"));
  leat::make_recovery_store(folder.path("store"));
  for (char const* input : {"a\n", "a\nb\n"}) {
    folder.write("in", input);
    leat::run(counting(folder), on(folder));
  }
  std::filesystem::remove(folder.path("out"));
  folder.write("in", "a\nb\na\n");
  leat::run(counting(folder), on(folder));
  CHECK(folder.read("out") == "a 2\n");
}

TEST_CASE("recovery: a sink names its epochs as no other run does, and all workers of the run alike") {
  scratch const folder;
  leat::make_recovery_store(folder.path("store"), 2);
  std::vector<std::uint64_t> executions;
  std::uint64_t last = 0;
  for (int run = 0; run != 3; ++run) {
    naming::told told;
    leat::flow flow("f");
    flow.input("in", leat::from::range(100)) | leat::output("out", naming(told));
    leat::run(flow, run == 2 ? leat::options() : on(folder, 3));
    REQUIRE(told.tokens.size() >= (run == 2 ? 1u : 3u));
    for (leat::epoch_token const& each : told.tokens) {
      CHECK(each.execution == told.tokens.front().execution);
      CHECK(each.flow == "f");
      CHECK(each.step == "f.out");
      CHECK(each.partition == "part");
      CHECK(each.epoch >= told.first);
    }
    std::uint64_t const first = run == 1 ? last + 1 : 1;
    CHECK(told.first == first);
    last = told.tokens.back().epoch;
    executions.push_back(told.tokens.front().execution);
  }
  std::sort(executions.begin(), executions.end());  // the last one without a store
  CHECK(std::adjacent_find(executions.begin(), executions.end()) == executions.end());
  CHECK(executions.front() != 0);
  CHECK(executions.back() < std::uint64_t{1} << 63);
}

TEST_CASE("recovery: a flow that has changed") {
  scratch const folder;
  folder.write("in", "a\n");
  leat::make_recovery_store(folder.path("store"));
  leat::run(counting(folder), on(folder));
  std::string const of_store = "the recovery store \"" + folder.path("store/part-0.sqlite3") + "\" ";

  CHECK(error_of(counting(folder, "other"), on(folder)) ==
        of_store + "is of the flow \"counting\", and this is \"other\": each flow needs a store of its own");
  CHECK(
      error_of(counting(folder, "counting", "number"), on(folder)) ==
      of_store +
          "has what step \"counting.count\" knew, and the flow has no such step: give the step its name again, or let "
          "it go by --forget-step=counting.count");
  CHECK(has(error_of(counting<std::int64_t>(folder), on(folder)),
            "has rows or positions of this step that are made of T(S(c1) i4), and now they are made of T(S(c1) i8): "));

  leat::options forgets = on(folder);
  forgets.recovery.forget_steps = {"counting.count"};
  CHECK(has(error_of(counting(folder), forgets), "only what a step knew that is gone can be let go"));
  folder.write("in", "a\na\n");
  leat::run(counting(folder, "counting", "number"), forgets);
  CHECK(folder.read("out") == "a 1\na 1\n");
}

TEST_CASE("recovery: files that are missing, or of two stores, or there twice") {
  scratch const folder;
  folder.write("in", "a\n");
  leat::make_recovery_store(folder.path("store"), 2);
  leat::make_recovery_store(folder.path("another"), 2);
  std::string const second = folder.path("store/part-1.sqlite3");
  std::filesystem::rename(second, folder.path("kept"));
  CHECK(error_of(counting(folder), on(folder)) ==
        "the recovery store in \"" + folder.path("store") +
            "\" has 2 files, of which part 1 is missing: put it back, or make a new store elsewhere and begin anew");
  std::filesystem::copy(folder.path("another/part-1.sqlite3"), second);
  CHECK(error_of(counting(folder), on(folder)) ==
        "the recovery store \"" + second + "\" does not belong to \"" + folder.path("store/part-0.sqlite3") +
            "\": the files of one store are needed, and no others, in the directories of all processes");
  std::filesystem::remove(second);
  std::filesystem::copy(folder.path("kept"), second);
  std::filesystem::copy(second, folder.path("store/part-copy.sqlite3"));
  CHECK(error_of(counting(folder), on(folder)) == "the recovery store \"" + folder.path("store/part-copy.sqlite3") +
                                                      "\" is a copy of another file in \"" + folder.path("store") +
                                                      "\": keep one of them there");
  std::filesystem::remove(folder.path("store/part-copy.sqlite3"));
  CHECK(error_of(counting(folder), on(folder)) == "it did not fail");

  std::filesystem::create_directory(folder.path("empty"));
  leat::options options = on(folder);
  options.recovery.directory = folder.path("empty");
  CHECK(error_of(counting(folder), options) ==
        "there is no recovery store in \"" + folder.path("empty") +
            "\": --recovery-init=1 makes one there; where there was one, see that its volume is mounted");
}

TEST_CASE("recovery: nothing read yet, nothing written yet, an empty key and an empty state are kept as others are") {
  scratch const folder;
  leat::make_recovery_store(folder.path("store"));
  auto const flow = [&] {
    leat::flow of("lengths");
    of.input("in", leat::from::lines(folder.path("in"))) | leat::key_on("itself", [](std::string const& line) {
      return line;
    }) | leat::stateful_map("before", [](std::optional<std::string>& before, std::string const& line) {
      std::string const said = before ? "again" : "first";
      before = line;
      return line + said;
    }) | leat::map("line", [](std::pair<std::string, std::string> const& each) {
      return each.second;
    }) | leat::output("out", leat::to::lines(folder.path("out")));
    return of;
  };
  folder.write("in", "");
  leat::run(flow(), on(folder));
  CHECK(folder.read("out").empty());
  folder.write("out", "left by a run that was killed");
  leat::run(flow(), on(folder));
  CHECK(folder.read("out").empty());
  folder.write("in", "\n");
  leat::run(flow(), on(folder));
  CHECK(folder.read("out") == "first\n");
  folder.write("in", "\n\n");
  leat::run(flow(), on(folder));
  CHECK(folder.read("out") == "first\nagain\n");
}

TEST_CASE("recovery: a function of the flow throws, and once it is mended the next run goes on") {
  scratch const folder;
  leat::make_recovery_store(folder.path("store"));
  folder.write("in", "a\nb\na\n");
  leat::run(counting(folder), on(folder, 2));
  bool mended = false;
  auto const flow = [&] {
    leat::flow of("counting");
    of.input("in", leat::from::lines(folder.path("in"))) | leat::key_on("by word", [](std::string const& word) {
      return word;
    }) | leat::stateful_map("count", [&mended](std::optional<int>& seen, std::string const& word) {
      if (word == "bad" && !mended) throw std::runtime_error("a bad word");
      seen = seen.value_or(0) + 1;
      return word + " " + std::to_string(*seen);
    }) | leat::map("line", [](std::pair<std::string, std::string> const& each) {
      return each.second;
    }) | leat::output("out", leat::to::lines(folder.path("out")));
    return of;
  };
  folder.write("in", "a\nb\na\na\nbad\na\n");
  CHECK(has(error_of(flow(), on(folder)), "a bad word"));
  CHECK(has(error_of(flow(), on(folder, 2)), "a bad word"));
  mended = true;
  leat::run(flow(), on(folder));
  CHECK(folder.read("out").ends_with("a 3\nbad 1\na 4\n"));
  CHECK(folder.read("out").size() == std::string("a 1\nb 1\na 2\na 3\nbad 1\na 4\n").size());
}
