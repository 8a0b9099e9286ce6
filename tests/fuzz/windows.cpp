// SPDX-License-Identifier: BSL-1.0
// Whatever times the values of a key have, in whatever order, and wherever it is written down and read back, or its
// input ends and goes on: its windows give what a plain model of them gives.
#include <leat/time.hpp>

#include "fuzz/script.hpp"
#include "simulation/window_model.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <utility>
#include <vector>

namespace {

using simulation::key_model;
using simulation::model_late;
using simulation::model_result;
using simulation::planned_windows;
using simulation::spoke;
using simulation::windowing;

struct event {
  bool has_time = false;
  std::int64_t at = 0;
  std::uint64_t number = 0;

  std::optional<leat::moment> time() const {
    return has_time ? std::optional(leat::moment(std::chrono::nanoseconds(at))) : std::nullopt;
  }
  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive & has_time & at & number;
  }
};

std::int64_t number_of(leat::moment at) { return at.time_since_epoch().count(); }

/// Takes down what the windows of the key say.
class said {
 public:
  auto speaker(leat::window_id id, leat::window_bounds bounds, leat::window_reason why, bool = false) {
    return [this, id, bounds, why](std::vector<event> const& values) {
      spoke const reason = why == leat::window_reason::on_time  ? spoke::on_time
                           : why == leat::window_reason::at_end ? spoke::at_end
                                                                : spoke::correction;
      model_result& result = results.emplace_back(
          model_result{id, number_of(bounds.open), number_of(bounds.close), reason, {}, {}, false, 0});
      for (event const& each : values) result.values.push_back(each.number);
    };
  }
  void closed(leat::window_id id, leat::window_bounds, std::vector<leat::window_id> merged = {}) {
    std::sort(merged.begin(), merged.end());
    closes.emplace_back(id, std::move(merged));
  }

  std::vector<model_result> results;
  std::vector<std::pair<leat::window_id, std::vector<leat::window_id>>> closes;
  std::vector<model_late> late;
};

planned_windows drawn(fuzz::input& in) {
  planned_windows of;
  of.windower = static_cast<windowing>(in.number<std::uint8_t>() % 6);
  auto const options = in.number<std::uint8_t>();
  unsigned const scale = in.number<std::uint8_t>() % 50;
  of.offset = (1 + static_cast<std::int64_t>(in.number<std::uint8_t>())) << scale;
  of.length = of.offset * (1 + options % 8);
  if (of.windower == windowing::sliding) of.length += static_cast<std::int64_t>(in.number<std::uint32_t>()) % of.offset;
  if (of.windower == windowing::session && options >= 250) of.length = 0;
  if (of.windower == windowing::counting) of.length = 1 + options % 8;
  of.align = in.number<std::int64_t>() >> (4 + options % 16);
  of.late_by = options % 5 == 0 ? 0 : static_cast<std::int64_t>(in.number<std::uint16_t>()) << scale % 40;
  of.ordered = of.windower != windowing::counting && options % 2 == 0;
  of.while_open = !of.ordered && options % 3 == 0 && of.windower != windowing::session;
  of.all_credible = true;
  return of;
}

template <bool Ordered, class Clock, class Windower>
void run(fuzz::input& in, planned_windows const& of, Clock clock, Windower windower) {
  auto windows = leat::detail::windows_of(windower, leat::detail::collected_content<std::vector<event>, event>());
  leat::detail::window_machine<Clock, decltype(windows), Ordered> machine(std::move(clock), std::move(windows));
  using machine_type = decltype(machine);
  typename machine_type::state key;
  said got;
  key_model model(of);
  std::int64_t last = of.align;
  bool has_gone_on = false;
  for (std::uint64_t number = 0; !in.empty() && number != 300; ++number) {
    auto const what = in.number<std::uint8_t>();
    event next{what % 16 != 0, last, number};
    if (what % 4 == 1) {
      constexpr leat::detail::wide_count furthest = leat::detail::wide_count{1} << 60;
      leat::detail::wide_count const moved =
          next.at + leat::detail::wide_count{of.offset} * in.number<std::int8_t>() / 4;
      next.at = static_cast<std::int64_t>(std::clamp(moved, -furthest, furthest));
    }
    if (what % 4 == 2) next.at += in.number<std::int16_t>();
    if (what == 3) next.at = in.number<std::int64_t>() >> 4;
    if (next.at > std::int64_t{1} << 60 || next.at < -(std::int64_t{1} << 60)) next.at = of.align;
    last = next.at;
    model.take(next.has_time ? std::optional(next.at) : std::nullopt, number, 0);
    machine.take(key, event(next), leat::reading(), got, true,
                 [&](leat::window_id id, leat::moment at, leat::late_reason why, event&& value) {
                   got.late.push_back({id, number_of(at), static_cast<simulation::missed>(why), value.number, 0});
                 });
    if (what / 16 == 1) {
      leat::byte_buffer bytes;
      leat::output_archive(bytes) & machine.save(key);
      typename machine_type::saved saved;
      leat::input_archive(bytes.bytes()) & saved;
      key = machine.load(std::move(saved));
    } else if (what == 0x20) {
      has_gone_on = true;
      machine.end(key, true, got);
      model.end(0);
      key = machine.load(std::move(*key.at_end));
    }
  }
  machine.end(key, false, got);
  model.end(0);

  std::vector<std::pair<leat::window_id, std::vector<leat::window_id>>> closes;
  for (model_result& each : model.results) {
    std::vector<leat::window_id> merged = std::exchange(each.merged, {});
    if (std::exchange(each.told_of, false)) closes.emplace_back(each.id, std::move(merged));
  }
  if (got.results != model.results || got.late != model.late) std::abort();
  if (!has_gone_on && got.closes != closes) std::abort();
}

template <class Windower>
void run_with_clock(fuzz::input& in, planned_windows const& of, Windower windower) {
  leat::late_by const late{std::chrono::nanoseconds(of.late_by)};
  leat::credible const all(leat::forever);
  auto const clock = of.while_open ? leat::event_clock(&event::time, late, all, leat::data_only(), leat::while_open())
                                   : leat::event_clock(&event::time, late, all, leat::data_only());
  if (of.ordered)
    run<true>(in, of, clock, windower);
  else
    run<false>(in, of, clock, windower);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  fuzz::input in(data, size);
  planned_windows const of = drawn(in);
  std::chrono::nanoseconds const length(of.length);
  std::chrono::nanoseconds const offset(of.offset);
  leat::moment const align{std::chrono::nanoseconds(of.align)};
  switch (of.windower) {
    case windowing::tumbling:
      run_with_clock(in, of, leat::tumbling(length, align));
      break;
    case windowing::sliding:
      run_with_clock(in, of, leat::sliding(length, offset, align));
      break;
    case windowing::cumulating:
      run_with_clock(in, of, leat::cumulating(length, offset, align));
      break;
    case windowing::everything:
      run_with_clock(in, of, leat::everything());
      break;
    case windowing::session:
      run_with_clock(in, of, leat::session(length));
      break;
    case windowing::counting:
      run<false>(in, of, leat::detail::no_clock(), leat::counting(of.length));
      break;
  }
  return 0;
}
