// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/run/tls.ipp>
#include <leat/run/tls_connection.ipp>
