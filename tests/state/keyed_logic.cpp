// SPDX-License-Identifier: BSL-1.0
#include <leat/state/keyed_logic.hpp>

#include <doctest/doctest.h>

#include <leat/flow.hpp>
#include <leat/state/stateful_stage.hpp>

#include "keyed.hpp"

#include <span>
#include <string>
#include <utility>

namespace {

/// What a step with keyed state needs, and nothing else: it counts the values of a key.
struct count_values {
  using state = int;
  using saved = int;
  int save(int const& count) const { return count; }
  int load(int&& from) const { return from; }
  template <class Cell, class Emit>
  void on_value(Cell& cell, std::string key, int, Emit& emit_record) {
    emit_record(std::move(key), ++cell.state());
  }
};

/// The same with all values that a batch has for a key.
struct count_groups {
  using state = int;
  using saved = int;
  static constexpr bool by_groups = true;
  int save(int const& count) const { return count; }
  int load(int&& from) const { return from; }
  template <class Cell, class Emit>
  void on_values(Cell& cell, std::span<int> values, Emit& emit_record) {
    for (int const value : values) {
      (void)value;
      emit_record(std::string(cell.key()), ++cell.state());
    }
  }
};

struct ignored_results {
  void operator()(std::string const&, int) const {}
};
struct one_key {
  std::string const& key() const { return text; }
  int& state() { return count; }
  std::string text;
  int count = 0;
};
static_assert(leat::detail::keyed_logic<count_values, one_key, std::string, int, ignored_results>);
static_assert(leat::detail::keyed_logic<count_groups, one_key, std::string, int, ignored_results>);
static_assert(!leat::detail::keyed_logic<count_values, one_key, int, int, ignored_results>);

template <class Logic>
class logic_step {
 public:
  template <leat::detail::a_stream S>
  friend auto operator|(S&& up, logic_step) {
    return leat::detail::append_stateful<int>(std::forward<S>(up), Logic(),
                                              leat::detail::step_info("test", leat::step_name("count")));
  }
};

}  // namespace

TEST_CASE("keyed logic: what the step asks of it is enough, value by value and in groups") {
  keyed::pairs<std::string, int> const input{{"a", 7}, {"b", 7}, {"a", 7}, {"c", 7}, {"a", 7}, {"b", 7}};
  keyed::pairs<std::string, int> const expected{{"a", 1}, {"a", 2}, {"a", 3}, {"b", 1}, {"b", 2}, {"c", 1}};
  keyed::check(input, [] { return logic_step<count_values>(); }, expected);
  keyed::check(input, [] { return logic_step<count_groups>(); }, expected);
}
