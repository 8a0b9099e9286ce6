// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <doctest/doctest.h>

#include <leat/flow.hpp>
#include <leat/op/fused/kernel.hpp>
#include <leat/text.hpp>
#include <leat/time.hpp>
#include <leat/to/collect.hpp>
#include <leat/to/output.hpp>

#include "fixture/one_at_a_time.hpp"
#include "fixture/shapes.hpp"

#include <chrono>
#include <cmath>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

/// What the tests of windows have in common.
namespace windows {

using namespace std::chrono_literals;

/// Where the tests' windows are aligned, and times are counted from.
inline constexpr leat::moment t0{std::chrono::hours(24) * 19'000};

inline leat::moment at(double seconds) {
  return leat::moment_plus(t0, std::chrono::nanoseconds(std::llround(seconds * 1e9)));
}

/// A value that says when it happened.
template <class V>
struct dated {
  double seconds = 0;
  V value{};

  leat::moment time() const { return at(seconds); }
  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive & seconds & value;
  }
  friend std::string to_text(dated const& shown) { return leat::text(shown.value); }
};
using letter = dated<std::string>;

/// Letters are folded into the text that they make.
inline std::string none() { return {}; }
inline std::string joined(std::string so_far, letter const& next) { return so_far + next.value; }
inline std::string both(std::string earlier, std::string const& later) { return earlier + later; }

template <class V>
using input = std::vector<std::pair<std::string, dated<V>>>;
/// The same for one key.
template <class V>
input<V> all(std::vector<dated<V>> values) {
  input<V> result;
  for (dated<V>& each : values) result.emplace_back("ALL", std::move(each));
  return result;
}

/// By key, as text; within a key in the order in which they came.
using lines = std::vector<std::string>;

inline std::string seconds(leat::moment when) {
  if (!leat::finite(when)) return when < t0 ? "min" : "max";
  return leat::text(static_cast<double>((when - t0).count()) / 1e9);
}
/// Sessions are known by their opening time.
inline std::string name_of(leat::window_id id) {
  bool const is_a_time = id > 1'000'000'000'000;
  return is_a_time ? seconds(leat::moment(std::chrono::nanoseconds(id))) + "s" : std::to_string(id);
}

template <class R>
std::string line(leat::in_window<R> const& result) {
  std::string const why = result.why == leat::window_reason::on_time ? "" : " " + to_text(result.why);
  return name_of(result.id) + ": " + leat::text(result.value) + why;
}
template <class V>
std::string line(leat::late<dated<V>> const& missed) {
  std::string const why = missed.why == leat::late_reason::behind ? "" : " " + to_text(missed.why);
  return name_of(missed.id) + ": " + leat::text(missed.value.value) + why;
}
inline std::string line(leat::window_info const& info) {
  std::string text = name_of(info.id) + ": [" + seconds(info.open) + ", " + seconds(info.close) + "]";
  for (leat::window_id const merged : info.merged) text += " +" + name_of(merged);
  return text;
}

/// The records of each key together, keys in order; within a key in the order in which they came.
template <class R>
std::vector<std::pair<std::string, R>> in_order_of_keys(std::vector<std::pair<std::string, R>> const& records) {
  std::map<std::string, std::vector<R>> of_keys;
  for (auto const& [key, record] : records) of_keys[key].push_back(record);
  std::vector<std::pair<std::string, R>> result;
  for (auto const& [key, of_key] : of_keys)
    for (R const& record : of_key) result.emplace_back(key, record);
  return result;
}

template <class R>
lines by_key(std::vector<std::pair<std::string, R>> const& records) {
  std::map<std::string, lines> of_keys;
  for (auto const& [key, record] : records)
    of_keys[key].push_back(key == "ALL" ? line(record) : key + " " + line(record));
  lines result;
  for (auto const& [key, of_key] : of_keys) result.insert(result.end(), of_key.begin(), of_key.end());
  return result;
}

struct expected {
  lines down;
  lines late;
  lines meta;
};

/// Runs `input | step()` in every shape, record by record, also with epochs of every turn.
template <class R, class V, class Step>
void check(input<V> const& records, Step const& step, expected const& wanted) {
  leat::test::for_each_shape([&](leat::test::shape const& variant) {
    std::vector<std::pair<std::string, leat::in_window<R>>> down;
    std::vector<std::pair<std::string, leat::late<dated<V>>>> late;
    std::vector<std::pair<std::string, leat::window_info>> meta;
    leat::flow flow("windows");
    auto const streams = flow.input("in", leat::test::one_at_a_time(records)) | step();
    streams.down | leat::output("down", leat::to::collect(down));
    streams.late | leat::output("late", leat::to::collect(late));
    streams.meta | leat::output("meta", leat::to::collect(meta));
    for (auto const& shape : {variant, variant.epochs_of_every_turn()}) {
      down.clear();
      late.clear();
      meta.clear();
      shape.run(flow, down, late, meta);
      CHECK(leat::text(by_key(down)) == leat::text(wanted.down));
      CHECK(leat::text(by_key(late)) == leat::text(wanted.late));
      CHECK(leat::text(by_key(meta)) == leat::text(wanted.meta));
    }
  });
}

template <class V>
auto event_clock(std::chrono::duration<double> late) {
  return leat::event_clock(&dated<V>::time, leat::late_by(late));
}

}  // namespace windows
