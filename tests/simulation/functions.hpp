// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "simulation/hazards.hpp"
#include "simulation/meaning.hpp"
#include "simulation/plan.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

/// What the functions of a planned flow do, by the kind of its records.
namespace simulation {

/// A function that an `or_else` stands around throws at some values, also what is no exception.
inline void throw_at_some(std::uint64_t value) {
  if (!fails(value)) return;
  if (value % 2 == 0) throw plain_failure();
  throw std::runtime_error("not to be had");
}
/// The error has to be what the function threw at this value.
inline void check_error(std::uint64_t value, std::string const& error) {
  if (!fails(value) || error != (value % 2 == 0 ? "an exception that is not a std::exception" : "not to be had"))
    throw std::logic_error("a record is among the failed ones because of: " + error);
}

/// What the functions of these steps do with records.
template <class Kind>
struct on_records {
  using key = typename Kind::key;
  using datum = typename Kind::datum;
  using record = typename Kind::record;
  explicit on_records(planned_step const& step) : f(step.f), keys(step.keys) {}

  datum changed(datum const& value) const { return Kind::make(f(Kind::number(value))); }
  bool keeps(datum const& value) const { return f.keeps(Kind::number(value)); }
  key new_key(datum const& value) const { return Kind::make_key(f(Kind::number(value)) % keys); }
  std::vector<datum> values(datum const& value) const {
    std::uint64_t const n = Kind::number(value);
    std::vector<datum> records;
    for (std::size_t i = 0; i != f.copies(n); ++i) records.push_back(Kind::make(n + i));
    return records;
  }
  std::vector<record> copies(record const& r) const {
    std::vector<record> records;
    for (datum& value : values(r.second)) records.emplace_back(r.first, std::move(value));
    return records;
  }

  function f;
  std::uint64_t keys;
};

/// One value of a key after the other.
template <class Kind>
struct on_state {
  using datum = typename Kind::datum;
  explicit on_state(planned_step const& step) : f(step.f), most(step.most), in_order(step.in_order) {}

  std::uint64_t take(std::optional<running>& state, datum const& value) const {
    if (!state) state.emplace();
    std::uint64_t const result = state->take(Kind::number(value), f, in_order);
    if (state->count == most) state.reset();
    return result;
  }

  function f;
  std::uint64_t most;
  bool in_order;
};

template <class Kind>
struct reducer {
  using datum = typename Kind::datum;
  explicit reducer(bool ordered) : in_order(ordered) {}
  datum operator()(datum const& a, datum const& b) const {
    std::uint64_t const x = Kind::number(a);
    std::uint64_t const y = Kind::number(b);
    return Kind::make(in_order ? composed(x, y) : x + y);
  }
  bool in_order;
};

/// The same in the first one's place, which it returns.
template <class Kind>
struct reducer_in_place : reducer<Kind> {
  using typename reducer<Kind>::datum;
  using reducer<Kind>::reducer;
  datum&& operator()(datum&& a, datum&& b) const {
    a = reducer<Kind>::operator()(a, b);
    return std::move(a);
  }
};

}  // namespace simulation
