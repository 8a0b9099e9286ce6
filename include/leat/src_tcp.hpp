// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/needs.hpp>
#if defined(LEAT_REFUSED)
#elif !defined(LEAT_COMPILED)
#error \
    "leat: leat/src_tcp.hpp has the bodies of the compiled form: compile this file, and all others of the program, with -DLEAT_COMPILED; a header-only program leaves this file out"
#else

#include <leat/run/net/tcp_connection.ipp>
#include <leat/run/tcp.ipp>
#endif
