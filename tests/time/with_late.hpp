// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "time/windows.hpp"

/// What the tests of steps have in common that go by event time and have no windows.
namespace windows {

struct expected_of_two {
  lines down;
  lines late;
};

/// Runs `input | step()` in every shape, record by record, also with epochs of every turn. `R` is what comes out.
template <class R, class V, class Step>
void check_two(input<V> const& records, Step const& step, expected_of_two const& wanted) {
  leat::test::for_each_shape([&](leat::test::shape const& variant) {
    std::vector<std::pair<std::string, R>> down;
    std::vector<std::pair<std::string, leat::late<dated<V>>>> late;
    leat::flow flow("timed");
    auto const streams = flow.input("in", leat::test::one_at_a_time(records)) | step();
    streams.down | leat::output("down", leat::to::collect(down));
    streams.late | leat::output("late", leat::to::collect(late));
    for (auto const& shape : {variant, variant.epochs_of_every_turn()}) {
      down.clear();
      late.clear();
      shape.run(flow, down, late);
      lines results;
      for (auto const& [key, result] : in_order_of_keys(down)) results.push_back(key + " " + leat::text(result));
      CHECK(leat::text(results) == leat::text(wanted.down));
      CHECK(leat::text(by_key(late)) == leat::text(wanted.late));
    }
  });
}

}  // namespace windows
