// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/lean_chrono.hpp>
#include <leat/graph.hpp>
#include <leat/route/codec/byte_buffer.hpp>
#include <leat/route/formation/hello.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace leat::detail {

/// What the processes of a cluster have to agree on, and the number of this process.
struct cluster_config {
  unsigned process = 0;
  unsigned workers = 1;                ///< of each process
  std::size_t channel_bytes = 0;       ///< of credit, of each channel
  std::vector<std::string> addresses;  ///< of all processes, by their numbers
  std::string listen;                  ///< where this process listens; empty: at its own address
  std::string cluster;                 ///< the cluster's name; processes of another cluster are refused
  std::string flow;                    ///< the description, a line for each step
  std::string secret;
  bool open_to_anyone = false;  ///< other machines may connect though there is no secret
  std::chrono::nanoseconds time_to_form = std::chrono::seconds(60);

  std::string const& listens_at() const { return listen.empty() ? addresses[process] : listen; }
  unsigned processes() const { return static_cast<unsigned>(addresses.size()); }

  /// A longer description is neither sent nor read.
  static constexpr std::size_t most_described = 1u << 20;
  static std::string too_long_to_describe(std::string const& owner, std::size_t bytes);
  byte_buffer description() const;

  hello own_hello() const;
};

/// A flow as text, which processes compare: a line for each step, with its kind and the step before it, and a line for
/// the record type of each exchange.
std::string describe(graph const& flow);

/// A line for a message; of a long line its beginning, and what stands around the place.
std::string quoted_line(std::string const& text, std::size_t begin, std::size_t place);

/// The first line in which two texts differ, with what each has there.
std::string first_difference(std::string const& own, std::string const& theirs);

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/route/formation/cluster_config.ipp>
#endif
