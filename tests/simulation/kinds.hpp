// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>

/// How a flow carries the numbers of a plan.
namespace simulation {

/// As they are: records without padding, which leat copies as bytes.
struct numbers {
  using datum = std::uint64_t;
  using record = std::pair<datum, datum>;

  static datum made(std::uint64_t n) { return n; }
  static std::uint64_t number(datum const& d) { return d; }
};

/// As text of very different lengths, so that records own memory and are encoded one by one. A text that was moved
/// from, cut off or mixed with another is found out.
struct texts {
  using datum = std::string;
  using record = std::pair<datum, datum>;

  static datum made(std::uint64_t n) {
    std::string text = std::to_string(n);
    text.append(padding(n), 'x');
    return text;
  }
  static std::uint64_t number(datum const& d) {
    std::uint64_t n = 0;
    auto const [end, error] = std::from_chars(d.data(), d.data() + d.size(), n);
    std::size_t const rest = static_cast<std::size_t>(d.data() + d.size() - end);
    if (error != std::errc{} || rest != padding(n) || d.find_first_not_of('x', d.size() - rest) != d.npos)
      throw std::logic_error("a record is broken: \"" + d.substr(0, 100) + "\"");
    return n;
  }

 private:
  static std::size_t padding(std::uint64_t n) { return n % 97 == 5 ? 1000 : n % 3 == 0 ? n % 41 : 0; }
};

}  // namespace simulation
