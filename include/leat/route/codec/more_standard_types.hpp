// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/route/codec/containers.hpp>
#include <leat/route/codec/error.hpp>
#include <leat/route/codec/has_codec.hpp>
#include <leat/route/codec/standard_types.hpp>

#include <algorithm>
#include <array>
#include <bitset>
#include <chrono>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <queue>
#include <stack>
#include <string>
#include <type_traits>
#include <utility>

/// The codec of types of the standard library that few programs send: std::complex, std::bitset,
/// std::filesystem::path, std::chrono::year_month_day, std::queue, std::stack, std::priority_queue. In a header of its
/// own, since theirs are large. It has to be included before such a type is used in a flow, in each source file alike.
namespace leat::detail {

template <class T>
struct standard<std::complex<T>> {
  using parts = parts_of<T, T>;
  static constexpr bool known = true;
  static constexpr bool whole = has_codec<T>;
  static constexpr std::size_t least = 2 * least_bytes<T>;
  static constexpr shape_name shape{'Z'};

  template <class Out>
  static void save(Out& to, std::complex<T> const& value) {
    to & value.real() & value.imag();
  }
  template <class In>
  static void load(In& from, std::complex<T>& value) {
    T real{};
    T imaginary{};
    from & real & imaginary;
    value = std::complex<T>(real, imaginary);
  }
};

/// Eight bits in a byte, the first is the lowest.
template <std::size_t N>
struct standard<std::bitset<N>> {
  using bytes = std::array<std::uint8_t, (N + 7) / 8>;
  using parts = parts_of<bytes>;
  static constexpr bool known = true;
  static constexpr bool whole = true;
  static constexpr std::size_t least = (N + 7) / 8;
  static constexpr shape_name shape{'B', N};

  template <class Out>
  static void save(Out& to, std::bitset<N> const& value) {
    bytes packed{};
    for (std::size_t i = 0; i != N; ++i)
      packed[i / 8] = static_cast<std::uint8_t>(packed[i / 8] | (value[i] ? 1u << (i % 8) : 0u));
    to & packed;
  }
  template <class In>
  static void load(In& from, std::bitset<N>& value) {
    bytes packed{};
    from & packed;
    for (std::size_t i = 0; i != 8 * packed.size(); ++i) {
      bool const bit = (packed[i / 8] >> (i % 8) & 1u) != 0;
      if (i < N)
        value[i] = bit;
      else if (bit)
        refuse("a bitset has more bits than its type");
    }
  }
};

template <>
struct standard<std::filesystem::path> {
  using parts = parts_of<std::string>;
  static constexpr bool known = true;
  static constexpr bool whole = true;
  static constexpr std::size_t least = 4;
  static constexpr shape_name shape{'P'};

  template <class Out>
  static void save(Out& to, std::filesystem::path const& value) {
    to & value.native();
  }
  template <class In>
  static void load(In& from, std::filesystem::path& value) {
    std::string text;
    from & text;
    value = std::filesystem::path(std::move(text));
  }
};

/// Dates that do not exist are written and read too.
template <>
struct standard<std::chrono::year_month_day> {
  using parts = parts_of<std::int16_t, std::uint8_t, std::uint8_t>;
  static constexpr bool known = true;
  static constexpr bool whole = true;
  static constexpr std::size_t least = 4;
  static constexpr shape_name shape{'C'};

  template <class Out>
  static void save(Out& to, std::chrono::year_month_day const& value) {
    to& static_cast<std::int16_t>(static_cast<int>(value.year()));
    to& static_cast<std::uint8_t>(static_cast<unsigned>(value.month()));
    to& static_cast<std::uint8_t>(static_cast<unsigned>(value.day()));
  }
  template <class In>
  static void load(In& from, std::chrono::year_month_day& value) {
    std::int16_t year = 0;
    std::uint8_t month = 0;
    std::uint8_t day = 0;
    from & year & month & day;
    value = std::chrono::year_month_day(std::chrono::year(year), std::chrono::month(month), std::chrono::day(day));
  }
};

/// Gives access to the container inside an adaptor.
template <class Adaptor>
struct opened_adaptor : Adaptor {
  using container = typename Adaptor::container_type;
  static container& of(Adaptor& value) { return value.*&opened_adaptor::c; }
  static container const& of(Adaptor const& value) { return value.*&opened_adaptor::c; }
};

template <class Adaptor>
struct standard_adaptor {
  using container = typename Adaptor::container_type;
  using parts = parts_of<container>;
  static constexpr bool known = true;
  static constexpr bool whole = has_codec<container>;
  static constexpr std::size_t least = least_bytes<container>;
  static constexpr shape_name shape{'Q'};

  template <class Out>
  static void save(Out& to, Adaptor const& value) {
    to& opened_adaptor<Adaptor>::of(value);
  }
  template <class In>
  static void load(In& from, Adaptor& value) {
    from& opened_adaptor<Adaptor>::of(value);
  }
};
template <class T, class Container>
struct standard<std::queue<T, Container>> : standard_adaptor<std::queue<T, Container>> {};
template <class T, class Container>
struct standard<std::stack<T, Container>> : standard_adaptor<std::stack<T, Container>> {};

/// Elements are written in their order inside, so that equal ones leave the queue in the same order. A queue whose
/// comparison holds data has no codec: that data would be lost.
template <class T, class Container, class Compare>
struct standard<std::priority_queue<T, Container, Compare>>
    : standard_adaptor<std::priority_queue<T, Container, Compare>> {
  using queue = std::priority_queue<T, Container, Compare>;
  static constexpr bool whole = has_codec<Container> && std::is_empty_v<Compare>;

  template <class In>
  static void load(In& from, queue& value) {
    Container& inside = opened_adaptor<queue>::of(value);
    from & inside;
    if (std::is_heap(inside.begin(), inside.end(), Compare())) return;
    inside.clear();
    refuse("the elements of a priority queue are not in its order");
  }
};

}  // namespace leat::detail
