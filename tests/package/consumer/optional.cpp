// SPDX-License-Identifier: BSL-1.0
// What needs more than leat itself: TLS, and Boost.Serialization where it is there.
#include <leat/run/tls.hpp>
#if __has_include(<boost/serialization/access.hpp>)
#include <leat/route/codec/boost.hpp>
#endif

#include <leat/leat.hpp>

int main() {
  leat::tcp_network by_tcp;
  return leat::detail::support_of_clusters().encrypt != nullptr ? 0 : 1;
}
