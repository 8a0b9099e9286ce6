// SPDX-License-Identifier: BSL-1.0
#pragma once

namespace leat::from {

/// Ends an input: an item of `from::test`, or thrown by a function that `from::poll` calls.
struct end_of_input {};

}  // namespace leat::from
