// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/needs.hpp>
#ifndef LEAT_REFUSED

/// For the tests of a flow: run it with given inputs, compare what comes out, choose the cluster, drive time by hand.
/// A program includes it beside <leat/leat.hpp>.
// IWYU pragma: begin_exports
#include <leat/testing/cluster.hpp>
#include <leat/testing/compare.hpp>
#include <leat/testing/options.hpp>
#include <leat/testing/result.hpp>
#include <leat/testing/run.hpp>
// IWYU pragma: end_exports
#endif
