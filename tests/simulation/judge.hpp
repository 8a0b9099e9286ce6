// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "simulation/meaning.hpp"
#include "simulation/observed.hpp"
#include "simulation/plan.hpp"
#include "simulation/reference.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace simulation {

/// What came by, for each source and each step by number.
struct observed {
  std::vector<seen> sources;
  std::vector<seen> steps;
  bool stopped = false;
};

/// Holds what a run showed against the reference. All that the judge says is empty when they agree.
class judge {
 public:
  judge(plan const& plan, unsigned workers, observed const& shown) : plan_(plan), workers_(workers), shown_(shown) {}

  /// Of a run that came to its end, or was stopped in order.
  std::string verdict() const { return verdict(shown_.stopped, &judge::results_are_wrong); }

  /// Of a run that was broken off: what there is is right, there once and in order, and whatever belongs to an epoch
  /// that the workers of a sink have closed is there.
  std::string verdict_on_a_part() const { return verdict(true, &judge::part_is_wrong); }

  /// Whether a source has not emitted all that it holds.
  bool is_cut_short() const { return !is_possible(0); }

  /// Of a run that never began.
  std::string verdict_on_nothing() const {
    for (std::vector<seen> const* lists : {&shown_.sources, &shown_.steps})
      for (seen const& entry : *lists)
        if (!entry.items.empty()) return "records came out though the cluster has not formed";
    return {};
  }

 private:
  using results = std::string (judge::*)(std::size_t) const;

  std::string verdict(bool cut_short_somewhere, results wrong_results) const {
    for (std::size_t i = 0; i != plan_.sources.size(); ++i) {
      std::string const wrong = source_is_wrong(i, cut_short_somewhere);
      if (!wrong.empty()) return wrong;
    }
    // A source that has emitted everything when it is stopped may have come to its end or not.
    std::string wrong;
    std::size_t const ways = cut_short_somewhere ? std::size_t{1} << plan_.sources.size() : 1;
    for (std::size_t cut_short = 0; cut_short != ways; ++cut_short) {
      if (!is_possible(cut_short)) continue;
      wrong = (this->*wrong_results)(cut_short);
      if (wrong.empty()) return {};
    }
    return wrong;
  }

  flowing intended(std::size_t source) const {
    return reference::source(plan_.steps[source], plan_.sources[source], workers_);
  }
  bool is_possible(std::size_t cut_short) const {
    for (std::size_t i = 0; i != plan_.sources.size(); ++i)
      if ((cut_short >> i & 1) == 0 && shown_.sources[i].items.size() != intended(i).items.size()) return false;
    return true;
  }

  /// The sources themselves: all that they hold, or, when they were stopped, some of it; nothing else, nothing twice.
  std::string source_is_wrong(std::size_t number, bool cut_short) const {
    flowing const whole = intended(number);
    std::vector<item> const& got = shown_.sources[number].items;
    std::string const prefix = "source n" + std::to_string(number) + ": ";
    if (plan_.streams[plan_.steps[number].to.front()].ordering == order::total) {
      if (got.size() > whole.items.size()) return prefix + "emits more than it holds";
      for (std::size_t i = 0; i != got.size(); ++i)
        if (got[i].key != whole.items[i].key || got[i].value != whole.items[i].value) return prefix + "is not in order";
    } else {
      auto const a = sorted(got, false);
      auto const b = sorted(whole.items, false);
      if (!std::includes(b.begin(), b.end(), a.begin(), a.end())) return prefix + "emits what it does not hold";
    }
    if (!cut_short && got.size() != whole.items.size()) return prefix + "does not emit all";
    return {};
  }

  std::string results_are_wrong(std::size_t cut_short) const {
    for (std::size_t i = 0; i != plan_.sources.size(); ++i)
      if (shown_.sources[i].marks.size() != workers_)
        return "source n" + std::to_string(i) + " did not end on every worker";
    return results_are_wrong(cut_short, &judge::compare);
  }
  std::string part_is_wrong(std::size_t cut_short) const { return results_are_wrong(cut_short, &judge::compare_part); }

  using comparison = std::string (judge::*)(planned_step const&, std::size_t, reference&) const;

  std::string results_are_wrong(std::size_t cut_short, comparison differs) const {
    reference expected(plan_, workers_);
    for (std::size_t i = 0; i != plan_.sources.size(); ++i) {
      flowing& source = expected.stream(plan_.steps[i].to.front());
      source.items = shown_.sources[i].items;
      source.last_epochs = shown_.sources[i].marks;
      source.last_epochs.resize(workers_);
      for (item const& item : source.items)
        source.last_epochs[item.worker] = std::max(source.last_epochs[item.worker], item.epoch);
      source.ended = (cut_short >> i & 1) == 0;
    }
    expected.run();
    for (planned_step const& step : plan_.steps) {
      std::string wrong;
      if (is_sink(step.kind) && step.kind != op::raises)
        wrong = (this->*differs)(step, step.from.front(), expected);
      else if (step.kind == op::inspect || step.kind == op::inspect_debug)
        wrong = (this->*differs)(step, step.to.front(), expected);
      if (!wrong.empty()) return step.name() + ": " + wrong;
    }
    return {};
  }

  bool knows_dates(planned_step const& step, std::size_t stream) const {
    return plan_.streams[stream].dated && step.kind != op::library_collect && step.kind != op::inspect;
  }
  order order_at(planned_step const& step, std::size_t stream) const {
    order const ordering = plan_.streams[stream].ordering;
    if (step.kind == op::partitioned_sink_by_value) return order::none;
    return step.kind == op::partitioned_sink && ordering == order::total ? order::per_key : ordering;
  }
  static bool knows_workers(planned_step const& step) { return step.kind == op::sink || step.kind == op::moving_sink; }

  std::string compare(planned_step const& step, std::size_t stream, reference& expected) const {
    flowing& wanted = expected.stream(stream);
    seen const& got = shown_.steps[step.number];
    bool const dates = knows_dates(step, stream);
    order const ordering = order_at(step, stream);

    std::string const counts =
        std::to_string(got.items.size()) + " records, " + std::to_string(wanted.items.size()) + " are expected";
    if (sorted(got.items, false) != sorted(wanted.items, false)) return "other records: " + counts;
    if (dates && sorted(got.items, true) != sorted(wanted.items, true)) return "records are in other epochs: " + counts;
    if (ordering == order::total && plain(got.items, dates) != plain(wanted.items, dates)) return "another order";
    if (ordering == order::per_key && by_key(got.items, dates) != by_key(wanted.items, dates))
      return "another order of a key";
    if (step.kind == op::partitioned_sink && !parts_are_kept(got.items)) return "a key is in two partitions";
    if (knows_workers(step) && got.marks != wanted.last_epochs) return "marks were lost or made up";
    return {};
  }

  std::string compare_part(planned_step const& step, std::size_t stream, reference& expected) const {
    flowing& wanted = expected.stream(stream);
    seen const& got = shown_.steps[step.number];
    bool const dates = knows_dates(step, stream);
    order const ordering = order_at(step, stream);

    auto const received = sorted(got.items, dates);
    auto const reference_items = sorted(wanted.items, dates);
    if (!std::includes(reference_items.begin(), reference_items.end(), received.begin(), received.end()))
      return "of a part of a run: records that are wrong, or there twice, or in other epochs";
    if (ordering == order::total && !begins_with(plain(wanted.items, dates), plain(got.items, dates)))
      return "of a part of a run: another order";
    if (ordering == order::per_key) {
      auto whole = by_key(wanted.items, dates);
      for (auto const& [key, values] : by_key(got.items, dates))
        if (!begins_with(whole[key], values)) return "of a part of a run: another order of a key";
    }
    if (dates && knows_workers(step) && got.marks.size() == workers_ && !has_last_words()) {
      std::uint64_t const closed = *std::min_element(got.marks.begin(), got.marks.end());
      auto const is_later = [closed](item const& item) { return item.epoch > closed; };
      std::vector<item> there = received;
      std::vector<item> due = reference_items;
      std::erase_if(there, is_later);
      std::erase_if(due, is_later);
      if (there != due) return "records of an epoch that was closed are missing";
    }
    return {};
  }
  /// What a coroutine says at the end of its input it says whether or not the source's end was seen.
  bool has_last_words() const {
    return std::any_of(plan_.steps.begin(), plan_.steps.end(),
                       [](planned_step const& step) { return step.kind == op::step_with_last_word; });
  }
  static bool begins_with(std::vector<item> const& items, std::vector<item> const& beginning) {
    return beginning.size() <= items.size() && std::equal(beginning.begin(), beginning.end(), items.begin());
  }

  static std::vector<item> sorted(std::vector<item> items, bool dates) {
    items = plain(std::move(items), dates);
    std::sort(items.begin(), items.end());
    return items;
  }
  static std::vector<item> plain(std::vector<item> items, bool dates) {
    for (item& item : items) {
      item.worker = 0;
      if (!dates) item.epoch = 0;
    }
    return items;
  }
  static std::map<std::uint64_t, std::vector<item>> by_key(std::vector<item> const& items, bool dates) {
    std::map<std::uint64_t, std::vector<item>> result;
    for (item const& item : plain(items, dates)) result[item.key].push_back(item);
    return result;
  }
  static bool parts_are_kept(std::vector<item> const& items) {
    std::map<std::uint64_t, unsigned> part_of;
    for (item const& item : items)
      if (part_of.try_emplace(item.key, item.worker).first->second != item.worker) return false;
    return true;
  }

  plan const& plan_;
  unsigned workers_;
  observed const& shown_;
};

}  // namespace simulation
