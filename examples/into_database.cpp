// SPDX-License-Identifier: BSL-1.0
// Numbers the occurrences of each line of a file, and writes them into an SQLite database, each once, whatever was
// killed: `into_database -r STORE IN DATABASE`. Two sinks do so, each in its own way, into the tables "kept" and
// "staged"; both are exactly once.
#include <sqlite3.h>
#include <leat/leat.hpp>
#include <leat/run/recovery.hpp>
#include <leat/run/tcp.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

using counted = std::pair<std::string, std::int64_t>;

/// A connection. Each partition of a sink has its own.
class database {
 public:
  explicit database(std::string const& path) {
    sqlite3* opened = nullptr;
    int const error = sqlite3_open(path.c_str(), &opened);
    connection_.reset(opened);
    if (error != SQLITE_OK) fail();
    sqlite3_busy_timeout(opened, 60'000);
  }

  /// Runs one statement. Gives the number in its first column, if a row comes.
  template <class... Values>
  std::optional<std::int64_t> run(char const* sql, Values const&... values) {
    sqlite3_stmt* prepared = nullptr;
    if (sqlite3_prepare_v2(connection_.get(), sql, -1, &prepared, nullptr) != SQLITE_OK) fail();
    std::unique_ptr<sqlite3_stmt, decltype(&sqlite3_finalize)> const owner(prepared, &sqlite3_finalize);
    int at = 0;
    (bind(prepared, ++at, values), ...);
    int const outcome = sqlite3_step(prepared);
    if (outcome != SQLITE_ROW && outcome != SQLITE_DONE) fail();
    return outcome == SQLITE_ROW ? std::optional(sqlite3_column_int64(prepared, 0)) : std::nullopt;
  }

  /// All that `write` does happens, or nothing. A process that is killed meanwhile leaves the database as it was.
  template <class F>
  void transaction(F&& write) {
    run("BEGIN IMMEDIATE");
    write();  // where it throws the run ends, and with the connection the transaction
    run("COMMIT");
  }

 private:
  static void bind(sqlite3_stmt* to, int at, std::string const& text) {
    sqlite3_bind_text(to, at, text.data(), static_cast<int>(text.size()), SQLITE_TRANSIENT);
  }
  static void bind(sqlite3_stmt* to, int at, std::int64_t number) { sqlite3_bind_int64(to, at, number); }
  static void bind(sqlite3_stmt* to, int at, std::uint64_t number) { bind(to, at, static_cast<std::int64_t>(number)); }
  [[noreturn]] void fail() { throw std::runtime_error(sqlite3_errmsg(connection_.get())); }

  std::unique_ptr<sqlite3, decltype(&sqlite3_close)> connection_{nullptr, &sqlite3_close};
};

/// The records of an epoch travel in the sink's position, and so into the recovery store. When the epoch is decided
/// they go into the database in one transaction with their token; a restart that finds the token there leaves them out.
class kept_rows {
 public:
  struct prepared {
    leat::epoch_token token;
    std::vector<counted> rows;
    template <class Archive>
    void serialize(Archive& archive, unsigned) {
      archive & token & rows;
    }
  };
  using position = std::vector<prepared>;  // what may not be in the database yet

  class partition {
   public:
    partition(std::string const& path, std::string name, std::optional<position> const& resumed,
              leat::step_services const& services)
        : into_(path), name_(std::move(name)), services_(services), waiting_(resumed.value_or(position())) {
      into_.run("CREATE TABLE IF NOT EXISTS kept (word TEXT, number INTEGER)");
      into_.run(
          "CREATE TABLE IF NOT EXISTS tokens (step TEXT, partition TEXT, execution INTEGER, epoch INTEGER, "
          "PRIMARY KEY (step, partition))");
      committed(services_.first_epoch() - 1);  // what was decided before, and perhaps not written
    }
    void write_batch(std::span<counted> records) {
      rows_.insert(rows_.end(), std::make_move_iterator(records.begin()), std::make_move_iterator(records.end()));
    }
    void prepare(std::uint64_t epoch) {
      if (!rows_.empty()) waiting_.push_back({leat::epoch_token(services_, name_, epoch), std::exchange(rows_, {})});
    }
    position snapshot() const { return waiting_; }
    void committed(std::uint64_t epoch) {
      while (!waiting_.empty() && waiting_.front().token.epoch <= epoch) {
        into_.transaction([&] { write(waiting_.front()); });
        waiting_.erase(waiting_.begin());
      }
    }

   private:
    void write(prepared const& of) {  // the last token of a partition is enough: epochs come in their order
      if (into_.run("SELECT 1 FROM tokens WHERE step = ? AND partition = ? AND execution = ? AND epoch >= ?",
                    of.token.step, of.token.partition, of.token.execution, of.token.epoch))
        return;
      for (auto const& [word, number] : of.rows) into_.run("INSERT INTO kept VALUES (?, ?)", word, number);
      into_.run("INSERT OR REPLACE INTO tokens VALUES (?, ?, ?, ?)", of.token.step, of.token.partition,
                of.token.execution, of.token.epoch);
    }

    database into_;
    std::string name_;
    leat::step_services services_;
    position waiting_;
    std::vector<counted> rows_;  // of this epoch
  };

  explicit kept_rows(std::string path) : path_(std::move(path)) {}
  std::vector<std::string> list_parts() const { return {"a", "b"}; }
  partition build_part(std::string const& name, std::optional<position> const& resumed,
                       leat::step_services const& services) const {
    return {path_, name, resumed, services};
  }

 private:
  std::string path_;
};

/// The records of an epoch go into a table of the database that nobody reads, and from there to where they are seen
/// when the epoch is decided. Nothing travels in the position. This is also the way of a database that has prepared
/// transactions: the token is then the name of one.
class staged_rows {
 public:
  using position = leat::no_position;

  class partition {
   public:
    partition(std::string const& path, std::string name, leat::step_services const& services)
        : into_(path), name_(std::move(name)), services_(services) {
      into_.run("CREATE TABLE IF NOT EXISTS staged (word TEXT, number INTEGER)");
      into_.run(
          "CREATE TABLE IF NOT EXISTS hidden (word TEXT, number INTEGER, step TEXT, partition TEXT, epoch INTEGER)");
      committed(services_.first_epoch() - 1);
      into_.run("DELETE FROM hidden WHERE step = ? AND partition = ?", step(), name_);  // of a run that was killed
    }
    void write_batch(std::span<counted> records) {
      rows_.insert(rows_.end(), std::make_move_iterator(records.begin()), std::make_move_iterator(records.end()));
    }
    void prepare(std::uint64_t epoch) {
      into_.transaction([&] {
        for (auto const& [word, number] : rows_)
          into_.run("INSERT INTO hidden VALUES (?, ?, ?, ?, ?)", word, number, step(), name_, epoch);
      });
      rows_.clear();
    }
    void committed(std::uint64_t epoch) {
      into_.transaction([&] {
        into_.run(
            "INSERT INTO staged SELECT word, number FROM hidden WHERE step = ? AND partition = ? AND epoch <= ? "
            "ORDER BY rowid",
            step(), name_, epoch);
        into_.run("DELETE FROM hidden WHERE step = ? AND partition = ? AND epoch <= ?", step(), name_, epoch);
      });
    }

   private:
    std::string step() const { return std::string(services_.step()); }

    database into_;
    std::string name_;
    leat::step_services services_;
    std::vector<counted> rows_;
  };

  explicit staged_rows(std::string path) : path_(std::move(path)) {}
  std::vector<std::string> list_parts() const { return {"a", "b"}; }
  partition build_part(std::string const& name, std::optional<position> const&,
                       leat::step_services const& services) const {
    return {path_, name, services};
  }

 private:
  std::string path_;
};

leat::flow into_database(leat::command_line const& cli) {
  if (cli.rest().size() != 2) throw leat::usage_error("expected a file to read and a database to write into");
  leat::flow flow("into_database");
  leat::stream const numbered = flow.input("in", leat::from::lines(cli.rest().front())) |
                                leat::key_on("by word", [](std::string const& word) { return word; }) |
                                leat::stateful_map("count", [](std::optional<std::int64_t>& seen, std::string const&) {
                                  return seen.emplace(seen.value_or(0) + 1);
                                });
  numbered | leat::output("kept", kept_rows(cli.rest().back()));
  numbered | leat::output("staged", staged_rows(cli.rest().back()));
  return flow;
}

int main(int argc, char** argv) { return leat::main(leat::command_line(argc, argv, "IN DATABASE"), into_database); }
