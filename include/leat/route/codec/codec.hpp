// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/concat.hpp>
#include <leat/route/codec/byte_buffer.hpp>
#include <leat/route/codec/error.hpp>
#include <leat/route/codec/flat.hpp>
#include <leat/route/codec/has_codec.hpp>
#include <leat/route/codec/input_archive.hpp>
#include <leat/route/codec/output_archive.hpp>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <limits>
#include <span>
#include <string>
#include <type_traits>
#include <utility>

/// Values as bytes, for what leaves the process. All functions may be called on any thread; both ends must be
/// the same program.
namespace leat {
namespace detail {

template <class T>
constexpr bool must_have_codec() {
  constexpr bool type_has_a_codec = has_codec<T>;
  static_assert(type_has_a_codec,
                "leat: this type has no codec: give it template <class A> void serialize(A&, unsigned), or use types "
                "that have one");
  return type_has_a_codec;
}

/// Passes decoded records on: to a buffer that is written in place, to anything with `push`, or to a function.
template <class T, class Emit>
void hand_over(Emit& emit_record, T&& record) {
  if constexpr (requires { emit_record.push(std::move(record)); })
    emit_record.push(std::move(record));
  else
    emit_record(std::move(record));
}

template <class T, class Emit>
std::size_t decode_flat(std::span<std::byte const> bytes, Emit& emit_record) {
  if (bytes.size() % sizeof(T) != 0)
    refuse(concat({std::to_string(bytes.size()), " bytes are not whole records of ", std::to_string(sizeof(T))}));
  std::size_t const count = bytes.size() / sizeof(T);
  if (count == 0) return 0;
  if constexpr (requires(T* at) { emit_record.make_room(count), emit_record.set_end(at), at = emit_record.end(); }) {
    emit_record.make_room(count);
    T* const to = emit_record.end();
    std::memcpy(static_cast<void*>(to), bytes.data(), bytes.size());
    emit_record.set_end(to + count);
  } else {
    // Flat types begin to live when their bytes are copied, so none needs a default constructor.
    union cell {
      cell() {}
      T record;
    };
    for (std::size_t i = 0; i != count; ++i) {
      cell copy;
      std::memcpy(static_cast<void*>(&copy.record), bytes.data() + i * sizeof(T), sizeof(T));
      hand_over<T>(emit_record, std::move(copy.record));
    }
  }
  return count;
}

}  // namespace detail

/// Appends the value's bytes. Throws codec_error for a value that could not be read back, and passes on what
/// the type's own `serialize` throws; the buffer is then as it was.
template <class T>
void encode(T const& value, byte_buffer& to) {
  if constexpr (detail::must_have_codec<T>()) {
    std::size_t const before = to.size();
    try {
      output_archive archive(to);
      archive & value;
    } catch (...) {
      to.set_end(to.data() + before);
      throw;
    }
  }
}

namespace detail {

/// Of bytes that an earlier program may have written; null: this one has.
template <class T>
T decode_kept(std::span<std::byte const> from, codec_versions const* versions) {
  if constexpr (must_have_codec<T>() && must_have_default_constructor<T>()) {
    T value{};
    input_archive archive(from, versions);
    archive & value;
    if (archive.left() != 0) refuse_rest(archive.left());
    return value;
  }
}

}  // namespace detail

/// Reads one value. Throws codec_error when the bytes are not exactly one such value.
template <class T>
T decode(std::span<std::byte const> from) {
  return detail::decode_kept<T>(from, nullptr);
}

/// Appends the bytes of `count` records: one copy where they are `flat`, else one after the other. There is
/// no count among them: the batch must be given back whole, and alone. On an exception the buffer is as it
/// was.
template <class T>
void encode_batch(T const* records, std::size_t count, byte_buffer& to) {
  if constexpr (detail::must_have_codec<T>()) {
    if constexpr (flat<T>) {
      to.append(static_cast<void const*>(records), count * sizeof(T));
    } else {
      std::size_t const before = to.size();
      try {
        output_archive archive(to);
        for (std::size_t i = 0; i != count; ++i) archive.put_element(records[i]);
      } catch (...) {
        to.set_end(to.data() + before);
        throw;
      }
    }
  }
}

namespace detail {

/// `encode_batch` of one record, and of more until `to` has `enough` bytes, or would have more than `most`, where each
/// record asks for `beside` more. Returns how many those are; if it is none, the bytes of the first are there all the
/// same.
template <class T>
std::size_t encode_some(T const* records, std::size_t count, std::size_t beside, std::size_t enough, std::size_t most,
                        byte_buffer& to) {
  if constexpr (flat<T>) {
    std::size_t const size = sizeof(T) + beside;
    std::size_t const room = most - (std::min)(most, to.size());
    std::size_t const wanted = enough - (std::min)(enough, to.size());
    std::size_t const until_enough = (std::max<std::size_t>)((wanted + size - 1) / size, 1);
    std::size_t const fits = (std::min)((std::min)(count, until_enough), room / size);
    to.append(static_cast<void const*>(records), (std::max<std::size_t>)(fits, 1) * sizeof(T));
    return fits;
  } else {
    std::size_t const before = to.size();
    std::size_t end = before;
    std::size_t fits = 0;
    try {
      output_archive archive(to);
      do {
        archive.put_element(records[fits]);
        if (archive.size() + (fits + 1) * beside > most) break;
        end = archive.size();
        ++fits;
      } while (fits != count && end + fits * beside < enough);
    } catch (...) {
      to.set_end(to.data() + before);
      throw;
    }
    if (fits != 0) to.set_end(to.data() + end);
    return fits;
  }
}

}  // namespace detail

namespace detail {

/// Decodes at most `most` records, whatever bytes are left then.
template <class T, class Emit>
std::size_t decode_each(input_archive& archive, std::size_t most, Emit& emit_record) {
  std::size_t count = 0;
  for (; count != most && archive.left() != 0; ++count) {
    T record{};
    archive.get_element(record);
    hand_over<T>(emit_record, std::move(record));
  }
  return count;
}

}  // namespace detail

/// Reads a batch back and hands each record on as an rvalue, to `emit(record)` or to `emit.push(record)`;
/// says how many they were. A leat::detail::buffer of records gets flat ones by one copy. Throws codec_error
/// where the bytes are not a batch of such records; those before that place have then been handed on.
template <class T, class Emit>
std::size_t decode_batch(std::span<std::byte const> from, Emit&& emit_record) {
  if constexpr (!detail::must_have_codec<T>()) {
  } else if constexpr (flat<T>) {
    return detail::decode_flat<T>(from, emit_record);
  } else if constexpr (detail::must_have_default_constructor<T>()) {
    input_archive archive(from);
    return detail::decode_each<T>(archive, (std::numeric_limits<std::size_t>::max)(), emit_record);
  }
  return 0;
}

namespace detail {

/// `decode_batch` of what this process has encoded itself, which may be as large in memory as it was.
template <class T, class Emit>
std::size_t decode_own_batch(std::span<std::byte const> from, Emit&& emit_record) {
  if constexpr (flat<T>) {
    return decode_batch<T>(from, emit_record);
  } else {
    input_archive archive(from, (std::numeric_limits<std::size_t>::max)());
    return decode_each<T>(archive, (std::numeric_limits<std::size_t>::max)(), emit_record);
  }
}

/// `decode_batch` where the number of records is known. Throws codec_error where the bytes are another number of them.
template <class T, class Emit>
void decode_counted(std::span<std::byte const> from, std::size_t count, Emit&& emit_record) {
  std::size_t decoded = 0;
  std::size_t left = 0;
  if constexpr (flat<T>) {
    decoded = decode_batch<T>(from.first((std::min)(from.size(), count * sizeof(T))), emit_record);
    left = from.size() - decoded * sizeof(T);
  } else {
    input_archive archive(from);
    decoded = decode_each<T>(archive, count, emit_record);
    left = archive.left();
  }
  if (decoded != count)
    refuse(concat({std::to_string(decoded), " records came where ", std::to_string(count), " were announced"}));
  if (left != 0) refuse_rest(left);
}

}  // namespace detail

}  // namespace leat
