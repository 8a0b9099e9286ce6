// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/concat.hpp>
#include <leat/detail/list.hpp>
#include <leat/picture/json.hpp>
#include <leat/picture/steps.hpp>

#include <string>
#include <string_view>

namespace leat::detail {

LEAT_COLD std::string json_text(std::string_view text) {
  std::string quoted = "\"";
  for (char const c : text) {
    if (c == '"' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      constexpr char digits[] = "0123456789abcdef";
      quoted += "\\u00";
      quoted += digits[c >> 4];
      quoted += digits[c & 15];
    } else {
      quoted += c;
    }
  }
  return quoted + "\"";
}

LEAT_COLD std::string json(drawing const& drawn) {
  auto const or_null = [](std::string_view text) { return text.empty() ? std::string("null") : json_text(text); };
  auto const boxes_as_json = [&](list<drawing::box> const& boxes) {
    std::string text = "[";
    for (drawing::box const& of : boxes) {
      std::string inputs;
      for (drawing::line const& in : of.inputs)
        inputs += concat({inputs.empty() ? "" : ", ", "{\"step_id\": ", json_text(drawn.steps[in.from].id),
                          ", \"output\": ", std::to_string(in.output), ", \"routing\": ", or_null(in.routing), "}"});
      text += concat({text.size() > 1 ? ",\n" : "\n",
                      "    {\"step_id\": ",
                      json_text(of.id),
                      ", \"step_name\": ",
                      json_text(of.name),
                      ", \"op_type\": ",
                      json_text(of.kind),
                      ", \"within\": ",
                      of.within == drawing::none ? "null" : json_text(drawn.frames[of.within].id),
                      ", \"loop\": ",
                      of.loop == drawing::none ? "null" : std::to_string(of.loop),
                      of.parameters.empty() ? "" : concat({", \"parameters\": ", json_text(of.parameters)}),
                      drawn.guarantees ? concat({", \"guarantee\": ", or_null(of.guarantee)}) : "",
                      ", \"where\": {\"file\": ",
                      json_text(of.location.file_name()),
                      ", \"line\": ",
                      std::to_string(of.location.line()),
                      "}, \"inputs\": [",
                      inputs,
                      "]}"});
    }
    return text + (boxes.empty() ? "]" : "\n  ]");
  };
  return concat({"{\n  \"flow_id\": ", json_text(drawn.name), ",\n  \"composites\": ", boxes_as_json(drawn.frames),
                 ",\n  \"steps\": ", boxes_as_json(drawn.steps), "\n}\n"});
}

}  // namespace leat::detail
