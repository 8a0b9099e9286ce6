// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/graph.hpp>
#include <leat/route/hello.hpp>
#include <leat/route/slot.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace leat::detail {

/// What the processes of a cluster have to agree on, and which of them this one is.
struct membership {
  unsigned process = 0;
  unsigned workers = 1;                ///< of each process
  std::size_t channel_bytes = 0;       ///< of credit, of each channel
  std::vector<std::string> addresses;  ///< of all processes, by their numbers
  std::string cluster;                 ///< a name for it; processes of another one are no concern of this one's
  std::string flow;                    ///< the description, a line for each step
  std::string secret;
  bool open_to_anyone = false;  ///< other machines may connect though there is no secret
  std::chrono::nanoseconds time_to_form = std::chrono::seconds(60);

  unsigned processes() const { return static_cast<unsigned>(addresses.size()); }

  hello first_words() const {
    hello words;
    words.process = process;
    words.processes = processes();
    words.workers = workers;
    words.slots = slot_count;
    words.cluster = key_hash(cluster);
    std::string all;
    for (std::string const& one : addresses) all += one + "\n";
    words.addresses = key_hash(all);
    words.flow = key_hash(flow);
    words.credit = channel_bytes;
    return words;
  }
};

/// A flow as processes compare it: a line for each step, with its kind and what it follows.
inline std::string describe(graph const& flow) {
  std::string text = "flow " + flow.name() + "\n";
  for (auto const& made : flow.nodes()) {
    for (step_info const& step : made->steps) text += step.name + " (" + step.kind + ") ";
    for (port const& from : made->inputs)
      text += "after " + flow.nodes()[from.node]->steps.back().name + "/" + std::to_string(from.index) + " ";
    text += std::string(made->movement) + "\n";
  }
  return text;
}

/// The first line in which two texts differ, with what each has there.
inline std::string first_difference(std::string const& mine, std::string const& theirs) {
  auto const line_at = [](std::string const& text, std::size_t from) {
    return from >= text.size() ? std::string("nothing") : "\"" + text.substr(from, text.find('\n', from) - from) + "\"";
  };
  std::size_t begin = 0;
  for (std::size_t i = 0; i != std::min(mine.size(), theirs.size()) && mine[i] == theirs[i]; ++i)
    if (mine[i] == '\n') begin = i + 1;
  return "here " + line_at(mine, begin) + ", there " + line_at(theirs, begin);
}

}  // namespace leat::detail
