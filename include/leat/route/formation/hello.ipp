// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/route/codec/little_endian.hpp>
#include <leat/route/formation/hello.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>

namespace leat::detail {

LEAT_INLINE hello::bytes hello::write() const {
  bytes to{};
  std::memcpy(to.data(), magic.data(), magic.size());
  std::byte* at = to.data() + magic.size();
  each_field(*this, [&](auto field) { at = put_little_endian(field, at); });
  return to;
}

LEAT_INLINE void hello::read(bytes const& from) {
  std::byte const* at = from.data() + magic.size();
  each_field(*this, [&](auto& field) { at = get_little_endian(field, at); });
}

LEAT_INLINE bool hello::read_start(std::span<std::byte const, start_size> from) {
  if (std::memcmp(from.data(), magic.data(), magic.size()) != 0) return false;
  get_little_endian(protocol, from.data() + magic.size());
  return true;
}

LEAT_INLINE std::string difference(hello const& mine, hello const& theirs) {
  auto const differs = [](char const* what, std::uint64_t here, std::uint64_t there) {
    return std::string(what) + " differs: here " + std::to_string(here) + ", there " + std::to_string(there);
  };
  if (mine.protocol != theirs.protocol) return differs("the version of the protocol", mine.protocol, theirs.protocol);
  if (mine.byte_order != theirs.byte_order)
    return differs("the byte order (1: little endian, 2: big endian)", mine.byte_order, theirs.byte_order);
  if (mine.slots_in_all != theirs.slots_in_all)
    return differs("the number of slots", mine.slots_in_all, theirs.slots_in_all);
  if (mine.processes != theirs.processes) return differs("the number of processes", mine.processes, theirs.processes);
  if (mine.workers != theirs.workers) return differs("the number of workers per process", mine.workers, theirs.workers);
  if (mine.credit != theirs.credit)
    return differs("the credit of a channel in bytes (--channel-bytes)", mine.credit, theirs.credit);
  if (theirs.process >= theirs.processes)
    return "there the number of the process is " + std::to_string(theirs.process) + " of " +
           std::to_string(theirs.processes);
  if (mine.process == theirs.process)
    return "both are process " + std::to_string(mine.process) + ": each process has a number of its own";
  return {};
}

}  // namespace leat::detail
