// SPDX-License-Identifier: BSL-1.0
// What needs more than leat itself: TLS, and SQLite and Boost.Serialization where they are there.
#include <leat/run/tls.hpp>
#if __has_include(<sqlite3.h>)
#include <leat/run/recovery.hpp>
#endif
#if __has_include(<boost/serialization/access.hpp>)
#include <leat/route/codec/boost.hpp>
#endif

#include <leat/leat.hpp>

int main() {
  leat::tcp_network by_tcp;
#if __has_include(<sqlite3.h>)
  if (leat::detail::support_of_recovery().open == nullptr) return 1;
#endif
  return leat::detail::support_of_clusters().encrypt != nullptr ? 0 : 1;
}
