// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "simulation/meaning.hpp"
#include "simulation/plan.hpp"
#include "simulation/window_meaning.hpp"
#include "simulation/window_model.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace simulation {

/// A record with the epoch that it belongs to; with zero in a stream whose epochs are not known.
struct item {
  std::uint64_t key;
  std::uint64_t value;
  std::uint64_t epoch;
  unsigned worker;  ///< in a stream that no exchange has come before

  auto operator<=>(item const&) const = default;
};

/// All of a stream.
struct flowing {
  std::vector<item> items;
  std::vector<std::uint64_t> last_epochs;  ///< by worker: the epoch that the stream ends in
  bool ended = true;                       ///< it was not cut short by a stop
};

/// Says what comes of a flow, on one thread, from plain vectors.
class reference {
 public:
  reference(plan const& plan, unsigned workers) : plan_(&plan), workers_(workers), streams_(plan.streams.size()) {}

  flowing& stream(std::size_t number) { return streams_[number]; }
  void grow(std::size_t streams) { streams_.resize(streams); }

  /// What the sources hold, as of one epoch.
  static flowing source(planned_step const& step, planned_source const& from, unsigned workers) {
    flowing result;
    result.last_epochs.assign(workers, 1);
    unsigned const times = step.kind == op::generate_everywhere ? workers : 1;
    for (unsigned n = 0; n != times; ++n)
      for (auto const& partition : from.partitions)
        for (planned_record const& r : partition) {
          step.f(r.value);
          result.items.push_back({r.key, r.value, 1, 0});
        }
    return result;
  }

  /// All steps behind the sources, whose streams have been filled.
  void run() {
    for (planned_step const& step : plan_->steps)
      if (!is_source(step.kind)) run(step);
  }

  void run(planned_step const& step) {
    if (step.to.empty()) return;
    bool const dated = plan_->streams[step.to.front()].dated;
    flowing in = streams_[step.from.front()];
    for (std::size_t i = 1; i != step.from.size(); ++i) join_ends(in, streams_[step.from[i]]);
    if (step.kind == op::window) return windows(step, std::move(in));
    if (moves(step.kind)) even_out(in);
    flowing out;
    out.last_epochs = in.last_epochs;
    out.ended = in.ended;
    if (step.kind == op::merge) {
      out.items = in.items;
      for (std::size_t i = 1; i != step.from.size(); ++i)
        out.items.insert(out.items.end(), streams_[step.from[i]].items.begin(), streams_[step.from[i]].items.end());
    } else if (step.kind == op::join) {
      join(step, out);
    } else if (step.kind == op::branch || step.kind == op::chain_branch) {
      flowing others = out;
      for (item const& taken : in.items) {
        if (step.kind == op::chain_branch && !step.f.keeps(taken.value)) continue;
        item changed = taken;
        if (step.kind == op::chain_branch) changed.value = step.f(taken.value);
        (step.f.keeps(changed.value) ? out : others).items.push_back(changed);
      }
      streams_[step.to[1]] = std::move(others);
    } else if (is_around_a_step(step.kind)) {
      flowing others = out;
      others.items = in.items;
      std::erase_if(others.items, [](item const& item) { return !fails(item.value); });
      std::erase_if(in.items, [](item const& item) { return fails(item.value); });
      if (meets_state(step.kind))
        by_key(step, in, out);
      else
        one_by_one(step, in, out);
      streams_[step.to[1]] = std::move(others);
    } else if (meets_state(step.kind)) {
      by_key(step, in, out);
    } else {
      one_by_one(step, in, out);
    }
    if (!dated)
      for (item& item : out.items) item.epoch = 0;
    streams_[step.to.front()] = std::move(out);
  }

 private:
  static void join_ends(flowing& in, flowing const& other) {
    for (std::size_t w = 0; w != in.last_epochs.size(); ++w)
      in.last_epochs[w] = std::max(in.last_epochs[w], other.last_epochs[w]);
    in.ended = in.ended && other.ended;
  }
  static void even_out(flowing& in) {
    std::uint64_t const last = *std::max_element(in.last_epochs.begin(), in.last_epochs.end());
    std::fill(in.last_epochs.begin(), in.last_epochs.end(), last);
  }

  static void one_by_one(planned_step const& step, flowing const& in, flowing& out) {
    std::uint64_t seen = 0;
    for (item const& item : in.items) {
      ++seen;
      auto const emit = [&](std::uint64_t key, std::uint64_t value) {
        out.items.push_back({key, value, item.epoch, item.worker});
      };
      std::uint64_t const k = item.key;
      std::uint64_t const v = item.value;
      switch (step.kind) {
        case op::map:
        case op::or_else_map:
        case op::map_value:
        case op::map_value_to_view:
        case op::compose:
        case op::async_map:
        case op::async_map_unordered:
          emit(k, step.f(v));
          break;
        case op::map_key:
        case op::key_rm:
          emit(step.f(v) % step.keys, v);
          break;
        case op::key_on:
          emit(step.f(v) % step.keys, v + k);
          break;
        case op::filter:
        case op::or_else_filter:
        case op::filter_value:
          if (step.f.keeps(v)) emit(k, v);
          break;
        case op::filter_map:
        case op::filter_map_value:
          if (step.f.keeps(v)) emit(k, step.f(v));
          break;
        case op::flat_map:
        case op::flat_map_emit:
        case op::or_else_flat_map:
        case op::flatten:
        case op::flat_map_value:
        case op::flat_map_batch:
        case op::step:
          for (std::size_t i = 0; i != step.f.copies(v); ++i) emit(k, v + i);
          break;
        case op::enrich_cached:
          emit(k, v + step.f(k));
          break;
        case op::chain:
          if (step.f.keeps(step.f(v)))
            for (std::size_t i = 0; i != step.f.copies(step.f(v)); ++i) emit(k, step.f(step.f(v) + i));
          break;
        case op::chain_redistribute:
          if (step.f.keeps(v))
            for (std::size_t i = 0; i != step.f.copies(step.f(v)); ++i) emit(k, step.f(v) + i);
          break;
        case op::step_of_first:
          if (seen <= step.most) emit(k, v);
          break;
        case op::step_with_last_word:
          emit(k, seen == 1 ? v : v - in.items[seen - 2].value);
          break;
        case op::async_map_outcome:
          if (fails(v) || hangs(v))
            emit(0, fails(v) ? 7 : 11);
          else
            emit(k, step.f(v));
          break;
        default:
          emit(k, v);
          break;
      }
    }
    if (step.kind == op::step_with_last_word && !in.items.empty()) {
      item const& last = in.items.back();
      out.items.push_back({last.key, in.items.size(), in.last_epochs[last.worker], last.worker});
    }
  }

  /// The values of each key, in the order in which they meet its state.
  static std::map<std::uint64_t, std::vector<item>> grouped(std::vector<item> const& items) {
    std::map<std::pair<std::uint64_t, std::uint64_t>, std::vector<item>> by_epoch;
    for (item const& item : items) by_epoch[{item.key, item.epoch}].push_back(item);
    std::map<std::uint64_t, std::vector<item>> by_key;
    for (auto const& [key_and_epoch, values] : by_epoch) {
      std::vector<item>& of_key = by_key[key_and_epoch.first];
      of_key.insert(of_key.end(), values.begin(), values.end());
    }
    return by_key;
  }

  static void by_key(planned_step const& step, flowing const& in, flowing& out) {
    std::vector<item> items = in.items;
    if (step.kind == op::count_final)
      for (item& item : items) item.key = step.f(item.value) % step.keys;
    if (step.kind == op::chain_stateful_map || step.kind == op::chain_reduce_final) {
      std::erase_if(items, [&](item const& item) { return !step.f.keeps(item.value); });
      for (item& item : items) item.value = step.f(item.value);
    }
    for (auto const& [key, values] : grouped(items)) {
      auto const emit = [&out, k = key](std::uint64_t value, std::uint64_t epoch) {
        out.items.push_back({k, value, epoch, 0});
      };
      std::uint64_t const last_epoch = in.last_epochs.front();
      switch (step.kind) {
        case op::fold_final:
        case op::reduce_final:
        case op::chain_reduce_final:
        case op::max_final:
        case op::min_final:
        case op::count_final: {
          std::uint64_t const result = folded(step, values);
          if (in.ended) emit(result, last_epoch);
          break;
        }
        case op::collect:
          collect(step, values, in.ended, last_epoch, emit);
          break;
        case op::collect_timed:
        case op::stateful_later:
          for (item const& item : values) emit(item.value, 0);
          break;
        case op::stateful_at_once:
          for (item const& item : values) emit(item.value + 1, 0);
          break;
        default:
          run_through(step, values, in.ended, last_epoch, emit);
          break;
      }
    }
  }

  static std::uint64_t folded(planned_step const& step, std::vector<item> const& values) {
    std::uint64_t result = step.kind == op::fold_final || step.kind == op::count_final ? 0 : values.front().value;
    for (std::size_t i = 0; i != values.size(); ++i) {
      std::uint64_t const v = values[i].value;
      if (step.kind == op::fold_final)
        result = step.in_order ? mixed(result + step.f(v)) : result + step.f(v);
      else if (step.kind == op::count_final)
        ++result;
      else if (i == 0)
        continue;
      else if (step.kind == op::max_final)
        result = std::max(result, v);
      else if (step.kind == op::min_final)
        result = std::min(result, v);
      else
        result = step.in_order ? composed(result, v) : result + v;
    }
    return result;
  }

  template <class Emit>
  static void collect(planned_step const& step, std::vector<item> const& values, bool ended, std::uint64_t last_epoch,
                      Emit const& emit) {
    std::vector<std::uint64_t> group;
    for (item const& item : values) {
      group.push_back(item.value);
      if (group.size() != step.most) continue;
      emit(digest_of_group(group, step.in_order), item.epoch);
      group.clear();
    }
    if (!group.empty() && ended) emit(digest_of_group(group, step.in_order), last_epoch);
  }

  template <class Emit>
  static void run_through(planned_step const& step, std::vector<item> const& values, bool ended,
                          std::uint64_t last_epoch, Emit const& emit) {
    running state;
    for (item const& item : values) {
      std::uint64_t const result = state.take(item.value, step.f, step.in_order);
      if (step.kind == op::first_of_key) {
        if (state.count == 1) emit(result, item.epoch);
        continue;
      }
      std::uint64_t const times = step.kind == op::stateful_flat_map ? result % 3 : 1;
      for (std::uint64_t i = 0; i != times; ++i) emit(result + i, item.epoch);
      if (state.count == step.most) state = {};
    }
    bool const speaks_at_end = step.kind == op::stateful || step.kind == op::stateful_batch;
    if (speaks_at_end && ended && state.count != 0) emit(state.digest + 1, last_epoch);
  }

  void windows(planned_step const& step, flowing in) {
    flowing dated_late;  // of the step that dates the records, before they go to the owners of their keys
    dated_late.last_epochs = in.last_epochs;
    dated_late.ended = in.ended;
    even_out(in);
    flowing down;
    down.last_epochs = in.last_epochs;
    down.ended = in.ended;
    flowing late = down;
    flowing meta = down;
    std::uint64_t const last_epoch = in.last_epochs.front();
    std::map<std::uint64_t, key_model> keys;
    if (step.windows.by_stream) {
      std::int64_t const bound = date(step, in, keys, dated_late);
      for (auto& [key, model] : keys) model.close_until(bound, last_epoch);
      if (step.windows.windower != windowing::session) dated_late.last_epochs = late.last_epochs;
      late = std::move(dated_late);
    } else {
      for (auto const& [key, values] : grouped(in.items)) {
        key_model& model = keys.try_emplace(key, step.windows).first->second;
        for (item const& item : values) model.take(item.value, item.epoch);
      }
    }
    for (auto& [key, model] : keys) {
      if (in.ended) model.end(last_epoch);
      for (model_result const& each : model.results) {
        std::uint64_t const said = digest_of_window(each.id, each.open, each.close, static_cast<unsigned>(each.why),
                                                    content(step, each.values));
        down.items.push_back({key, said, each.epoch, 0});
        if (!each.told_of) continue;
        std::vector<std::int64_t> const merged = step.in_order ? each.merged : std::vector<std::int64_t>();
        meta.items.push_back({key, digest_of_close(each.id, each.open, each.close, merged), each.epoch, 0});
      }
      for (model_late const& each : model.late) late.items.push_back({key, digest(step, each), each.epoch, 0});
    }
    std::vector<flowing*> const outputs{&down, &late, &meta};
    for (std::size_t i = 0; i != step.to.size(); ++i) {
      if (!plan_->streams[step.to[i]].dated)
        for (item& item : outputs[i]->items) item.epoch = 0;
      streams_[step.to[i]] = std::move(*outputs[i]);
    }
  }

  /// Of a stream in whose order a partition's records are in theirs. Returns the time that the stream comes to.
  std::int64_t date(planned_step const& step, flowing const& in, std::map<std::uint64_t, key_model>& keys,
                    flowing& late) const {
    planned_windows const& of = step.windows;
    std::map<std::size_t, std::int64_t> bounds;
    std::int64_t greatest = no_time;
    for (item const& item : in.items) {
      key_model& model = keys.try_emplace(item.key, of).first->second;
      std::optional<std::int64_t> const at = model.date(of.time_of(item.value), item.value, item.epoch);
      std::int64_t& bound = bounds.try_emplace(partition_of(step.from.front(), item.key), no_time).first->second;
      if (at && of.late_by != end_of_time && (of.all_credible || planned_windows::trusted(*at)))
        bound = std::max(bound, *at - of.late_by);
      greatest = std::max(greatest, bound);
      if (at && *at >= bound)
        model.accept({*at, item.value});
      else if (at)
        model.miss({*at, item.value}, item.epoch);
      for (model_late const& each : model.late)
        late.items.push_back({item.key, digest(step, each), each.epoch, item.worker});
      model.late.clear();
    }
    return greatest;
  }
  /// Which of a source's partitions the key comes from, where it is the source's stream; else they are no more known.
  std::size_t partition_of(std::size_t stream, std::uint64_t key) const {
    for (std::size_t i = 0; i != plan_->sources.size(); ++i)
      if (plan_->steps[i].to.front() == stream)
        for (std::size_t part = 0; part != plan_->sources[i].partitions.size(); ++part)
          for (planned_record const& r : plan_->sources[i].partitions[part])
            if (r.key == key) return part;
    return 0;
  }

  static std::uint64_t digest(planned_step const& step, model_late const& each) {
    bool const counts = step.windows.result == made_of_window::count;
    return digest_of_late(each.id, each.at, static_cast<unsigned>(each.why), counts ? 0 : each.value);
  }
  static std::uint64_t content(planned_step const& step, std::vector<std::uint64_t> const& values) {
    if (step.windows.result == made_of_window::count) return values.size();
    if (step.windows.result == made_of_window::collect) return digest_of_group(values, step.in_order);
    std::uint64_t result = fold_begin(step.in_order);
    if (step.windows.result == made_of_window::fold) {
      for (std::uint64_t value : values) result = fold_next(step.in_order, result, step.f(value));
    } else {
      result = values.front();
      for (std::size_t i = 1; i != values.size(); ++i)
        result = step.in_order ? composed(result, values[i]) : result + values[i];
    }
    return result;
  }

  void join(planned_step const& step, flowing& out) {
    std::vector<std::map<std::uint64_t, std::vector<item>>> sides;
    std::map<std::uint64_t, bool> keys;
    for (std::size_t from : step.from) {
      sides.push_back(grouped(streams_[from].items));
      for (auto& [key, values] : sides.back()) {
        keys[key] = true;
        if (step.insertion == kept::first) values.resize(1, values.front());
        if (step.insertion == kept::last) values = {values.back()};
      }
    }
    flowing ends = streams_[step.from.front()];
    for (std::size_t from : step.from) join_ends(ends, streams_[from]);
    even_out(ends);
    if (step.emission == joined::final && !ends.ended) return;
    for (auto const& [key, unused] : keys) {
      std::vector<row> rows{{}};
      std::vector<std::uint64_t> epochs{0};
      bool complete = true;
      for (auto& side : sides) {
        std::vector<item> const values = side.contains(key) ? side[key] : std::vector<item>();
        complete = complete && !values.empty();
        std::vector<row> longer;
        std::vector<std::uint64_t> later;
        for (std::size_t i = 0; i != rows.size(); ++i) {
          if (values.empty()) {
            longer.push_back(rows[i]);
            longer.back().push_back(std::nullopt);
            later.push_back(epochs[i]);
          }
          for (item const& value : values) {
            longer.push_back(rows[i]);
            longer.back().push_back(value.value);
            later.push_back(std::max(epochs[i], value.epoch));
          }
        }
        rows = std::move(longer);
        epochs = std::move(later);
      }
      bool const is_rest = step.emission == joined::complete_and_rest && !complete;
      if (is_rest && !ends.ended) continue;
      if (step.emission != joined::final && !complete && !is_rest) continue;
      for (std::size_t i = 0; i != rows.size(); ++i)
        out.items.push_back({key, digest_of_row(rows[i]),
                             step.emission == joined::final || is_rest ? ends.last_epochs.front() : epochs[i], 0});
    }
  }

  plan const* plan_;
  unsigned workers_;
  std::vector<flowing> streams_;
};

}  // namespace simulation
