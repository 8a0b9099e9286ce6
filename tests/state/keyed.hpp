// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <doctest/doctest.h>

#include <leat/flow.hpp>
#include <leat/op/fused/kernel.hpp>
#include <leat/text.hpp>
#include <leat/to/collect.hpp>
#include <leat/to/output.hpp>

#include "fixture/one_at_a_time.hpp"
#include "fixture/shapes.hpp"

#include <map>
#include <string>
#include <utility>
#include <vector>

/// What the tests of keyed steps have in common.
namespace keyed {

template <class K, class V>
using pairs = std::vector<std::pair<K, V>>;

/// By key; within a key the order in which they came.
template <class K, class V>
pairs<K, V> by_key(pairs<K, V> const& pairs_given) {
  std::map<K, std::vector<V>> keys;
  for (auto const& [key, value] : pairs_given) keys[key].push_back(value);
  pairs<K, V> sorted;
  for (auto const& [key, values] : keys)
    for (V const& value : values) sorted.emplace_back(key, value);
  return sorted;
}

/// Runs `input | step` in every shape, record by record, and checks what comes out, per key in order.
template <class Step, class In, class Out>
void check(In const& input, Step const& step, Out const& expected) {
  leat::test::for_each_shape([&](leat::test::shape const& variant) {
    Out got;
    leat::flow flow("keyed");
    flow.input("in", leat::test::one_at_a_time<typename In::value_type>(input)) | step() |
        leat::output("out", leat::to::collect(got));
    for (auto const& shape : {variant, variant.epochs_of_every_turn()}) {
      got.clear();
      shape.run(flow, got);
      CHECK(leat::text(by_key(got)) == leat::text(by_key(expected)));
    }
  });
}

}  // namespace keyed
