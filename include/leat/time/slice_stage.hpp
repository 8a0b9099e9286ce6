// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/op/function/shown_record.hpp>
#include <leat/op/running/mark.hpp>
#include <leat/op/running/step_context.hpp>
#include <leat/op/running/worker_builder.hpp>
#include <leat/state/state_writer.hpp>
#include <leat/time/late_count.hpp>
#include <leat/time/moment.hpp>
#include <leat/time/open_window.hpp>
#include <leat/time/same_windows.hpp>
#include <leat/time/slices.hpp>
#include <leat/time/stage_by_time.hpp>
#include <leat/time/window_info.hpp>
#include <leat/time/windower.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

namespace leat::detail {

/// A step with windows that open and close for all keys together, by the time of the stream, and say nothing before:
/// keeps a table of keys for each window. Machine: window_machine.hpp, whose keys nobody asks for.
template <class K, class V, class Outputs, class Machine>
class slice_stage final : public stage_by_time<K, V, Outputs, Machine> {
  using base = stage_by_time<K, V, Outputs, Machine>;
  using content_type = typename Machine::content_type;
  using table = slices<K, content_type>;
  using cell = typename table::slice_type::cell;
  using entry_type = slice_entry<typename content_type::kept>;

  static constexpr bool windows_can_be_saved = table::saves;
  static_assert(windows_can_be_saved,
                "leat: a step with windows: keys, values and what a window makes of them must have a codec and a "
                "default constructor, since they are read back after a restart");

 public:
  static constexpr auto describe_rows = &describe_kept<typename table::row>;

  [[gnu::cold]] slice_stage(Machine const& machine, worker_builder& worker, node const& described)
      : base(machine, worker, described, describe_rows),
        table_(worker.slot_owners().slots_of(worker.worker().index()), content()),
        snapshots_(worker, step_, table_, describe_rows) {
    if (!snapshots_.loads()) return;
    table_.settle();
    keys_.set(table_.keys());
  }
  [[gnu::cold, gnu::noinline]] ~slice_stage() override = default;

  void take(std::uint64_t const* hashes, std::pair<K, V>* records, std::size_t count) override {
    guarded(step_, [&] {
      if (have_one_place(records, count))
        put(hashes, records, count, [](std::size_t i) { return i; });
      else
        put_by_place(hashes, records, count);
    });
    keys_.set(table_.keys());
    guarded(step_, [&] { outputs_.flush(); });
  }

 private:
  using base::gate_;
  using base::holds_time_;
  using base::keys_;
  using base::machine_;
  using base::now_;
  using base::outputs_;
  using base::step_;

  content_type& content() { return machine_.windows().content(); }
  auto const& windower() { return machine_.windows().windower(); }

  /// Finds out when the values happened: true if all of them belong to the windows of the last one of the batch before.
  /// What is late goes; it has no place in `times_`.
  bool have_one_place(std::pair<K, V>* records, std::size_t count) {
    late_counts left_out;
    bool all = true;
    times_.resize(count);
    for (std::size_t i = 0; i != count; ++i)
      guarded_for(step_, records[i].first, [&] {
        std::optional<moment> const at = machine_.time_of(std::as_const(records[i].second));
        bool const in_time = at && finite(*at) && *at >= now_.watermark;
        times_[i] = in_time ? *at : no_place;
        if (!in_time) [[unlikely]]
          left_out.add(miss(records[i], at));
        all &= in_time && place_.has(times_[i]);
      });
    if (left_out.all() != 0) outputs_.late.count(left_out);
    return all;
  }
  [[gnu::cold, gnu::noinline]] late_reason miss(std::pair<K, V>& given, std::optional<moment> at) {
    return machine_.miss(at, std::move(given.second), outputs_.late.read(),
                         [&](window_id id, moment when, late_reason why, V&& value) {
                           outputs_.late(given.first, late<V>{id, when, why, std::move(value)});
                         });
  }

  /// Puts values into the windows of their times, those of the same windows together: looking keys up costs least in
  /// long runs. Of a batch with many windows only neighbours are. So are they where windows overlap, or a value would
  /// come before an earlier one into a window that both are in.
  void put_by_place(std::uint64_t const* hashes, std::pair<K, V>* records, std::size_t count) {
    constexpr std::size_t most_rounds = windows_are_disjoint ? 4 : 0;
    left_.clear();
    for (std::size_t i = 0; i != count; ++i)
      if (times_[i] != no_place) left_.push_back(i);
    for (std::size_t round = 0, begin = 0; begin != left_.size(); ++round) {
      place_.find(times_[left_[begin]], windower());
      chosen_.clear();
      chosen_hashes_.clear();
      std::size_t others = begin;
      std::size_t next = begin;
      for (; next != left_.size(); ++next) {
        std::size_t const i = left_[next];
        if (place_.has(times_[i])) {
          chosen_.push_back(i);
          chosen_hashes_.push_back(hashes[i]);
        } else if (round >= most_rounds) {
          break;
        } else {
          left_[others++] = i;
        }
      }
      if (round < most_rounds)
        left_.resize(others);
      else
        begin = next;
      put(chosen_hashes_.data(), records, chosen_.size(), [this](std::size_t i) { return chosen_[i]; });
    }
  }

  /// Into the windows of `place_`. `at(i)`: which record it is.
  template <class At>
  void put(std::uint64_t const* hashes, std::pair<K, V>* records, std::size_t count, At&& at) {
    if (place_.last < place_.first) return;
    if constexpr (std::is_copy_constructible_v<V>)
      for (window_id id = place_.first; id != place_.last; ++id)
        put_in(id, hashes, records, count, at, [](V& value) { return V(std::as_const(value)); });
    put_in(place_.last, hashes, records, count, at, [](V& value) -> V&& { return std::move(value); });
  }
  template <class At, class Give>
  void put_in(window_id id, std::uint64_t const* hashes, std::pair<K, V>* records, std::size_t count, At&& at,
              Give&& give) {
    auto say = [](auto&&) {};  // nothing is said before the window closes
    content_type& folding = content();
    table_.visit(
        id, hashes, count, [&](std::size_t i) -> K const& { return records[at(i)].first; },
        [&](cell& met, std::size_t i) __attribute__((always_inline)) {
          guarded_for(step_, met.key(), [&] {
            entry_type& entry = met.state();
            if (met.fresh())
              entry.begin(folding.begin(give(records[at(i)].second), say));
            else
              folding.add(entry.kept(), give(records[at(i)].second), say);
            entry.marks.add(false);
          });
        });
  }

  bool closes_by_now() override {
    if (table_.empty()) return false;
    moment const close = windower().bounds(table_.first().keep().id).close;
    return close <= now_.watermark && close != (moment::max)();  // which only the end closes
  }

  /// A portion of the keys of windows that close, so that a million of them do not hold the worker up.
  bool close_some() override {
    if (!holds_time_ || !outputs_.ready()) return false;
    guarded(step_, [&] {
      for (std::size_t said = 0; said < base::portion && !outputs_.full() && closes_by_now();) {
        window_id const id = table_.first().keep().id;
        window_bounds const bounds = windower().bounds(id);
        said += table_.take_some_of_first(
            [&](K const& key, entry_type& entry) { speak_for(key, entry, id, bounds, false); });
      }
      outputs_.flush();
    });
    keys_.set(table_.keys());
    if (!closes_by_now()) base::pass_time();
    return true;
  }
  void speak_for(K const& key, entry_type& entry, window_id id, window_bounds bounds, bool at_end) {
    guarded_for(step_, key, [&] {
      auto outlet = outputs_.of(key);
      speak(content(), std::move(entry.kept()), entry.marks, id, bounds, at_end, {}, outlet);
    });
  }

  /// The snapshot of an end has been begun before, since it has what the end found.
  void close_epoch(mark passed) override {
    if (!ending_) snapshots_.barrier(passed);
  }

  /// A portion of the keys of the first window, in their order; then of the next one.
  bool end_some() override {
    if (!std::exchange(ending_, true) && snapshots_.loads()) {
      table_.want_all();
      snapshots_.barrier(gate_.waiting());
      table_.mark_spoken();
    }
    if (table_.empty()) return false;
    window_id const id = table_.first().keep().id;
    window_bounds const bounds = windower().bounds(id);
    bool more = true;
    guarded(step_, [&] {
      more = table_.visit_first(
          base::portion, [&](cell& met) { speak_for(met.key(), met.state(), id, bounds, true); },
          [&] { return !outputs_.full(); });
      if (!more) table_.close_first();
      outputs_.flush();
    });
    keys_.set(table_.keys());
    return !table_.empty();
  }

  static constexpr moment no_place = (moment::min)();
  static constexpr bool windows_are_disjoint =
      requires { requires std::remove_cvref_t<decltype(std::declval<Machine&>().windows().windower())>::disjoint; };

  table table_;
  state_writer snapshots_;
  same_windows place_;  ///< of the last value
  std::vector<moment> times_;
  std::vector<std::size_t> left_;
  std::vector<std::size_t> chosen_;
  std::vector<std::uint64_t> chosen_hashes_;
  bool ending_ = false;
};

}  // namespace leat::detail
