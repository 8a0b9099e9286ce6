// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/route/exchange/slot.hpp>

#ifndef XXH_INLINE_ALL
#define XXH_INLINE_ALL
#endif
#if defined(__GNUC__) && !defined(__clang__)
// With -march=native g++ 12 warns of registers that its own <immintrin.h> leaves undefined on purpose.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#include <xxhash.h>
#pragma GCC diagnostic pop
#else
#include <xxhash.h>
#endif

#include <cstddef>
#include <cstdint>

namespace leat::detail {

LEAT_INLINE std::uint64_t hash_of_bytes(void const* bytes, std::size_t count) { return XXH3_64bits(bytes, count); }

}  // namespace leat::detail
