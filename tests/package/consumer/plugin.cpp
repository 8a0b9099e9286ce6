// SPDX-License-Identifier: BSL-1.0
// A shared object whose flows can be run as a cluster.
#include <leat/run/tcp.hpp>

extern "C" bool PLUGIN() { return leat::detail::has_network({}); }
