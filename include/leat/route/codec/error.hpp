// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>

namespace leat {

/// Thrown when a value cannot be encoded, or bytes cannot be decoded: they are cut short, are of another type, or ask
/// for more memory than bytes of their number may. On the thread that encodes or decodes.
class codec_error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

namespace detail {

/// How deep user types may lie inside each other. A stack overflow cannot be caught, so it is prevented.
inline constexpr unsigned deepest_nesting = 64;

// The refusals are functions of their own, never inlined: the paths that decode stay short.
[[noreturn, gnu::cold]] void refuse(std::string const& text);

[[noreturn, gnu::cold]] void refuse_short(std::size_t wanted, std::size_t left);

[[noreturn, gnu::cold]] void refuse_count(std::size_t count, std::size_t left);

[[noreturn, gnu::cold]] void refuse_memory(std::size_t wanted, std::size_t allowed);

[[noreturn, gnu::cold]] void refuse_truth(unsigned value);

[[noreturn, gnu::cold]] void refuse_alternative(unsigned index, std::size_t alternatives);

[[noreturn, gnu::cold]] void refuse_rest(std::size_t left);

[[noreturn, gnu::cold]] void refuse_depth();

[[noreturn, gnu::cold]] void refuse_size(std::size_t count);

[[noreturn, gnu::cold]] void refuse_valueless();

}  // namespace detail
}  // namespace leat

#ifndef LEAT_COMPILED
#include <leat/route/codec/error.ipp>
#endif
