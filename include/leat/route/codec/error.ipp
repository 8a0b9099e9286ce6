// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/concat.hpp>
#include <leat/route/codec/error.hpp>

#include <cstddef>
#include <string>

namespace leat::detail {

[[gnu::noinline]] LEAT_INLINE void refuse(std::string const& text) {
  throw codec_error(concat({"leat: cannot decode: ", text,
                            ". The bytes are damaged, or were written by another program or for another type"}));
}

[[gnu::noinline]] LEAT_INLINE void refuse_short(std::size_t wanted, std::size_t left) {
  refuse(concat({"the next value needs ", std::to_string(wanted), " bytes, ", std::to_string(left), " are left"}));
}

[[gnu::noinline]] LEAT_INLINE void refuse_count(std::size_t count, std::size_t left) {
  refuse(concat({"a count of ", std::to_string(count), " elements does not fit the ", std::to_string(left),
                 " bytes that are left"}));
}

[[gnu::noinline]] LEAT_INLINE void refuse_memory(std::size_t wanted, std::size_t allowed) {
  refuse(concat({"the next container needs ", std::to_string(wanted), " bytes of memory, ", std::to_string(allowed),
                 " are left of what bytes of this number may ask for"}));
}

[[gnu::noinline]] LEAT_INLINE void refuse_truth(unsigned value) {
  refuse(concat({"a bool is ", std::to_string(value), ", not 0 or 1"}));
}

[[gnu::noinline]] LEAT_INLINE void refuse_alternative(unsigned index, std::size_t alternatives) {
  refuse(concat({"alternative ", std::to_string(index), " of a variant that has ", std::to_string(alternatives)}));
}

[[gnu::noinline]] LEAT_INLINE void refuse_rest(std::size_t left) {
  refuse(concat({std::to_string(left), " bytes are left after the value"}));
}

[[gnu::noinline]] LEAT_INLINE void refuse_depth() {
  throw codec_error(
      concat({"leat: a value has more than ", std::to_string(deepest_nesting),
              " types with a serialize inside each other: such a value cannot be encoded or decoded. Keep "
              "deep trees as a list of nodes"}));
}

[[gnu::noinline]] LEAT_INLINE void refuse_size(std::size_t count) {
  throw codec_error(concat(
      {"leat: cannot encode a container of ", std::to_string(count), " elements: a count must fit 32 bits. Split it"}));
}

[[gnu::noinline]] LEAT_INLINE void refuse_valueless() {
  throw codec_error("leat: cannot encode a variant that lost its value to an exception");
}

}  // namespace leat::detail
