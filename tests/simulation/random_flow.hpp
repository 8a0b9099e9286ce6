// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "fixture/chance.hpp"
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

using leat::test::chance;

/// Draws a flow. The reference runs alongside, so that no stream grows beyond measure, and steps whose results would
/// depend on the schedule are used only where they do not.
class random_flow {
 public:
  /// `is_stopped`: what waits for a time is left out, since what it has passed on by then cannot be foretold.
  random_flow(chance& dice, unsigned workers, bool is_stopped)
      : dice_(dice), workers_(workers), is_stopped_(is_stopped), known_(drawn_, workers) {
    drawn_.texts = dice_.one_in(3);
    drawn_.huge_values = dice_.one_in(20);
  }

  plan draw() {
    for (std::uint64_t n = dice_.between(1, 3); n != 0; --n) draw_source();
    for (std::uint64_t n = dice_.between(1, 9); n != 0; --n)
      for (int attempts = 0; attempts != 20 && !draw_step(); ++attempts) {
      }
    for (std::size_t stream = 0, streams = drawn_.streams.size(); stream != streams; ++stream)
      if (!drawn_.streams[stream].used || dice_.one_in(6)) draw_sink(stream);
    return drawn_;
  }

  /// Has some call of the user's throw, if it comes to that. In a flow of texts copies and encodings may, too, and
  /// those of keys of the user's, and their comparisons.
  static void set_mishap(plan& plan, chance& dice) {
    mishap& set = plan.on_the_way;
    bool const unshared =
        std::any_of(plan.steps.begin(), plan.steps.end(), [](planned_step const& step) { return step.unshared; });
    if (plan.texts && !unshared)
      set.of =
          dice.pick({call::function, call::copy, call::copy, call::encode, call::encode, call::write, call::flush});
    else if (unshared)
      set.of = dice.pick({call::function, call::copy, call::encode, call::compare, call::write, call::flush});
    else
      set.of = dice.pick({call::function, call::write, call::flush});
    // What is copied inside an `or_else` would only go to its errors.
    auto const is_caught = [](planned_step const& step) { return is_around_a_step(step.kind); };
    if (set.of == call::copy && std::any_of(plan.steps.begin(), plan.steps.end(), is_caught)) set.of = call::write;
    std::uint64_t const most = set.of == call::flush ? 20 : std::uint64_t{1} << dice.between(1, 11);
    set.after = dice.below(most);
    set.as_exception = !dice.one_in(4);
  }

  /// Makes a key of some source a NaN. True when the flow will meet it where it looks keys up.
  static bool set_nan(plan& plan, chance& dice, unsigned workers) {
    reference known(plan, workers);
    fill_sources(plan, known, workers);
    std::vector<item> const& items = known.stream(dice.below(plan.sources.size())).items;
    if (plan.texts || items.empty()) return false;
    std::uint64_t const key = items[dice.below(items.size())].key;
    plan.nan_key = key;
    known.run();
    return std::any_of(plan.steps.begin(), plan.steps.end(), [&](planned_step const& step) {
      return std::any_of(step.from.begin(), step.from.end(), [&](std::size_t from) {
        std::vector<item> const& candidates = known.stream(from).items;
        return std::any_of(candidates.begin(), candidates.end(),
                           [&](item const& item) { return looks_up(step, key, item.key, item.value); });
      });
    });
  }

  /// Has a function throw when it meets a certain record. True when it will meet it.
  static bool set_trap(plan& plan, chance& dice, unsigned workers) {
    reference known(plan, workers);
    fill_sources(plan, known, workers);
    known.run();
    planned_step& step = plan.steps[dice.below(plan.steps.size())];
    if (catches(step.kind) || is_sink(step.kind)) return false;
    std::vector<item> const& items = known.stream(is_source(step.kind) ? step.to.front() : step.from.front()).items;
    if (items.empty() || step.kind == op::iterable) return false;
    step.f.trap = items[dice.below(items.size())].value;
    step.f.trapped = true;
    try {
      reference again(plan, workers);
      fill_sources(plan, again, workers);
      again.run();
    } catch (planned_failure const&) {
      return true;
    }
    return false;
  }

 private:
  static constexpr std::size_t most_records = 500;

  static void fill_sources(plan const& plan, reference& known, unsigned workers) {
    for (std::size_t i = 0; i != plan.sources.size(); ++i)
      known.stream(plan.steps[i].to.front()) = reference::source(plan.steps[i], plan.sources[i], workers);
  }

  planned_step begin(op kind) {
    planned_step step;
    step.kind = kind;
    step.number = drawn_.steps.size();
    step.f.salt = dice_.number();
    step.f.step = step.number;
    step.f.may_fail = !catches(kind);
    step.unshared = can_be_unshared(kind) && dice_.one_in(5);
    step.careless = dice_.one_in(4);
    step.keys = dice_.pick<std::uint64_t>({1, 2, 5, 6, 7, 20});
    step.most = dice_.between(1, 7);
    return step;
  }
  std::size_t add_stream(order order, bool dated) {
    drawn_.streams.push_back({order, dated, false});
    known_.grow(drawn_.streams.size());
    return drawn_.streams.size() - 1;
  }

  void draw_source() {
    planned_step step = begin(static_cast<op>(dice_.below(static_cast<std::uint64_t>(op::poll) + 1)));
    planned_source from;
    from.burst = dice_.pick<std::uint64_t>({1, 2, 5, 40});
    from.pauses = dice_.one_in(2);
    std::size_t const parts = step.kind == op::partitioned ? dice_.between(1, 4) : 1;
    from.partitions.resize(parts);
    bool const unique_keys = dice_.one_in(5);
    bool const keys_apart = dice_.one_in(2);
    std::uint64_t const keys = dice_.pick<std::uint64_t>({1, 3, 10, 50});
    std::uint64_t const records = dice_.one_in(10) ? 0 : dice_.one_in(15) ? 400 : dice_.between(1, 100);
    bool const values_grow = dice_.one_in(2);  // so that windows close one after the other
    for (std::uint64_t i = 0; i != records; ++i) {
      std::uint64_t const key = unique_keys ? i : dice_.below(keys);
      std::uint64_t const part = keys_apart ? key % parts : dice_.below(parts);
      from.partitions[part].push_back({key, values_grow ? i * 10'000 + dice_.below(60'000) : dice_.below(1'000'000)});
    }
    order const several = keys_apart || unique_keys ? order::per_key : order::none;
    bool const spread = step.kind == op::generate_everywhere || step.kind == op::share_of_each_worker;
    step.to.push_back(add_stream(spread ? order::none : parts == 1 ? order::total : several, true));
    known_.stream(step.to.front()) = reference::source(step, from, workers_);
    drawn_.steps.push_back(step);
    drawn_.sources.push_back(std::move(from));
  }

  std::size_t any_stream() {
    std::size_t const last = drawn_.streams.size() - 1;
    return dice_.one_in(2) ? last : dice_.below(last + 1);
  }

  bool draw_step() {
    auto const first = static_cast<std::uint64_t>(op::map);
    auto const last = static_cast<std::uint64_t>(op::or_else_stateful_map);
    op const kind = dice_.one_in(20) ? op::window : static_cast<op>(dice_.between(first, last));
    planned_step step = begin(kind);
    step.from.push_back(any_stream());
    if (kind == op::merge || kind == op::join)
      for (std::uint64_t more = dice_.between(1, 2); more != 0; --more) step.from.push_back(any_stream());
    order const before = drawn_.streams[step.from.front()].ordering;
    step.in_order = before != order::none;
    if (waits(kind) && is_stopped_) return false;
    if ((kind == op::step_of_first || kind == op::step_with_last_word) && before != order::total) return false;
    if (kind == op::join && !draw_join(step)) return false;
    if (kind == op::window && !draw_window(step)) return false;

    bool timed = step.windows.by_stream;
    for (std::size_t from : step.from) timed = timed || drawn_.streams[from].timed;
    bool dated = !waits(kind);
    for (std::size_t from : step.from) dated = dated && drawn_.streams[from].dated;
    std::size_t const streams = drawn_.streams.size();
    bool const on_time_dated = dated && !step.windows.by_stream;
    step.to.push_back(add_stream(order_after(step, before), on_time_dated));
    if (makes_two_streams(kind)) step.to.push_back(add_stream(order_of_others(step, before), dated));
    if (kind == op::window && step.windows.all_read) {
      step.to.push_back(add_stream(order_of_late(step, before), dated));
      step.to.push_back(add_stream(order::per_key, on_time_dated));
    }
    known_.run(step);
    for (std::size_t to : step.to) {
      drawn_.streams[to].timed = timed;
      if (known_.stream(to).items.size() <= most_records) continue;
      drawn_.streams.resize(streams);
      return false;
    }
    for (std::size_t from : step.from) drawn_.streams[from].used = true;
    drawn_.steps.push_back(std::move(step));
    return true;
  }

  order order_after(planned_step const& step, order before) const {
    switch (step.kind) {
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
      case op::window:
        return order::per_key;
      default:
        return meets_state(step.kind) ? order::per_key : before;
    }
  }

  /// Of the second stream. Values that failed are those that came, in whatever order they did.
  order order_of_others(planned_step const& step, order before) const {
    return meets_state(step.kind) && before == order::none ? order::none : order_after(step, before);
  }

  static order order_of_late(planned_step const& step, order before) {
    return step.windows.by_stream || before == order::none ? before : order::per_key;
  }

  /// Where the stream's clock has to be one that the reference knows, and does not depend on where a run is stopped.
  bool draw_window(planned_step& step) {
    planned_stream const& from = drawn_.streams[step.from.front()];
    step.windows = draw_windows(dice_, step.in_order);
    planned_windows const& of = step.windows;
    bool const partitions_known =
        from.ordering == order::total || (from.ordering == order::per_key && step.from.front() < drawn_.sources.size());
    if (of.by_stream) return partitions_known && !is_stopped_;
    // A clock by key behind one of the stream would take values for late that have other times than their records had.
    return !from.timed || of.windower == windowing::counting;
  }

  bool unique(std::size_t stream) {
    std::set<std::uint64_t> keys;
    for (item const& item : known_.stream(stream).items)
      if (!keys.insert(item.key).second) return false;
    return true;
  }
  bool joins_in_order(planned_step const& step) const { return step.in_order || step.emission != joined::final; }

  /// While there are several values of a key on a side, rows before the end depend on which side was first, and the
  /// first and last value on the order of the side.
  bool draw_join(planned_step& step) {
    step.insertion = dice_.pick({kept::first, kept::last, kept::product});
    step.emission = dice_.pick({joined::complete, joined::final, joined::running, joined::complete_and_rest});
    bool one_each = true;
    bool ordered = true;
    std::map<std::uint64_t, std::vector<std::uint64_t>> values;
    for (std::size_t side = 0; side != step.from.size(); ++side) {
      std::size_t const from = step.from[side];
      bool const is_unique = unique(from);
      one_each = one_each && is_unique;
      ordered = ordered && (is_unique || drawn_.streams[from].ordering != order::none);
      for (item const& item : known_.stream(from).items) {
        auto& of_key = values[item.key];
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
    planned_step step = begin(static_cast<op>(dice_.between(first, static_cast<std::uint64_t>(op::raises))));
    if (step.kind == op::raises && !dice_.one_in(4)) step.kind = op::sink;
    step.from.push_back(stream);
    drawn_.streams[stream].used = true;
    drawn_.steps.push_back(std::move(step));
  }

  chance& dice_;
  unsigned workers_;
  bool is_stopped_;
  plan drawn_;
  reference known_;
};

}  // namespace simulation
