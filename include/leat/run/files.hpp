// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/op/running/file_system.hpp>

namespace leat::detail {

/// The files of this machine, by POSIX. Any thread.
file_system& machine_files();

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/run/files.ipp>
#endif
