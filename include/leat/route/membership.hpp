// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/graph.hpp>
#include <leat/route/codec/byte_buffer.hpp>
#include <leat/route/codec/codec.hpp>
#include <leat/route/codec/record_text.hpp>
#include <leat/route/hello.hpp>
#include <leat/route/slot.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

namespace leat::detail {

/// What the processes of a cluster have to agree on, and which of them this one is.
struct membership {
  unsigned process = 0;
  unsigned workers = 1;                ///< of each process
  std::size_t channel_bytes = 0;       ///< of credit, of each channel
  std::vector<std::string> addresses;  ///< of all processes, by their numbers
  std::string listen;                  ///< where this one listens, if not at its own of those
  std::string cluster;                 ///< a name for it; processes of another one are no concern of this one's
  std::string flow;                    ///< the description, a line for each step
  std::string secret;
  bool open_to_anyone = false;  ///< other machines may connect though there is no secret
  std::chrono::nanoseconds time_to_form = std::chrono::seconds(60);

  std::string const& listens_at() const { return listen.empty() ? addresses[process] : listen; }
  unsigned processes() const { return static_cast<unsigned>(addresses.size()); }

  /// More is neither said nor read.
  static constexpr std::size_t most_described = 1u << 20;
  static std::string too_long_to_describe(std::string const& whose, std::size_t bytes) {
    return whose + " addresses and " + whose + " flow take " + std::to_string(bytes) +
           " bytes to describe, and processes tell each other 1 MiB at most: give the flow fewer steps, or shorter names";
  }
  byte_buffer description() const {
    byte_buffer all;
    encode(std::tuple(addresses, flow), all);
    return all;
  }

  hello first_words() const {
    hello words;
    words.process = process;
    words.processes = processes();
    words.workers = workers;
    words.slots_in_all = slot_count;
    words.cluster = key_hash(cluster);
    std::string all;
    for (std::string const& one : addresses) all += one + "\n";
    words.addresses = key_hash(all);
    words.flow = key_hash(flow);
    words.credit = channel_bytes;
    return words;
  }
};

/// A flow as processes compare it: a line for each step, with its kind and what it follows, and one for what each
/// exchange sends.
inline std::string describe(graph const& flow) {
  std::string text = "flow " + flow.name() + "\n";
  for (auto const& made : flow.nodes()) {
    for (step_info const& step : made->steps) text += step.name + " (" + step.kind + ") ";
    for (port const& from : made->inputs)
      text += "after " + flow.nodes()[from.node]->steps.back().name + "/" + std::to_string(from.index) + " ";
    text += std::string(made->movement) + "\n";
    if (made->describe_records != nullptr)
      text += made->steps.back().name + " sends " + record_text::of(made->describe_records) + "\n";
  }
  return text;
}

/// A line as one reads it: of a long one the beginning, and what stands around a place in it.
inline std::string quoted_line(std::string const& text, std::size_t begin, std::size_t place) {
  constexpr std::size_t start = 120, before = 60, shown = 320;
  if (begin >= text.size()) return "nothing";
  std::string line = text.substr(begin, text.find('\n', begin) - begin);
  std::size_t const from = place - begin > start + before ? place - begin - before : start;
  if (line.size() > from + shown) line.replace(from + shown, std::string::npos, " ...");
  if (from > start) line.replace(start, from - start, " ... ");
  return "\"" + line + "\"";
}

/// The first line in which two texts differ, with what each has there.
inline std::string first_difference(std::string const& mine, std::string const& theirs) {
  std::size_t begin = 0;
  std::size_t place = 0;
  for (; place != (std::min)(mine.size(), theirs.size()) && mine[place] == theirs[place]; ++place)
    if (mine[place] == '\n') begin = place + 1;
  return "here " + quoted_line(mine, begin, place) + ", there " + quoted_line(theirs, begin, place);
}

}  // namespace leat::detail
