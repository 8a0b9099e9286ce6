// SPDX-License-Identifier: BSL-1.0
#include <doctest/doctest.h>

#include "fixture/chance.hpp"
#include "fixture/time_probe.hpp"
#include "simulation/shape.hpp"

#include <leat/flow.hpp>
#include <leat/from/source.hpp>
#include <leat/op/async_map.hpp>
#include <leat/op/branch.hpp>
#include <leat/op/filter.hpp>
#include <leat/op/flat_map.hpp>
#include <leat/op/flat_map_batch.hpp>
#include <leat/op/key_on.hpp>
#include <leat/op/key_rm.hpp>
#include <leat/op/map.hpp>
#include <leat/op/merge.hpp>
#include <leat/op/or_else.hpp>
#include <leat/op/step.hpp>
#include <leat/op/waiting.hpp>
#include <leat/route/redistribute.hpp>
#include <leat/run/simulated/cluster.hpp>
#include <leat/state/stateful_map.hpp>
#include <leat/to/collect.hpp>
#include <leat/to/output.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

/// Flows that carry times, in simulated clusters: a record's value is its event time, and no step changes it.
namespace {

using leat::test::chance;
using leat::test::mixed;
using leat::test::sighting;
using numbers = leat::stream<std::int64_t>;

constexpr std::int64_t unknown = leat::detail::stream_time::nothing_known;

struct drawn_source {
  explicit drawn_source(chance& dice)
      : partitions(static_cast<std::int64_t>(dice.between(1, 4))),
        count(static_cast<std::int64_t>(dice.between(1, 80))),
        burst(dice.between(1, 6)),
        says_one_in(dice.between(1, 5)),
        pauses(dice.one_in(2)),
        falls_asleep(dice.one_in(3)),
        salt(dice.number()) {}

  std::int64_t partitions;
  std::int64_t count;
  std::uint64_t burst;
  std::uint64_t says_one_in;  ///< records
  bool pauses;
  bool falls_asleep;  ///< when it has given all
  std::uint64_t salt;
};

/// Partitions that deal the numbers below `count` out among them, and now and then say the last one as their time.
class dated_numbers {
 public:
  using record = std::int64_t;
  using position = leat::no_position;

  explicit dated_numbers(drawn_source const& source) : source_(source) {}

  class partition {
   public:
    partition(std::int64_t first, drawn_source const& source, leat::step_services const& services)
        : next_(first), source_(source), services_(services) {}
    bool next_batch(leat::emitter<std::int64_t>& out) {
      if (next_ >= source_.count) return false;
      for (std::uint64_t n = 0; n != source_.burst && next_ < source_.count; ++n, next_ += source_.partitions) {
        out(next_);
        bool const is_last = next_ + source_.partitions >= source_.count;
        if (is_last || drawn(next_) % source_.says_one_in == 0) time_.watermark = next_;
        time_.idle = is_last && source_.falls_asleep;
      }
      return next_ < source_.count || source_.falls_asleep;
    }
    std::optional<leat::steady_time> next_awake() const {
      bool const waits = source_.pauses && drawn(next_) % 3 == 0;
      return services_.now() + std::chrono::nanoseconds(waits ? 1 + drawn(next_) % 100'000 : 1);
    }
    leat::detail::stream_time time() const { return time_; }

   private:
    std::uint64_t drawn(std::int64_t number) const { return mixed(static_cast<std::uint64_t>(number) ^ source_.salt); }

    std::int64_t next_;
    drawn_source source_;
    leat::step_services services_;
    leat::detail::stream_time time_;
  };

  std::vector<std::string> list_parts() const {
    std::vector<std::string> names;
    for (std::int64_t i = 0; i != source_.partitions; ++i) names.push_back(std::to_string(i));
    return names;
  }
  partition build_part(std::string const& name, std::optional<position> const&,
                       leat::step_services const& services) const {
    return {std::stoll(name), source_, services};
  }

 private:
  drawn_source source_;
};

leat::task<std::int64_t> look_up(std::int64_t value) {
  std::uint64_t const chosen = mixed(static_cast<std::uint64_t>(value));
  if (chosen % 4 == 1) co_await leat::next_turn();
  if (chosen % 4 == 2) co_await leat::sleep(std::chrono::nanoseconds(1 + chosen % 50'000));
  co_return value;
}

leat::task<> now_and_then(leat::inlet<std::int64_t>& in, leat::outlet<std::int64_t>& out) {
  while (auto batch = co_await in.next())
    for (std::int64_t const number : *batch) {
      out(number);
      if (mixed(static_cast<std::uint64_t>(number)) % 5 == 0) co_await leat::next_turn();
      if (mixed(static_cast<std::uint64_t>(number)) % 7 == 0) co_await leat::sleep(std::chrono::microseconds(3));
    }
}

/// A stream, and what is known of the times that it carries.
struct dated_stream {
  numbers records;
  std::int64_t greatest;       ///< that its sources say
  bool every_worker_has_them;  ///< it has come through an exchange
};

class drawn_flow {
 public:
  explicit drawn_flow(chance& dice) : dice_(dice), flow_("times") {
    dated_stream at = source();
    for (std::uint64_t steps = dice.between(1, 6); steps != 0; --steps) at = step(std::move(at));
    at.records | leat::output("out", leat::to::collect(out_));
  }

  leat::flow const& flow() const { return flow_; }
  std::vector<sighting> log;
  std::vector<dated_stream> places;

 private:
  dated_stream probed(numbers records, std::int64_t greatest, bool everywhere) {
    leat::test::probe(records, static_cast<int>(places.size()), log);
    places.push_back({records, greatest, everywhere});
    return places.back();
  }
  dated_stream source() {
    drawn_source const source(dice_);
    return probed(flow_.input("in_" + std::to_string(places.size()), dated_numbers(source)), source.count - 1, false);
  }

  dated_stream step(dated_stream from) {
    std::string const name = "step_" + std::to_string(places.size());
    numbers const& in = from.records;
    auto const same = [](std::int64_t value) { return value; };
    switch (dice_.below(10)) {
      case 0:
        return next(from, in | leat::map(same) | leat::filter([](std::int64_t value) { return value % 5 != 4; }));
      case 1:
        return next(from, in | leat::flat_map([](std::int64_t value) { return std::vector<std::int64_t>(3, value); }));
      case 2:
        return next(from, in | leat::flat_map_batch([](std::span<std::int64_t> batch) {
                            return std::vector<std::int64_t>(batch.begin(), batch.end());
                          }));
      case 3: {
        auto sides = in | leat::branch([](std::int64_t value) { return value % 3 == 0; });
        return next(from, leat::merge(name, sides.trues, sides.falses));
      }
      case 4: {
        dated_stream const other = source();
        return probed(leat::merge(name, in, other.records), std::max(from.greatest, other.greatest),
                      from.every_worker_has_them && other.every_worker_has_them);
      }
      case 5: {
        numbers const kept = in | leat::key_on([](std::int64_t value) { return value % 7; }) |
                             leat::stateful_map(name,
                                                [](std::optional<std::int64_t>& seen, std::int64_t value) {
                                                  seen = seen.value_or(0) + 1;
                                                  return value;
                                                }) |
                             leat::key_rm();
        return probed(kept, from.greatest, true);
      }
      case 6: {
        std::size_t const most = dice_.between(1, 8);
        if (dice_.one_in(2))
          return next(from, in | leat::async_map(name, look_up, leat::in_flight(most), leat::ordered));
        return next(from, in | leat::async_map(name, look_up, leat::in_flight(most), leat::unordered));
      }
      case 7:
        return next(from, in | leat::step(name, now_and_then));
      case 8:
        return next(from, (in | leat::or_else(leat::map(name, same))).down);
      default:
        return probed(in | leat::redistribute(name), from.greatest, true);
    }
  }
  dated_stream next(dated_stream const& from, numbers records) {
    return probed(std::move(records), from.greatest, from.every_worker_has_them);
  }

  chance& dice_;
  leat::flow flow_;
  std::vector<std::int64_t> out_;
};

/// What one worker saw at one place: what is wrong with it, the last time, and how many records came behind a time.
struct verdict {
  std::string wrong;
  std::int64_t last = unknown;
  std::size_t records_behind_a_time = 0;
};

verdict judge(std::vector<sighting> seen) {
  std::sort(seen.begin(), seen.end(),
            [](sighting const& a, sighting const& b) { return std::get<2>(a) < std::get<2>(b); });
  verdict result;
  bool over = false;
  for (auto const& [place, worker, number, event, value, idle] : seen) {
    if (over) result.wrong = "something follows the last mark";
    if (event == leat::test::saw_time && value < result.last) result.wrong = "the time goes back";
    if (event == leat::test::saw_time) result.last = std::max(result.last, value);
    if (event == leat::test::saw_record && value < result.last)
      result.wrong = "a record is older than the time before it";
    if (event == leat::test::saw_record && result.last != unknown) ++result.records_behind_a_time;
    over = event == leat::test::saw_last_mark;
  }
  if (!over) result.wrong = "the last mark is missing";
  return result;
}

/// How many records came behind a time, anywhere.
std::size_t run(std::uint64_t seed) {
  chance dice(seed);
  simulation::drawn_shape shape = simulation::draw_shape(dice);
  shape.simulation.forms = false;
  shape.simulation.heartbeats = false;
  drawn_flow drawn(dice);
  leat::detail::simulated_cluster cluster(drawn.flow().description(), shape.simulation);
  leat::detail::simulated_runtime& world = cluster.world();
  cluster.begin();
  if (shape.stopped_after) world.after(*shape.stopped_after, [&] { cluster.process(shape.stopped_at).stop(); });
  while (!world.all_done())
    if (!world.step(leat::detail::never)) world.fail_stuck();
  cluster.rethrow();

  std::map<std::pair<int, unsigned>, std::vector<sighting>> by_place;
  for (sighting const& each : drawn.log) by_place[{std::get<0>(each), std::get<1>(each)}].push_back(each);
  std::vector<std::int64_t> last(drawn.places.size(), unknown);
  std::size_t behind_a_time = 0;
  for (auto const& [at, seen] : by_place) {
    CAPTURE(at.first);
    CAPTURE(at.second);
    verdict const found = judge(seen);
    CHECK(found.wrong == "");
    auto const place = static_cast<std::size_t>(at.first);
    last[place] = std::max(last[place], found.last);
    behind_a_time += found.records_behind_a_time;
    if (!shape.stopped_after && drawn.places[place].every_worker_has_them)
      CHECK(found.last == drawn.places[place].greatest);
  }
  CHECK(by_place.size() == drawn.places.size() * shape.workers());
  for (std::size_t place = 0; place != last.size(); ++place) {
    CAPTURE(place);
    if (!shape.stopped_after) CHECK(last[place] == drawn.places[place].greatest);
    CHECK(last[place] <= drawn.places[place].greatest);
  }
  return behind_a_time;
}

}  // namespace

TEST_CASE("flows that carry times: none overtakes a record or goes back, and every worker hears the last one") {
  std::size_t behind_a_time = 0;
  std::uint64_t const seeds = std::getenv("LEAT_TEST_LONG") != nullptr ? 20'000 : 1000;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    CAPTURE(seed);
    behind_a_time += run(seed);
  }
  CHECK(behind_a_time > 100 * seeds);  // else nothing could have been overtaken
}
