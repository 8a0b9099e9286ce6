// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>

namespace leat::detail {

/// "leat", in the place that SQLite has for it, and what the tables below are called together.
inline constexpr std::int64_t store_application = 0x6c656174;
inline constexpr std::int64_t store_schema = 2;

inline constexpr char const* tables_of_store = R"(
  CREATE TABLE store(only_row INTEGER PRIMARY KEY CHECK (only_row = 0), set_id TEXT NOT NULL, part INTEGER NOT NULL,
    parts INTEGER NOT NULL, slots INTEGER NOT NULL, hash TEXT NOT NULL, flow TEXT NOT NULL,
    oldest_epoch INTEGER NOT NULL, seal INTEGER NOT NULL);
  CREATE TABLE runs(number INTEGER PRIMARY KEY, parent INTEGER NOT NULL, began_at INTEGER NOT NULL,
    last_done INTEGER NOT NULL, processes INTEGER NOT NULL, workers INTEGER NOT NULL, began INTEGER NOT NULL,
    seal INTEGER NOT NULL);
  CREATE TABLE epochs(epoch INTEGER PRIMARY KEY, run INTEGER NOT NULL, done INTEGER NOT NULL);
  CREATE TABLE steps(number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
  CREATE TABLE codecs(number INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);
  CREATE TABLE states(step INTEGER NOT NULL, slot_group INTEGER NOT NULL, epoch INTEGER NOT NULL,
    present INTEGER NOT NULL, full INTEGER NOT NULL, codec INTEGER NOT NULL, seal INTEGER NOT NULL,
    checksum INTEGER NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY (step, slot_group, epoch));
  CREATE INDEX states_by_epoch ON states(epoch);
  CREATE TABLE positions(step INTEGER NOT NULL, partition TEXT NOT NULL, epoch INTEGER NOT NULL,
    codec INTEGER NOT NULL, seal INTEGER NOT NULL, bytes BLOB NOT NULL, place TEXT NOT NULL,
    PRIMARY KEY (step, partition, epoch)) WITHOUT ROWID;
  CREATE INDEX positions_by_epoch ON positions(epoch);
)";
inline constexpr char const* hash_of_slots = "XXH3-64";

}  // namespace leat::detail
