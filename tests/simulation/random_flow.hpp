// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "simulation/chance.hpp"
#include "simulation/meaning.hpp"
#include "simulation/plan.hpp"
#include "simulation/reference.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <utility>
#include <vector>

namespace simulation {

/// Draws a flow. The reference runs alongside, so that no stream grows beyond measure, and steps whose results would
/// depend on the schedule are used only where they do not.
class random_flow {
 public:
  /// `is_stopped`: what waits for a time is left out, since what it has passed on by then cannot be foretold.
  random_flow(chance& by, unsigned workers, bool is_stopped)
      : by_(by), workers_(workers), is_stopped_(is_stopped), known_(drawn_, workers) {
    drawn_.texts = by_.one_in(3);
    drawn_.huge_values = by_.one_in(20);
  }

  plan draw() {
    for (std::uint64_t n = by_.between(1, 3); n != 0; --n) draw_source();
    for (std::uint64_t n = by_.between(1, 9); n != 0; --n)
      for (int attempts = 0; attempts != 20 && !draw_step(); ++attempts) {
      }
    for (std::size_t stream = 0, streams = drawn_.streams.size(); stream != streams; ++stream)
      if (!drawn_.streams[stream].used || by_.one_in(6)) draw_sink(stream);
    return drawn_;
  }

  /// Has some call of the user's throw, if it comes to that. In a flow of texts copies and encodings may, too, and
  /// those of keys of the user's, and their comparisons.
  static void set_mishap(plan& what, chance& by) {
    mishap& set = what.on_the_way;
    bool const unshared =
        std::any_of(what.steps.begin(), what.steps.end(), [](planned_step const& step) { return step.unshared; });
    if (what.texts && !unshared)
      set.of =
          by.one_of({call::function, call::copy, call::copy, call::encode, call::encode, call::write, call::flush});
    else if (unshared)
      set.of = by.one_of({call::function, call::copy, call::encode, call::compare, call::write, call::flush});
    else
      set.of = by.one_of({call::function, call::write, call::flush});
    // What is copied inside an `or_else` would only go to its errors.
    auto const is_caught = [](planned_step const& step) { return is_around_a_step(step.what); };
    if (set.of == call::copy && std::any_of(what.steps.begin(), what.steps.end(), is_caught)) set.of = call::write;
    std::uint64_t const most = set.of == call::flush ? 20 : std::uint64_t{1} << by.between(1, 11);
    set.after = by.below(most);
    set.as_exception = !by.one_in(4);
  }

  /// Makes a key of some source a NaN. True when the flow will meet it where it looks keys up.
  static bool set_nan(plan& what, chance& by, unsigned workers) {
    reference known(what, workers);
    fill_sources(what, known, workers);
    std::vector<item> const& items = known.stream(by.below(what.sources.size())).items;
    if (what.texts || items.empty()) return false;
    std::uint64_t const key = items[by.below(items.size())].key;
    what.nan_key = key;
    known.run();
    return std::any_of(what.steps.begin(), what.steps.end(), [&](planned_step const& step) {
      return std::any_of(step.from.begin(), step.from.end(), [&](std::size_t from) {
        std::vector<item> const& all = known.stream(from).items;
        return std::any_of(all.begin(), all.end(),
                           [&](item const& one) { return looks_up(step, key, one.key, one.value); });
      });
    });
  }

  /// Has a function throw when it meets a certain record. True when it will meet it.
  static bool set_trap(plan& what, chance& by, unsigned workers) {
    reference known(what, workers);
    fill_sources(what, known, workers);
    known.run();
    planned_step& step = what.steps[by.below(what.steps.size())];
    if (catches(step.what) || is_sink(step.what)) return false;
    std::vector<item> const& items = known.stream(is_source(step.what) ? step.to.front() : step.from.front()).items;
    if (items.empty() || step.what == op::iterable) return false;
    step.f.trap = items[by.below(items.size())].value;
    step.f.trapped = true;
    try {
      reference again(what, workers);
      fill_sources(what, again, workers);
      again.run();
    } catch (planned_failure const&) {
      return true;
    }
    return false;
  }

 private:
  static constexpr std::size_t most_records = 500;

  static void fill_sources(plan const& what, reference& known, unsigned workers) {
    for (std::size_t i = 0; i != what.sources.size(); ++i)
      known.stream(what.steps[i].to.front()) = reference::source(what.steps[i], what.sources[i], workers);
  }

  planned_step begin(op what) {
    planned_step step;
    step.what = what;
    step.number = drawn_.steps.size();
    step.f.salt = by_.number();
    step.f.step = step.number;
    step.f.may_fail = !catches(what);
    step.unshared = can_be_unshared(what) && by_.one_in(5);
    step.careless = by_.one_in(4);
    step.keys = by_.one_of<std::uint64_t>({1, 2, 5, 6, 7, 20});
    step.most = by_.between(1, 7);
    return step;
  }
  std::size_t add_stream(order how, bool dated) {
    drawn_.streams.push_back({how, dated, false});
    known_.grow(drawn_.streams.size());
    return drawn_.streams.size() - 1;
  }

  void draw_source() {
    planned_step step = begin(static_cast<op>(by_.below(static_cast<std::uint64_t>(op::poll) + 1)));
    planned_source from;
    from.burst = by_.one_of<std::uint64_t>({1, 2, 5, 40});
    from.pauses = by_.one_in(2);
    std::size_t const parts = step.what == op::partitioned ? by_.between(1, 4) : 1;
    from.partitions.resize(parts);
    bool const unique_keys = by_.one_in(5);
    bool const keys_apart = by_.one_in(2);
    std::uint64_t const keys = by_.one_of<std::uint64_t>({1, 3, 10, 50});
    std::uint64_t const records = by_.one_in(10) ? 0 : by_.one_in(15) ? 400 : by_.between(1, 100);
    for (std::uint64_t i = 0; i != records; ++i) {
      std::uint64_t const key = unique_keys ? i : by_.below(keys);
      std::uint64_t const part = keys_apart ? key % parts : by_.below(parts);
      from.partitions[part].push_back({key, by_.below(1'000'000)});
    }
    order const several = keys_apart || unique_keys ? order::per_key : order::none;
    bool const spread = step.what == op::generate_everywhere || step.what == op::share_of_each_worker;
    step.to.push_back(add_stream(spread ? order::none : parts == 1 ? order::total : several, true));
    known_.stream(step.to.front()) = reference::source(step, from, workers_);
    drawn_.steps.push_back(step);
    drawn_.sources.push_back(std::move(from));
  }

  std::size_t any_stream() {
    std::size_t const last = drawn_.streams.size() - 1;
    return by_.one_in(2) ? last : by_.below(last + 1);
  }

  bool draw_step() {
    auto const first = static_cast<std::uint64_t>(op::map);
    auto const last = static_cast<std::uint64_t>(op::or_else_stateful_map);
    op const what = static_cast<op>(by_.between(first, last));
    planned_step step = begin(what);
    step.from.push_back(any_stream());
    if (what == op::merge || what == op::join)
      for (std::uint64_t more = by_.between(1, 2); more != 0; --more) step.from.push_back(any_stream());
    order const before = drawn_.streams[step.from.front()].how;
    step.in_order = before != order::none;
    if (waits(what) && is_stopped_) return false;
    if ((what == op::step_of_first || what == op::step_with_last_word) && before != order::total) return false;
    if (what == op::join && !draw_join(step)) return false;

    bool dated = !waits(what);
    for (std::size_t from : step.from) dated = dated && drawn_.streams[from].dated;
    std::size_t const streams = drawn_.streams.size();
    step.to.push_back(add_stream(order_after(step, before), dated));
    if (makes_two_streams(what)) step.to.push_back(add_stream(order_of_others(step, before), dated));
    known_.run(step);
    if (known_.stream(streams).items.size() > most_records) {
      drawn_.streams.resize(streams);
      return false;
    }
    for (std::size_t from : step.from) drawn_.streams[from].used = true;
    drawn_.steps.push_back(std::move(step));
    return true;
  }

  order order_after(planned_step const& step, order before) const {
    switch (step.what) {
      case op::merge:
      case op::redistribute:
      case op::redistribute_by_value:
      case op::chain_redistribute:
      case op::async_map_unordered:
        return order::none;
      case op::map_key:
      case op::key_on:
      case op::key_rm:
      case op::async_map_outcome:
        return before == order::total ? order::total : order::none;
      case op::redistribute_by_key:
      case op::collect_timed:
      case op::stateful_later:
      case op::stateful_at_once:
        return before == order::none ? order::none : order::per_key;
      case op::join:
        return joins_in_order(step) ? order::per_key : order::none;
      default:
        return meets_state(step.what) ? order::per_key : before;
    }
  }

  /// Of the second stream. Values that failed are those that came, in whatever order they did.
  order order_of_others(planned_step const& step, order before) const {
    return meets_state(step.what) && before == order::none ? order::none : order_after(step, before);
  }

  bool unique(std::size_t stream) {
    std::set<std::uint64_t> keys;
    for (item const& one : known_.stream(stream).items)
      if (!keys.insert(one.key).second) return false;
    return true;
  }
  bool joins_in_order(planned_step const& step) const { return step.in_order || step.emission != joined::final; }

  /// While there are several values of a key on a side, rows before the end depend on which side was first, and the
  /// first and last value on the order of the side.
  bool draw_join(planned_step& step) {
    step.insertion = by_.one_of({kept::first, kept::last, kept::product});
    step.emission = by_.one_of({joined::complete, joined::final, joined::running, joined::complete_and_rest});
    bool one_each = true;
    bool ordered = true;
    std::map<std::uint64_t, std::vector<std::uint64_t>> values;
    for (std::size_t side = 0; side != step.from.size(); ++side) {
      std::size_t const from = step.from[side];
      bool const is_unique = unique(from);
      one_each = one_each && is_unique;
      ordered = ordered && (is_unique || drawn_.streams[from].how != order::none);
      for (item const& one : known_.stream(from).items) {
        auto& of_key = values[one.key];
        of_key.resize(step.from.size());
        ++of_key[side];
      }
    }
    if (!one_each) step.emission = joined::final;
    if (!ordered) step.insertion = kept::product;
    step.in_order = ordered;
    std::uint64_t rows = 0;
    for (auto const& [key, of_key] : values) {
      std::uint64_t of_this = 1;
      for (std::uint64_t count : of_key) of_this *= std::max<std::uint64_t>(1, count);
      rows += of_this;
    }
    return rows <= most_records;
  }

  void draw_sink(std::size_t stream) {
    std::uint64_t const first = static_cast<std::uint64_t>(op::sink);
    planned_step step = begin(static_cast<op>(by_.between(first, static_cast<std::uint64_t>(op::raises))));
    if (step.what == op::raises && !by_.one_in(4)) step.what = op::sink;
    step.from.push_back(stream);
    drawn_.streams[stream].used = true;
    drawn_.steps.push_back(std::move(step));
  }

  chance& by_;
  unsigned workers_;
  bool is_stopped_;
  plan drawn_;
  reference known_;
};

}  // namespace simulation
