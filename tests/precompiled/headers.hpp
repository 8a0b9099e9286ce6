// SPDX-License-Identifier: BSL-1.0
#pragma once

// What most tests include, compiled once for each program of tests when a sanitizer is built in. Every test includes
// what it needs all the same: the build without a sanitizer has no precompiled header and finds out.
#include <doctest/doctest.h>

#include <leat/leat.hpp>

#include "fixture/shapes.hpp"
