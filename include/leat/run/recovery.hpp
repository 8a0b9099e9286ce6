// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/needs.hpp>  // IWYU pragma: keep
#ifndef LEAT_REFUSED

#include <leat/run/recovery_support.hpp>

#include <chrono>
#include <memory>
#include <string>

/// A program that includes this header can go on from where a run before was stopped or killed, with exactly the
/// results of one that was not (`options::recovery`, `-r`). What is kept is in a store: SQLite databases in a
/// directory.
namespace leat {

/// Makes an empty store of so many files in a directory, which is made where it is not there. As many files as
/// processes are a good number: each file is written by one of them. Throws std::runtime_error where there is a store
/// already, or the files cannot be made.
void make_recovery_store(std::string const& directory, unsigned files = 1);

namespace detail {

std::unique_ptr<recovered_run> open_stores(execution& run);
/// How long a file is waited for. A process that has lost the others holds its files until it knows that, and some
/// seconds more until it has ended.
std::chrono::milliseconds patience_with_locks(std::chrono::nanoseconds dead_after);
std::string make_stores(std::string const& directory, unsigned files);
std::string make_own_store(std::string const& directory, unsigned files, std::string const& set, unsigned process);
std::string status_of_stores(std::string const& directory);

/// Hidden, as in tcp.hpp and tls.hpp: where several shared objects have functions of leat's of their own, each
/// registers with those.
[[gnu::visibility("hidden")]] inline bool support_stores() {
  support_of_recovery().open = &open_stores;
  support_of_recovery().make = &make_stores;
  support_of_recovery().make_own = &make_own_store;
  support_of_recovery().status = &status_of_stores;
  return true;
}
[[gnu::visibility("hidden")]] inline bool const stores_are_supported = support_stores();

}  // namespace detail
}  // namespace leat

#ifndef LEAT_COMPILED
#include <leat/run/recovery.ipp>
#endif
#endif
