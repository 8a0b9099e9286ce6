// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/concat.hpp>
#include <leat/op/running/file_system.hpp>
#include <leat/recovery/lock_patience.hpp>
#include <leat/recovery/row_seal.hpp>
#include <leat/recovery/sqlite_connection.hpp>
#include <leat/recovery/sqlite_directory.hpp>
#include <leat/recovery/sqlite_identity.hpp>
#include <leat/recovery/sqlite_journal.hpp>
#include <leat/recovery/sqlite_schema.hpp>
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

/// How many runs before its parent a file remembers, for whoever looks at its history.
inline constexpr std::uint64_t remembered_runs = 20;

[[noreturn, gnu::cold]] inline void refuse_damage(std::string const& path, std::string_view where) {
  refuse_store(path, concat({"it is damaged (", where, " has another checksum): put a copy in its place"}));
}

class sqlite_store_file final : public store_file {
 public:
  sqlite_store_file(file_system& files, std::string const& path, lock_patience const& patience)
      : files_(files), in_(path, sqlite_connection::use::take, patience) {
    in_.run("BEGIN EXCLUSIVE; COMMIT");  // and the lock is kept
    identity_ = identity_in(in_);
    sqlite_statement checks(in_, "PRAGMA integrity_check(1)");  // it has few rows, so this reads it once
    std::string const found = checks.row() ? checks.text(0) : "ok";
    if (found != "ok")  // behind a line of its own that names the database
      refuse_store(path, concat({"it is damaged, or cannot be read (",
                                 std::string_view(found).substr(found.rfind('\n') + 1), "): put a copy in its place"}));
    checks.run();
    sqlite_statement asked(in_, "SELECT number, name FROM steps");
    while (asked.row()) steps_.emplace(asked.text(1), asked.integer(0));
    sqlite_statement codecs(in_, "SELECT number, text FROM codecs");
    while (codecs.row()) codecs_.emplace(codecs.text(1), codecs.integer(0));
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

  kept_steps steps() override {
    kept_steps result;
    sqlite_statement asked(in_,
                           "SELECT name, text FROM (SELECT step, codec FROM states UNION "
                           "SELECT step, codec FROM positions) AS kept JOIN steps ON kept.step = steps.number "
                           "LEFT JOIN codecs ON kept.codec = codecs.number ORDER BY name");
    while (asked.row()) result[asked.text(0)].push_back(asked.text(1));
    return result;
  }

  std::vector<std::pair<std::uint64_t, std::int64_t>> times() override {
    std::vector<std::pair<std::uint64_t, std::int64_t>> result;
    sqlite_statement asked(in_, "SELECT epoch, done FROM epochs ORDER BY epoch");
    while (asked.row()) result.emplace_back(asked.number(0), asked.integer(1));
    return result;
  }

  void claim(store_claim const& by) override {
    begin_change();
    sync_names(path(), files_);
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
                           "SELECT name, partition, epoch, text, bytes, place, seal FROM positions "
                           "LEFT JOIN steps ON step = steps.number LEFT JOIN codecs ON codec = codecs.number "
                           "ORDER BY step, partition, epoch");
    while (asked.row()) {
      kept_position found{asked.text(0), asked.text(1), asked.number(2), asked.text(3), asked.blob(4), asked.text(5)};
      if (seal_of(found) != asked.integer(6))
        refuse_damage(path(), concat({"a position of step \"", found.step, "\""}));
      take(std::move(found));
    }
  }

  void each_group(std::function<void(kept_group&&)> const& take, bool with_bytes) override {
    sqlite_statement asked(
        in_,
        concat({select_group, with_bytes ? ", bytes" : "", from_states, "ORDER BY step, slot_group, epoch"}).c_str());
    hand_over(asked, take, with_bytes);
  }

  void each_group_of(std::string const& step, unsigned first, unsigned behind_last,
                     std::function<void(kept_group&&)> const& take) override {
    sqlite_statement asked(in_, concat({select_group, ", bytes", from_states,
                                        "WHERE name = ? AND slot_group >= ? AND slot_group < ? "
                                        "ORDER BY slot_group, epoch"})
                                    .c_str());
    asked.bind(1, std::string_view(step)).bind(2, first).bind(3, behind_last);
    hand_over(asked, take, true);
  }

  void commit(store_commit const& what) override {
    begin_change();
    keep(what);
    remove(what);
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
  /// Without the names of steps and codecs, the damage shows in the seals of the rows.
  static constexpr char const* select_group = "SELECT name, slot_group, epoch, present, full, text, seal, checksum";
  static constexpr char const* from_states =
      " FROM states LEFT JOIN steps ON step = steps.number LEFT JOIN codecs ON codec = codecs.number ";

  /// The first page goes into the journal each time, which so tells of which file it is (`refuse_strange_journal`).
  void begin_change() {
    in_.run("BEGIN IMMEDIATE");
    in_.run(concat({"PRAGMA user_version = ", std::to_string(store_schema)}).c_str());
  }

  void keep(store_commit const& what) {
    sqlite_statement group(in_, "INSERT INTO states VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)");
    for (kept_group const& each : what.groups) {
      std::uint32_t const checksum = crc32c(each.bytes);
      group.bind(1, number_of(each.step))
          .bind(2, each.group)
          .bind(3, each.epoch)
          .bind(4, unsigned{each.present})
          .bind(5, unsigned{each.full})
          .bind(6, number_of_codec(each.codec))
          .bind(7, seal_of(each, checksum))
          .bind(8, checksum)
          .bind(9, std::span<std::byte const>(each.bytes))
          .run();
    }
    sqlite_statement position(in_, "INSERT INTO positions VALUES(?, ?, ?, ?, ?, ?, ?)");
    for (kept_position const& each : what.positions)
      position.bind(1, number_of(each.step))
          .bind(2, std::string_view(each.partition))
          .bind(3, each.epoch)
          .bind(4, number_of_codec(each.codec))
          .bind(5, seal_of(each))
          .bind(6, std::span<std::byte const>(each.bytes))
          .bind(7, std::string_view(each.place))
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
      sqlite_statement(in_, "INSERT INTO steps VALUES(?, ?)").bind(1, at->second).bind(2, std::string_view(step)).run();
    }
    return at->second;
  }

  std::int64_t number_of_codec(std::string const& text) {
    auto const [at, added] = codecs_.emplace(text, 0);
    if (added) {
      at->second = static_cast<std::int64_t>(codecs_.size());
      sqlite_statement(in_, "INSERT INTO codecs VALUES(?, ?)")
          .bind(1, at->second)
          .bind(2, std::string_view(text))
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
      found.codec = asked.text(5);
      auto const checksum = static_cast<std::uint32_t>(asked.number(7));
      bool sound = seal_of(found, checksum) == asked.integer(6);
      if (with_bytes) {
        found.bytes = asked.blob(8);
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

  file_system& files_;
  sqlite_connection in_;
  store_identity identity_;
  std::map<std::string, std::int64_t> steps_;
  store_history::run own_run_;  ///< which has claimed it
  std::string flow_;
  std::uint64_t oldest_epoch_ = 0;
  std::map<std::string, std::int64_t> codecs_;  ///< the numbers of what rows are made of
};

LEAT_INLINE bool sqlite_stores::make_directory(std::string const& directory) {
  int const error = files_.make_directory(directory);
  if (error != 0 && error != EEXIST)
    refuse_store(directory, concat({"the directory cannot be made: ", std::generic_category().message(error)}));
  return error == 0;
}

LEAT_INLINE void sqlite_stores::sync_name_of(std::string const& directory) {
  std::string name = directory;
  while (name.size() > 1 && name.ends_with('/')) name.pop_back();
  sync_names(name, files_);
}

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
    refuse_strange_journal(in, files_);
    result.push_back({path, identity_in(in)});
  }
  return result;
}

LEAT_INLINE std::unique_ptr<store_file> sqlite_stores::open(found const& file) {
  return std::make_unique<sqlite_store_file>(files_, file.path, patience_);
}

LEAT_INLINE bool sqlite_stores::is_taken(found const& file) {
  sqlite_connection in(file.path, sqlite_connection::use::look, {});
  int const result = sqlite3_exec(in.handle(), "SELECT count(*) FROM store", nullptr, nullptr, nullptr);
  if (result != SQLITE_OK && (result & 0xff) != SQLITE_BUSY) in.fail();
  return result != SQLITE_OK;
}

LEAT_INLINE void sqlite_stores::make(std::string const& directory, unsigned count, std::string const& set) {
  make_directory(directory);
  if (std::vector<std::string> const there = paths_in(directory); !there.empty())
    refuse_store(there.front(),
                 "there is a store in this directory already; to begin anew, remove it or choose another");
  for (unsigned i = 0; i != count; ++i) {
    sqlite_connection in(path_of_part(directory, i), sqlite_connection::use::make, patience_);
    in.run("BEGIN EXCLUSIVE");
    describe_store(in, {set, i, count});
    sync_names(in.path(), files_);
    in.run("COMMIT");
  }
  sync_name_of(directory);
}

LEAT_INLINE bool sqlite_stores::make_own(std::string const& directory, store_identity const& file) {
  bool made = make_directory(directory);
  std::string const path = path_of_part(directory, file.index);
  for (std::string const& there : paths_in(directory))
    if (there != path)
      refuse_store(there, concat({"here belongs part ", std::to_string(file.index), " of the store \"", file.set,
                                  "\": is it the volume of another process?"}));
  if (file.index >= file.count) {
    sync_name_of(directory);
    return made;
  }
  sqlite_connection in(path, sqlite_connection::use::make, patience_);
  in.run("BEGIN EXCLUSIVE");
  // Who was killed while he made it has left a file without anything.
  if (in.number_of("SELECT count(*) FROM sqlite_master") == 0) {
    describe_store(in, file);
    made = true;
  }
  sync_names(path, files_);
  in.run("COMMIT");
  store_identity const of = identity_in(in);
  if (of.set != file.set || of.index != file.index || of.count != file.count)
    refuse_store(path,
                 concat({"it is part ", std::to_string(of.index), " of ", std::to_string(of.count), " of the store \"",
                         of.set, "\", and not part ", std::to_string(file.index), " of ", std::to_string(file.count),
                         " of \"", file.set, "\": the name of a store and the number of its files stay"}));
  sync_name_of(directory);
  return made;
}

}  // namespace leat::detail
