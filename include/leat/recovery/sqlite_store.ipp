// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/concat.hpp>
#include <leat/op/running/file_system.hpp>
#include <leat/recovery/row_seal.hpp>
#include <leat/recovery/sqlite_connection.hpp>
#include <leat/recovery/sqlite_store.hpp>
#include <leat/recovery/store_file.hpp>
#include <leat/route/peers/crc32c.hpp>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace leat::detail {

/// "leat", in the place that SQLite has for it, and what the tables below are called together.
inline constexpr std::int64_t store_application = 0x6c656174;
inline constexpr std::int64_t store_schema = 1;

inline constexpr char const* tables_of_store = R"(
  CREATE TABLE store(only_row INTEGER PRIMARY KEY CHECK (only_row = 0), set_id TEXT NOT NULL, part INTEGER NOT NULL,
    parts INTEGER NOT NULL, slots INTEGER NOT NULL, hash TEXT NOT NULL, flow TEXT NOT NULL,
    oldest_epoch INTEGER NOT NULL, seal INTEGER NOT NULL);
  CREATE TABLE runs(number INTEGER PRIMARY KEY, parent INTEGER NOT NULL, began_at INTEGER NOT NULL,
    last_done INTEGER NOT NULL, processes INTEGER NOT NULL, workers INTEGER NOT NULL, began INTEGER NOT NULL,
    seal INTEGER NOT NULL);
  CREATE TABLE epochs(epoch INTEGER PRIMARY KEY, run INTEGER NOT NULL, done INTEGER NOT NULL);
  CREATE TABLE steps(number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, codec TEXT NOT NULL);
  CREATE TABLE states(step INTEGER NOT NULL, slot_group INTEGER NOT NULL, epoch INTEGER NOT NULL,
    present INTEGER NOT NULL, full INTEGER NOT NULL, seal INTEGER NOT NULL, checksum INTEGER NOT NULL,
    bytes BLOB NOT NULL, PRIMARY KEY (step, slot_group, epoch));
  CREATE INDEX states_by_epoch ON states(epoch);
  CREATE TABLE positions(step INTEGER NOT NULL, partition TEXT NOT NULL, epoch INTEGER NOT NULL,
    seal INTEGER NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY (step, partition, epoch)) WITHOUT ROWID;
  CREATE INDEX positions_by_epoch ON positions(epoch);
)";
inline constexpr char const* hash_of_slots = "XXH3-64";

/// How many runs before its parent a file remembers, for whoever looks at its history.
inline constexpr std::uint64_t remembered_runs = 20;

[[noreturn, gnu::cold]] inline void refuse_damage(std::string const& path, std::string_view where) {
  refuse_store(path, concat({"it is damaged (", where, " has another checksum): put a copy in its place"}));
}

/// Throws where the file is none of a store, or of another leat's.
[[gnu::cold]] inline store_identity identity_in(sqlite_connection& in) {
  if (in.number_of("PRAGMA application_id") != store_application)
    refuse_store(in.path(), "this file is no recovery store of leat's");
  if (std::int64_t const schema = in.number_of("PRAGMA user_version"); schema > store_schema)
    refuse_store(in.path(), "a newer leat has written it: use that, or go on from a copy that is older");
  sqlite_statement asked(in, "SELECT set_id, part, parts, slots, hash FROM store");
  if (!asked.row()) refuse_store(in.path(), "it is damaged (it has no description): put a copy in its place");
  store_identity of{asked.text(0), static_cast<unsigned>(asked.integer(1)), static_cast<unsigned>(asked.integer(2))};
  if (asked.integer(3) != slot_count || asked.text(4) != hash_of_slots)
    refuse_store(in.path(),
                 "its keys are in other slots than this leat's: a program built with the leat of then reads it");
  return of;
}

class sqlite_store_file final : public store_file {
 public:
  sqlite_store_file(std::string const& path, std::chrono::milliseconds patience)
      : in_(path, sqlite_connection::use::take, patience) {
    in_.run("BEGIN EXCLUSIVE; COMMIT");  // and the lock is kept
    identity_ = identity_in(in_);
    sqlite_statement checks(in_, "PRAGMA integrity_check(1)");  // it has few rows, so this reads it once
    if (checks.row() && checks.text(0) != "ok") refuse_unsound(checks.text(0));
    checks.run();
    sqlite_statement asked(in_, "SELECT number, name FROM steps");
    while (asked.row()) steps_.emplace(asked.text(1), asked.integer(0));
    // Before anything is removed: what a row says of itself is looked at now, its bytes when they are read.
    each_group([](kept_group&&) {}, false);
    each_position([](kept_position&&) {});
  }

  std::string const& path() const override { return in_.path(); }
  store_identity const& identity() const override { return identity_; }

  std::string flow() override {
    sqlite_statement asked(in_, "SELECT flow, oldest_epoch, seal FROM store");
    if (!asked.row()) return {};
    std::string of = asked.text(0);
    if (row_seal().add(of).add(asked.number(1)).value() != asked.integer(2)) refuse_damage(path(), "its description");
    return of;
  }

  store_history history() override {
    flow();  // which looks at the seal
    store_history result;
    result.oldest_epoch = static_cast<std::uint64_t>(in_.number_of("SELECT oldest_epoch FROM store"));
    sqlite_statement asked(in_, "SELECT number, began_at, last_done, seal FROM runs ORDER BY number");
    while (asked.row()) {
      result.runs.push_back({asked.number(0), asked.number(1), asked.number(2)});
      if (seal_of(result.runs.back()) != asked.integer(3)) refuse_damage(path(), "a run");
    }
    return result;
  }

  std::map<std::string, std::string> steps() override {
    std::map<std::string, std::string> result;
    sqlite_statement asked(in_,
                           "SELECT name, codec FROM steps WHERE number IN (SELECT step FROM states) OR number IN "
                           "(SELECT step FROM positions)");
    while (asked.row()) result.emplace(asked.text(0), asked.text(1));
    return result;
  }

  std::vector<std::pair<std::uint64_t, std::int64_t>> times() override {
    std::vector<std::pair<std::uint64_t, std::int64_t>> result;
    sqlite_statement asked(in_, "SELECT epoch, done FROM epochs ORDER BY epoch");
    while (asked.row()) result.emplace_back(asked.number(0), asked.integer(1));
    return result;
  }

  void claim(store_claim const& by) override {
    in_.run("BEGIN IMMEDIATE");
    for (char const* const of : {"DELETE FROM states WHERE epoch > ?", "DELETE FROM positions WHERE epoch > ?",
                                 "DELETE FROM epochs WHERE epoch > ?"})
      sqlite_statement(in_, of).bind(1, by.from.epoch).run();
    for (std::string const& step : by.forgotten)
      for (char const* const of : {"DELETE FROM states WHERE step = (SELECT number FROM steps WHERE name = ?)",
                                   "DELETE FROM positions WHERE step = (SELECT number FROM steps WHERE name = ?)"})
        sqlite_statement(in_, of).bind(1, std::string_view(step)).run();
    std::uint64_t const oldest_run = by.from.parent - (std::min)(by.from.parent, remembered_runs);
    store_history const before = history();
    for (store_history::run run : before.runs) {
      if (run.number > by.from.parent || run.number < oldest_run) {
        sqlite_statement(in_, "DELETE FROM runs WHERE number = ?").bind(1, run.number).run();
      } else if (run.last_done > by.from.epoch) {
        run.last_done = by.from.epoch;
        set_last_done(run);
      }
    }
    store_history::run const own{by.from.run, by.from.epoch, 0};
    sqlite_statement(in_, "INSERT INTO runs VALUES(?, ?, ?, 0, ?, ?, ?, ?)")
        .bind(1, own.number)
        .bind(2, by.from.parent)
        .bind(3, own.began_at)
        .bind(4, by.processes)
        .bind(5, by.workers)
        .bind(6, by.time)
        .bind(7, seal_of(own))
        .run();
    own_run_ = own;
    flow_ = by.flow;
    oldest_epoch_ = before.oldest_epoch;
    describe();
    in_.run("COMMIT");
  }

  void each_position(std::function<void(kept_position&&)> const& take) override {
    sqlite_statement asked(in_,
                           "SELECT name, partition, epoch, seal, bytes FROM positions JOIN steps ON step = number "
                           "ORDER BY step, partition, epoch");
    while (asked.row()) {
      kept_position found{asked.text(0), asked.text(1), asked.number(2), asked.blob(4)};
      if (seal_of(found) != asked.integer(3))
        refuse_damage(path(), concat({"a position of step \"", found.step, "\""}));
      take(std::move(found));
    }
  }

  void each_group(std::function<void(kept_group&&)> const& take, bool with_bytes) override {
    sqlite_statement asked(in_, with_bytes
                                    ? "SELECT name, slot_group, epoch, present, full, seal, checksum, bytes FROM "
                                      "states JOIN steps ON step = number ORDER BY step, slot_group, epoch"
                                    : "SELECT name, slot_group, epoch, present, full, seal, checksum, '' FROM "
                                      "states JOIN steps ON step = number ORDER BY step, slot_group, epoch");
    hand_over(asked, take, with_bytes);
  }

  void each_group_of(std::string const& step, unsigned first, unsigned behind_last,
                     std::function<void(kept_group&&)> const& take) override {
    sqlite_statement asked(
        in_,
        "SELECT name, slot_group, epoch, present, full, seal, checksum, bytes FROM states JOIN steps ON "
        "step = number WHERE name = ? AND slot_group >= ? AND slot_group < ? "
        "ORDER BY slot_group, epoch");
    asked.bind(1, std::string_view(step)).bind(2, first).bind(3, behind_last);
    hand_over(asked, take, true);
  }

  void commit(store_commit const& what) override {
    in_.run("BEGIN IMMEDIATE");
    keep(what);
    remove(what);
    for (auto const& [step, codec] : what.codecs)
      if (std::string& known = codecs_[step]; known != codec && steps_.contains(step)) {
        sqlite_statement(in_, "UPDATE steps SET codec = ? WHERE number = ?")
            .bind(1, std::string_view(codec))
            .bind(2, steps_.at(step))
            .run();
        known = codec;
      }
    sqlite_statement(in_, "INSERT INTO epochs VALUES(?, ?, ?)")
        .bind(1, what.epoch)
        .bind(2, what.run)
        .bind(3, what.time)
        .run();
    sqlite_statement(in_, "DELETE FROM epochs WHERE epoch < ?").bind(1, what.oldest_epoch).run();
    own_run_.last_done = what.epoch;
    set_last_done(own_run_);
    if (what.oldest_epoch > oldest_epoch_) {
      oldest_epoch_ = what.oldest_epoch;
      describe();
    }
    in_.run("COMMIT");
  }

 private:
  /// What cannot be read is not damaged for that.
  [[noreturn, gnu::cold]] void refuse_unsound(std::string const& found) {
    if (found.find("unable to get the page") != std::string::npos)
      refuse_store(path(), concat({"it cannot be read (", found, ")"}));
    refuse_store(path(), concat({"it is damaged (", found, "): put a copy in its place"}));
  }

  void keep(store_commit const& what) {
    sqlite_statement group(in_, "INSERT INTO states VALUES(?, ?, ?, ?, ?, ?, ?, ?)");
    for (kept_group const& each : what.groups) {
      std::uint32_t const checksum = crc32c(each.bytes);
      group.bind(1, number_of(each.step))
          .bind(2, each.group)
          .bind(3, each.epoch)
          .bind(4, unsigned{each.present})
          .bind(5, unsigned{each.full})
          .bind(6, seal_of(each, checksum))
          .bind(7, checksum)
          .bind(8, std::span<std::byte const>(each.bytes))
          .run();
    }
    sqlite_statement position(in_, "INSERT INTO positions VALUES(?, ?, ?, ?, ?)");
    for (kept_position const& each : what.positions)
      position.bind(1, number_of(each.step))
          .bind(2, std::string_view(each.partition))
          .bind(3, each.epoch)
          .bind(4, seal_of(each))
          .bind(5, std::span<std::byte const>(each.bytes))
          .run();
  }

  void remove(store_commit const& what) {
    sqlite_statement group(in_, "DELETE FROM states WHERE step = ? AND slot_group = ? AND epoch = ?");
    for (kept_group const& each : what.old_groups)
      group.bind(1, number_of(each.step)).bind(2, each.group).bind(3, each.epoch).run();
    sqlite_statement position(in_, "DELETE FROM positions WHERE step = ? AND partition = ? AND epoch = ?");
    for (kept_position const& each : what.old_positions)
      position.bind(1, number_of(each.step)).bind(2, std::string_view(each.partition)).bind(3, each.epoch).run();
  }

  std::int64_t number_of(std::string const& step) {
    auto const [at, added] = steps_.emplace(step, 0);
    if (added) {
      at->second = static_cast<std::int64_t>(steps_.size());
      sqlite_statement(in_, "INSERT INTO steps VALUES(?, ?, '')")
          .bind(1, at->second)
          .bind(2, std::string_view(step))
          .run();
    }
    return at->second;
  }

  void hand_over(sqlite_statement& asked, std::function<void(kept_group&&)> const& take, bool with_bytes) {
    while (asked.row()) {
      kept_group found;
      found.step = asked.text(0);
      found.group = static_cast<std::uint32_t>(asked.number(1));
      found.epoch = asked.number(2);
      found.present = static_cast<std::uint16_t>(asked.number(3));
      found.full = static_cast<std::uint16_t>(asked.number(4));
      auto const checksum = static_cast<std::uint32_t>(asked.number(6));
      bool sound = seal_of(found, checksum) == asked.integer(5);
      if (with_bytes) {
        found.bytes = asked.blob(7);
        sound = sound && crc32c(found.bytes) == checksum;
      }
      if (!sound) refuse_damage(path(), concat({"the state of step \"", found.step, "\""}));
      take(std::move(found));
    }
  }

  void set_last_done(store_history::run const& of) {
    sqlite_statement(in_, "UPDATE runs SET last_done = ?, seal = ? WHERE number = ?")
        .bind(1, of.last_done)
        .bind(2, seal_of(of))
        .bind(3, of.number)
        .run();
  }

  void describe() {
    sqlite_statement(in_, "UPDATE store SET flow = ?, oldest_epoch = ?, seal = ?")
        .bind(1, std::string_view(flow_))
        .bind(2, oldest_epoch_)
        .bind(3, row_seal().add(flow_).add(oldest_epoch_).value())
        .run();
  }

  sqlite_connection in_;
  store_identity identity_;
  std::map<std::string, std::int64_t> steps_;
  store_history::run own_run_;  ///< which has claimed it
  std::string flow_;
  std::uint64_t oldest_epoch_ = 0;
  std::map<std::string, std::string> codecs_;  ///< as they have been written in this run
};

LEAT_INLINE std::vector<std::string> sqlite_stores::paths_in(std::string const& directory) {
  std::vector<std::string> names;
  if (int const error = files_.list(directory, names); error != 0)
    refuse_store(directory,
                 error == ENOENT
                     ? std::string("there is no such directory: --recovery-init=1 makes a store in it; where "
                                   "there was one, see that its volume is mounted")
                     : std::generic_category().message(error));
  std::vector<std::string> paths;
  for (std::string const& name : names)
    if (name.starts_with("part-") && name.ends_with(".sqlite3")) paths.push_back(concat({directory, "/", name}));
  std::sort(paths.begin(), paths.end());
  return paths;
}

LEAT_INLINE std::vector<store_kind::found> sqlite_stores::find(std::string const& directory) {
  std::vector<found> result;
  for (std::string const& path : paths_in(directory)) {
    sqlite_connection in(path, sqlite_connection::use::look, patience_);
    result.push_back({path, identity_in(in)});
  }
  return result;
}

LEAT_INLINE std::unique_ptr<store_file> sqlite_stores::open(found const& file) {
  return std::make_unique<sqlite_store_file>(file.path, patience_);
}

LEAT_INLINE bool sqlite_stores::is_taken(found const& file) {
  sqlite_connection in(file.path, sqlite_connection::use::look, std::chrono::milliseconds(0));
  int const result = sqlite3_exec(in.handle(), "SELECT count(*) FROM store", nullptr, nullptr, nullptr);
  if (result != SQLITE_OK && (result & 0xff) != SQLITE_BUSY) in.fail();
  return result != SQLITE_OK;
}

LEAT_INLINE void sqlite_stores::make(std::string const& directory, unsigned count, std::string const& set) {
  if (int const error = files_.make_directory(directory); error != 0 && error != EEXIST)
    refuse_store(directory, concat({"the directory cannot be made: ", std::generic_category().message(error)}));
  if (std::vector<std::string> const there = paths_in(directory); !there.empty())
    refuse_store(there.front(),
                 "there is a store in this directory already; to begin anew, remove it or choose another");
  for (unsigned i = 0; i != count; ++i) {
    sqlite_connection in(concat({directory, "/part-", std::to_string(i), ".sqlite3"}), sqlite_connection::use::make,
                         patience_);
    in.run("BEGIN EXCLUSIVE");
    in.run(tables_of_store);
    sqlite_statement(in, "INSERT INTO store VALUES(0, ?, ?, ?, ?, ?, '', 0, ?)")
        .bind(1, std::string_view(set))
        .bind(2, i)
        .bind(3, count)
        .bind(4, slot_count)
        .bind(5, std::string_view(hash_of_slots))
        .bind(6, row_seal().add(std::string_view()).add(std::uint64_t{0}).value())
        .run();
    in.run(concat({"PRAGMA application_id = ", std::to_string(store_application)}).c_str());
    in.run(concat({"PRAGMA user_version = ", std::to_string(store_schema)}).c_str());
    in.run("COMMIT");
  }
  std::string name = directory;
  while (name.size() > 1 && name.ends_with('/')) name.pop_back();
  if (int const error = files_.sync_name(name); error != 0)
    refuse_store(directory, concat({"its name cannot be written: ", std::generic_category().message(error)}));
}

}  // namespace leat::detail
