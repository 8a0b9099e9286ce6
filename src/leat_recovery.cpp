// SPDX-License-Identifier: BSL-1.0
#include <leat/src_recovery.hpp>
