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

LEAT_COLD hello::bytes hello::write() const {
  bytes to{};
  std::memcpy(to.data(), magic.data(), magic.size());
  std::byte* at = to.data() + magic.size();
  each_field(*this, [&](auto field) { at = put_little_endian(field, at); });
  return to;
}

LEAT_COLD void hello::read(bytes const& from) {
  std::byte const* at = from.data() + magic.size();
  each_field(*this, [&](auto& field) { at = get_little_endian(field, at); });
}

LEAT_COLD bool hello::read_start(std::span<std::byte const, start_size> from) {
  if (std::memcmp(from.data(), magic.data(), magic.size()) != 0) return false;
  get_little_endian(protocol, from.data() + magic.size());
  return true;
}

LEAT_COLD std::string difference(hello const& own, hello const& theirs) {
  auto const differs = [](char const* name, std::uint64_t here, std::uint64_t there) {
    return std::string(name) + " differs: here " + std::to_string(here) + ", there " + std::to_string(there);
  };
  if (own.protocol != theirs.protocol) return differs("the version of the protocol", own.protocol, theirs.protocol);
  if (own.byte_order != theirs.byte_order)
    return differs("the byte order (1: little endian, 2: big endian)", own.byte_order, theirs.byte_order);
  if (own.slots_in_all != theirs.slots_in_all)
    return differs("the number of slots", own.slots_in_all, theirs.slots_in_all);
  if (own.processes != theirs.processes) return differs("the number of processes", own.processes, theirs.processes);
  if (own.workers != theirs.workers) return differs("the number of workers per process", own.workers, theirs.workers);
  if (own.credit != theirs.credit)
    return differs("the credit of a channel in bytes (--channel-bytes)", own.credit, theirs.credit);
  if (theirs.process >= theirs.processes)
    return "there the number of the process is " + std::to_string(theirs.process) + " of " +
           std::to_string(theirs.processes);
  if (own.process == theirs.process)
    return "both are process " + std::to_string(own.process) + ": each process has a number of its own";
  return {};
}

}  // namespace leat::detail
