// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/concat.hpp>

#include <cstddef>
#include <stdexcept>
#include <string>

namespace leat {

/// A value could not be encoded, or bytes could not be decoded: they are cut short, are of another type, or
/// ask for more memory than bytes of their number may. Thrown on the thread that encodes or decodes.
class codec_error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

namespace detail {

/// How deep user types may lie inside each other. A stack overflow cannot be caught, so it must not be
/// reached.
inline constexpr unsigned deepest_nesting = 64;

// The refusals are functions of their own, never inlined: the paths that decode stay short.
[[noreturn, gnu::cold, gnu::noinline]] inline void refuse(std::string const& what) {
  throw codec_error(concat({"leat: cannot decode: ", what,
                            ". The bytes are damaged, or were written by another program or for another type"}));
}

[[noreturn, gnu::cold, gnu::noinline]] inline void refuse_short(std::size_t wanted, std::size_t left) {
  refuse(concat({"the next value needs ", std::to_string(wanted), " bytes, ", std::to_string(left), " are left"}));
}

[[noreturn, gnu::cold, gnu::noinline]] inline void refuse_count(std::size_t count, std::size_t left) {
  refuse(concat({"a count of ", std::to_string(count), " elements does not fit the ", std::to_string(left),
                 " bytes that are left"}));
}

[[noreturn, gnu::cold, gnu::noinline]] inline void refuse_memory(std::size_t wanted, std::size_t allowed) {
  refuse(concat({"the next container needs ", std::to_string(wanted), " bytes of memory, ", std::to_string(allowed),
                 " are left of what bytes of this number may ask for"}));
}

[[noreturn, gnu::cold, gnu::noinline]] inline void refuse_truth(unsigned value) {
  refuse(concat({"a bool is ", std::to_string(value), ", not 0 or 1"}));
}

[[noreturn, gnu::cold, gnu::noinline]] inline void refuse_alternative(unsigned index, std::size_t alternatives) {
  refuse(concat({"alternative ", std::to_string(index), " of a variant that has ", std::to_string(alternatives)}));
}

[[noreturn, gnu::cold, gnu::noinline]] inline void refuse_rest(std::size_t left) {
  refuse(concat({std::to_string(left), " bytes are left after the value"}));
}

[[noreturn, gnu::cold, gnu::noinline]] inline void refuse_depth() {
  throw codec_error(concat({"leat: a value has more than ", std::to_string(deepest_nesting),
                            " types with a serialize inside each other: such a value cannot be encoded or decoded. Keep "
                            "deep trees as a list of nodes"}));
}

[[noreturn, gnu::cold, gnu::noinline]] inline void refuse_size(std::size_t count) {
  throw codec_error(concat({"leat: cannot encode a container of ", std::to_string(count),
                            " elements: a count must fit 32 bits. Split it"}));
}

[[noreturn, gnu::cold, gnu::noinline]] inline void refuse_valueless() {
  throw codec_error("leat: cannot encode a variant that lost its value to an exception");
}

}  // namespace detail
}  // namespace leat
