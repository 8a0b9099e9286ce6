// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/graph.hpp>
#include <leat/op/running/slot_ownership.hpp>
#include <leat/route/codec/byte_buffer.hpp>
#include <leat/route/codec/codec.hpp>
#include <leat/route/codec/record_text.hpp>
#include <leat/route/exchange/slot.hpp>
#include <leat/route/formation/cluster_config.hpp>
#include <leat/route/formation/hello.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <tuple>

namespace leat::detail {

LEAT_COLD std::string cluster_config::too_long_to_describe(std::string const& owner, std::size_t bytes) {
  return owner + " addresses and " + owner + " flow take " + std::to_string(bytes) +
         " bytes to describe, and processes tell each other 1 MiB at most: give the flow fewer steps, or shorter names";
}

LEAT_COLD byte_buffer cluster_config::description() const {
  byte_buffer described;
  encode(std::tuple(addresses, flow), described);
  return described;
}

LEAT_COLD hello cluster_config::own_hello() const {
  hello result;
  result.process = process;
  result.processes = processes();
  result.workers = workers;
  result.slots_in_all = slot_count;
  result.cluster = key_hash(cluster);
  std::string joined;
  for (std::string const& address : addresses) joined += address + "\n";
  result.addresses = key_hash(joined);
  result.flow = key_hash(flow);
  result.credit = channel_bytes;
  return result;
}

LEAT_COLD std::string describe(graph const& flow) {
  std::string text = "flow " + flow.name() + "\n";
  for (auto const& node : flow.nodes()) {
    for (step_info const& step : node->steps) text += step.name + " (" + step.kind + ") ";
    for (port const& from : node->inputs)
      text += "after " + flow.nodes()[from.node]->steps.back().name + "/" + std::to_string(from.index) + " ";
    text += std::string(node->routing) + "\n";
    if (!node->parameters.empty()) text += node->step().name + " with " + node->parameters + "\n";
    if (node->describe_records != nullptr)
      text += node->steps.back().name + " sends " + record_text::of(node->describe_records) + "\n";
  }
  return text;
}

LEAT_COLD std::string quoted_line(std::string const& text, std::size_t begin, std::size_t place) {
  constexpr std::size_t start = 120, before = 60, shown = 320;
  if (begin >= text.size()) return "nothing";
  std::string line = text.substr(begin, text.find('\n', begin) - begin);
  std::size_t const from = place - begin > start + before ? place - begin - before : start;
  if (line.size() > from + shown) line.replace(from + shown, std::string::npos, " ...");
  if (from > start) line.replace(start, from - start, " ... ");
  return "\"" + line + "\"";
}

LEAT_COLD std::string first_difference(std::string const& own, std::string const& theirs) {
  std::size_t begin = 0;
  std::size_t place = 0;
  for (; place != (std::min)(own.size(), theirs.size()) && own[place] == theirs[place]; ++place)
    if (own[place] == '\n') begin = place + 1;
  return "here " + quoted_line(own, begin, place) + ", there " + quoted_line(theirs, begin, place);
}

}  // namespace leat::detail
