// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/run/name_lookup.ipp>
#include <leat/run/tcp.ipp>
#include <leat/run/tcp_connection.ipp>
