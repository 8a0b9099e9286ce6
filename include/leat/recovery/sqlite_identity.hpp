// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/concat.hpp>
#include <leat/op/running/slot_ownership.hpp>
#include <leat/recovery/row_seal.hpp>
#include <leat/recovery/sqlite_connection.hpp>
#include <leat/recovery/sqlite_schema.hpp>
#include <leat/recovery/store_file.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace leat::detail {

/// Throws where the file is none of a store, or of another leat's.
[[gnu::cold]] inline store_identity identity_in(sqlite_connection& in) {
  if (in.number_of("PRAGMA application_id") != store_application)
    refuse_store(in.path(), "this file is no recovery store of leat's");
  std::int64_t const schema = in.number_of("PRAGMA user_version");
  if (schema > store_schema)
    refuse_store(in.path(), "a newer leat has written it: use that, or go on from a copy that is older");
  if (schema < store_schema)
    refuse_store(in.path(), "an earlier leat has written it, before the first release: make a new store elsewhere");
  sqlite_statement asked(in, "SELECT set_id, part, parts, slots, hash FROM store");
  if (!asked.row()) refuse_store(in.path(), "it is damaged (it has no description): put a copy in its place");
  store_identity of{asked.text(0), static_cast<unsigned>(asked.integer(1)), static_cast<unsigned>(asked.integer(2))};
  if (asked.integer(3) != slot_count || asked.text(4) != hash_of_slots)
    refuse_store(in.path(),
                 "its keys are in other slots than this leat's: a program built with the leat of then reads it");
  return of;
}

/// Makes an empty file of this store of a database without tables, within a transaction.
[[gnu::cold]] inline void describe_store(sqlite_connection& in, store_identity const& file) {
  in.run(tables_of_store);
  sqlite_statement(in, "INSERT INTO store VALUES(0, ?, ?, ?, ?, ?, '', 0, ?)")
      .bind(1, std::string_view(file.set))
      .bind(2, file.index)
      .bind(3, file.count)
      .bind(4, slot_count)
      .bind(5, std::string_view(hash_of_slots))
      .bind(6, row_seal().add(std::string_view()).add(std::uint64_t{0}).value())
      .run();
  in.run(concat({"PRAGMA application_id = ", std::to_string(store_application)}).c_str());
  in.run(concat({"PRAGMA user_version = ", std::to_string(store_schema)}).c_str());
}

}  // namespace leat::detail
