// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstring>
#include <string>

namespace leat {

/// What stands in this file, without spaces and ends of lines behind it: for `options::secret`. Throws flow_error when
/// the file cannot be read, when others may read it, when what stands there is shorter than 16 bytes, and when it is
/// obviously weak: such as `aaaa...`, `12345678...`, something repeated. Others are all but its owner; where that is
/// root, and this process is not, all but its group.
[[gnu::cold]] std::string secret_from_file(std::string const& path);

}  // namespace leat

#ifndef LEAT_COMPILED
#include <leat/run/secret.ipp>
#endif
