// SPDX-License-Identifier: BSL-1.0
#include <leat/error.hpp>
#include <leat/recovery/sqlite_store.hpp>
#include <leat/recovery/store_status.hpp>
#include <leat/run/files.hpp>
#include <leat/run/recovery.hpp>

#include "fixture/commits.hpp"
#include "fixture/scratch.hpp"
#include "fixture/stored_runs.hpp"
#include "run/child.hpp"

#include <doctest/doctest.h>

#include <sqlite3.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <memory>
#include <optional>
#include <random>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

/// The files of a store: what they keep, and what is said of those that cannot be used.
namespace {

using namespace std::chrono_literals;
using leat::detail::kept_group;
using leat::detail::kept_position;
using leat::detail::sqlite_stores;
using leat::detail::store_file;
using leat::test::has;

sqlite_stores impatient() { return sqlite_stores(leat::detail::machine_files(), 0ms); }

std::vector<std::byte> bytes(std::string const& text) {
  auto const of = std::as_bytes(std::span(text));
  return {of.begin(), of.end()};
}

template <class F>
std::string sentence(F f) {
  try {
    f();
  } catch (std::runtime_error const& error) {
    return error.what();
  }
  return "nothing is wrong";
}

std::unique_ptr<store_file> open_part(scratch const& folder, std::size_t which = 0) {
  auto stores = impatient();
  return stores.open(stores.find(folder.path("store")).at(which));
}

void fill(store_file& file, std::uint64_t epochs) {
  for (std::uint64_t epoch = 1; epoch <= epochs; ++epoch) {
    leat::detail::store_commit what =
        leat::test::commit_of(1, epoch, 4, "S(c1) u4", bytes("rows of epoch " + std::to_string(epoch)));
    what.positions.push_back({"flow.in", "part", epoch, "u8", bytes(std::to_string(epoch))});
    file.commit(what);
  }
}

/// All that a file has, as text.
std::string content(store_file& file) {
  std::string result;
  file.each_group(
      [&](kept_group&& each) {
        result += each.step + " " + std::to_string(each.group) + " " + std::to_string(each.epoch) + " " +
                  std::to_string(each.present) + " " + std::to_string(each.full) + " " +
                  std::string(reinterpret_cast<char const*>(each.bytes.data()), each.bytes.size()) + "\n";
      },
      true);
  file.each_position([&](kept_position&& each) {
    result += each.step + " " + each.partition + " " + std::to_string(each.epoch) + " " +
              std::string(reinterpret_cast<char const*>(each.bytes.data()), each.bytes.size()) + "\n";
  });
  for (auto const& each : file.history().runs)
    result += std::to_string(each.number) + " " + std::to_string(each.began_at) + " " + std::to_string(each.last_done);
  return result + file.flow();
}

}  // namespace

TEST_CASE("a store: what is committed is there again, and what is claimed is gone") {
  scratch const folder;
  leat::make_recovery_store(folder.path("store"), 2);
  std::string before;
  {
    auto const file = open_part(folder, 1);
    CHECK(file->identity().index == 1);
    CHECK(file->identity().count == 2);
    CHECK(file->history().runs.empty());
    file->claim(leat::test::claim_of({0, 0, 1}));
    fill(*file, 3);
    before = content(*file);
  }
  auto const file = open_part(folder, 1);
  CHECK(content(*file) == before);
  CHECK(file->steps() == leat::detail::kept_steps{{"flow.in", {"u8"}}, {"flow.step", {"S(c1) u4"}}});
  file->claim(leat::test::claim_of({2, 1, 2}));
  CHECK(content(*file).find("epoch 3") == std::string::npos);
  CHECK(content(*file).find("epoch 2") != std::string::npos);
  REQUIRE(file->history().runs.size() == 2);
  CHECK(file->history().runs[0].last_done == 2);
  CHECK(file->history().runs[1].began_at == 2);

  auto forgets = leat::test::claim_of({2, 2, 3});
  forgets.forgotten = {"flow.step"};
  file->claim(forgets);
  CHECK(file->steps() == leat::detail::kept_steps{{"flow.in", {"u8"}}});
}

TEST_CASE("a store: a directory without one, and one that has one") {
  scratch const folder;
  auto stores = impatient();
  CHECK(sentence([&] { stores.find(folder.path("none")); }) ==
        "the recovery store \"" + folder.path("none") +
            "\": there is no such directory: --recovery-init=1 makes a store in it; where there was one, see that its "
            "volume is mounted");
  leat::make_recovery_store(folder.path("store"), 1);
  CHECK(sentence([&] { leat::make_recovery_store(folder.path("store"), 1); }) ==
        "the recovery store \"" + folder.path("store/part-0.sqlite3") +
            "\": there is a store in this directory already; to begin anew, remove it or choose another");
  CHECK(sentence([&] { leat::make_recovery_store(folder.path("x"), 0); }) ==
        "a recovery store has from 1 to 256 files");
  CHECK(sentence([&] {
          leat::make_recovery_store(folder.path("a/b"), 1);
        }).ends_with("the directory cannot be made: No such file or directory"));
}

TEST_CASE("a store: each process makes its own file, once") {
  scratch const folder;
  auto stores = impatient();
  auto const of = [&](unsigned process) { return folder.path("of" + std::to_string(process)); };
  for (unsigned process = 0; process != 3; ++process) {  // the last one has no file
    CHECK(stores.make_own(of(process), {"words", process, 2}));
    CHECK_FALSE(stores.make_own(of(process), {"words", process, 2}));
    std::size_t const files = process == 2 ? 0 : 1;
    CHECK(stores.find(of(process)).size() == files);
  }
  CHECK(stores.find(of(1)).front().identity.set == "words");
  CHECK(stores.find(of(1)).front().identity.index == 1);
  CHECK(stores.find(of(1)).front().identity.count == 2);
  std::string const path = of(1) + "/part-1.sqlite3";
  CHECK(
      sentence([&] { stores.make_own(of(1), {"words", 1, 3}); }) ==
      "the recovery store \"" + path +
          "\": it is part 1 of 2 of the store \"words\", and not part 1 of 3 of \"words\": the name of a store and the "
          "number of its files stay");
  CHECK(has(sentence([&] { stores.make_own(of(1), {"lines", 1, 2}); }), "not part 1 of 2 of \"lines\""));
  CHECK(has(sentence([&] { stores.make_own(of(1), {"words", 0, 2}); }),
            "here belongs part 0 of the store \"words\": is it the volume of another process?"));
  CHECK(has(sentence([&] { stores.make_own(of(1), {"words", 2, 2}); }), "here belongs part 2"));
  folder.write("of1/part-1.sqlite3", "");  // by who was killed while he made it
  CHECK(stores.make_own(of(1), {"words", 1, 2}));
  CHECK(stores.find(of(1)).front().identity.index == 1);
}

TEST_CASE("a store: a file that is none, of which something is missing, or that is of a newer leat") {
  scratch const folder;
  leat::make_recovery_store(folder.path("store"), 1);
  std::string const path = folder.path("store/part-0.sqlite3");
  std::string const sound = folder.read("store/part-0.sqlite3");
  auto const said = [&](std::string const& text) {
    folder.write("store/part-0.sqlite3", text);
    return sentence([&] { open_part(folder); });
  };
  std::string const of_file = "the recovery store \"" + path + "\": ";
  CHECK(said("") == of_file + "this file is no recovery store of leat's");
  CHECK(said("no database at all, but some text that is longer than a header of one would be, so that it is read") ==
        of_file + "this file is no recovery store, or its beginning is damaged");
  CHECK(said(sound.substr(0, sound.size() / 2)).starts_with(of_file + "it is damaged, or cannot be read ("));
  CHECK(said(sound) == "nothing is wrong");

  sqlite3* handle = nullptr;
  REQUIRE(sqlite3_open(path.c_str(), &handle) == SQLITE_OK);
  sqlite3_exec(handle, "PRAGMA user_version = 3", nullptr, nullptr, nullptr);
  sqlite3_close(handle);
  CHECK(sentence([&] { open_part(folder); }) ==
        of_file + "a newer leat has written it: use that, or go on from a copy that is older");
  REQUIRE(sqlite3_open(path.c_str(), &handle) == SQLITE_OK);
  sqlite3_exec(handle, "PRAGMA user_version = 1", nullptr, nullptr, nullptr);
  sqlite3_close(handle);
  CHECK(sentence([&] { open_part(folder); }) ==
        of_file + "an earlier leat has written it, before the first release: make a new store elsewhere");
}

TEST_CASE("a store: another process has taken it") {
  scratch const folder;
  leat::make_recovery_store(folder.path("store"), 1);
  auto const file = open_part(folder);
  child other([&] {
    std::string const said = sentence([&] { open_part(folder); });
    std::fputs(said.c_str(), stdout);
    return 0;
  });
  CHECK(other.ends() == 0);
  CHECK(other.out == "the recovery store \"" + folder.path("store/part-0.sqlite3") +
                         "\": another process is using it: see that it has ended, and start again");
}

TEST_CASE("a store: who has to wait is told which process has taken it, as far as the system tells") {
  scratch const folder;
  leat::make_recovery_store(folder.path("store"), 2);
  auto const file = open_part(folder);
  child other([&] {
    for (char const* const part : {"store/part-0.sqlite3", "store/part-1.sqlite3", "store/none"})
      std::printf("%ld\n", leat::detail::machine_files().process_with_lock(folder.path(part)));
    return 0;
  });
  CHECK(other.ends() == 0);
  std::string const known = std::filesystem::exists("/proc/locks") ? std::to_string(::getpid()) : "0";
  CHECK(other.out == known + "\n0\n0\n");
  CHECK(leat::detail::machine_files().process_with_lock(folder.path("store/part-0.sqlite3")) == 0);
}

TEST_CASE("a store: whoever finds it taken may try again, after it has waited for a process that is lost") {
  scratch const folder;
  leat::make_recovery_store(folder.path("store"), 1);
  auto const file = open_part(folder);
  child other([&] {
    try {
      open_part(folder);
    } catch (leat::cluster_error const& error) {
      return static_cast<int>(error.exit_status);
    }
    return 0;
  });
  CHECK(other.ends() == 75);
  using leat::detail::patience_with_locks;
  CHECK(patience_with_locks(15s) == 20s);
  CHECK(patience_with_locks(100ms) == 5100ms);
  CHECK(patience_with_locks(std::chrono::nanoseconds::max()) == 20s);
}

TEST_CASE("a store: the disk takes no more; afterwards all that was committed is there") {
  scratch const folder;
  leat::make_recovery_store(folder.path("store"), 1);
  child full([&] {
    auto const file = open_part(folder);
    file->claim(leat::test::claim_of({0, 0, 1}));
    fill(*file, 2);
    std::signal(SIGXFSZ, SIG_IGN);
    rlimit const limit{1 << 16, 1 << 16};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    leat::detail::store_commit what;
    what.run = 1;
    what.epoch = 3;
    what.positions.push_back({"flow.in", "part", 3, "u8", std::vector<std::byte>(1 << 20)});
    std::fputs(sentence([&] { file->commit(what); }).c_str(), stdout);
    return 0;
  });
  CHECK(full.ends() == 0);
  CHECK(has(full.out, "part-0.sqlite3\": "));
  CHECK((has(full.out, "it cannot be read or written: ") || has(full.out, "the disk is full")));
  auto const file = open_part(folder);
  CHECK(file->history().runs.back().last_done == 2);
}

TEST_CASE("a store: a flipped bit is found, or changes nothing") {
  scratch const folder;
  leat::make_recovery_store(folder.path("store"), 1);
  std::string wanted;
  {
    auto const file = open_part(folder);
    file->claim(leat::test::claim_of({0, 0, 1}));
    fill(*file, 6);
    wanted = content(*file);
  }
  std::string const sound = folder.read("store/part-0.sqlite3");
  std::mt19937 draw(1);
  unsigned refused = 0;
  for (int i = 0; i != 400; ++i) {
    std::string changed = sound;
    std::size_t const at = draw() % changed.size();
    changed[at] = static_cast<char>(changed[at] ^ (1 << draw() % 8));
    folder.write("store/part-0.sqlite3", changed);
    std::string got;
    std::string const said = sentence([&] { got = content(*open_part(folder)); });
    CAPTURE(at);
    if (said == "nothing is wrong")
      CHECK(got == wanted);
    else
      CHECK((said.starts_with("the recovery store \"" + folder.path("store")) && said.find('\n') == said.npos));
    refused += said == "nothing is wrong" ? 0u : 1u;
    std::filesystem::remove(folder.path("store/part-0.sqlite3-journal"));
  }
  CHECK(refused > 20);
}

TEST_CASE("a store: the journal of a run that was killed belongs to the file it was begun with") {
  scratch const folder;
  leat::make_recovery_store(folder.path("store"), 1);
  std::string const path = folder.path("store/part-0.sqlite3");
  std::string copy;
  std::string wanted;
  {
    auto const file = open_part(folder);
    file->claim(leat::test::claim_of({0, 0, 1}));
    fill(*file, 2);
    copy = folder.read("store/part-0.sqlite3");
  }
  {
    auto const file = open_part(folder);
    file->claim(leat::test::claim_of({2, 1, 2}));
    wanted = content(*file);
  }
  // As a process leaves them that is killed in the midst of a commit.
  sqlite3* handle = nullptr;
  REQUIRE(sqlite3_open(path.c_str(), &handle) == SQLITE_OK);
  char const* const half_a_commit =
      "PRAGMA journal_mode = TRUNCATE; PRAGMA cache_size = 1; PRAGMA cache_spill = 1; BEGIN IMMEDIATE; "
      "DELETE FROM states; UPDATE runs SET last_done = 9; CREATE TABLE large(bytes BLOB); "
      "INSERT INTO large VALUES(zeroblob(400000))";
  REQUIRE(sqlite3_exec(handle, half_a_commit, nullptr, nullptr, nullptr) == SQLITE_OK);
  std::string const torn = folder.read("store/part-0.sqlite3");
  std::string const journal = folder.read("store/part-0.sqlite3-journal");
  sqlite3_close(handle);
  REQUIRE(journal.size() > 512);

  folder.write("store/part-0.sqlite3", torn);
  folder.write("store/part-0.sqlite3-journal", journal);
  CHECK(content(*open_part(folder)) == wanted);

  folder.write("store/part-0.sqlite3", copy);
  folder.write("store/part-0.sqlite3-journal", journal);
  CHECK(sentence([&] { open_part(folder); }) ==
        "the recovery store \"" + path + "\": beside it is a journal of another file, \"" + path +
            "-journal\": a run was killed, and this file then put there from a copy; remove the journal");
  std::filesystem::remove(path + "-journal");
  auto const file = open_part(folder);
  CHECK(file->history().runs.back().last_done == 2);
}

TEST_CASE("a store: what it says of itself") {
  scratch const folder;
  leat::make_recovery_store(folder.path("store"), 1);
  auto stores = impatient();
  CHECK(leat::detail::store_status(stores, folder.path("store")) ==
        "store of 1 file, not used yet\nthe next run begins anew\n");
  {
    auto const file = open_part(folder);
    file->claim(leat::test::claim_of({0, 0, 1}));
    fill(*file, 2);
  }
  CHECK(leat::detail::store_status(stores, folder.path("store")) ==
        "store of 1 file, of flow \"flow\"\nthe next run goes on from epoch 2\nrun 1: began at epoch 1, has kept up to "
        "epoch 2\nstep \"flow.in\": 1 partitions, 1 bytes\nstep \"flow.step\": 120 bytes\n");
}
