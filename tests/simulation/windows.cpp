// SPDX-License-Identifier: BSL-1.0
#include "simulation/build.hpp"
#include "simulation/functions.hpp"
#include "simulation/kinds.hpp"
#include "simulation/meaning.hpp"
#include "simulation/window_meaning.hpp"
#include "simulation/window_model.hpp"

#include <leat/from/iterable.hpp>
#include <leat/op/filter.hpp>
#include <leat/op/map.hpp>
#include <leat/time.hpp>
#include <leat/to/for_each.hpp>
#include <leat/to/output.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>
#include <vector>

/// Steps with windows. Their records are texts, of which copies and encodings may fail.
namespace simulation {
namespace {

using key = texts::key;
using datum = texts::datum;
using numbered = std::pair<key, std::uint64_t>;
using records = leat::stream<texts::record>;

leat::moment moment_of(std::int64_t at) { return leat::moment(std::chrono::nanoseconds(at)); }
std::int64_t number_of(leat::moment at) { return at.time_since_epoch().count(); }
std::optional<leat::moment> time_of(planned_windows const& of, datum const& value) {
  std::optional<std::int64_t> const at = of.time_of(texts::number(value));
  return at ? std::optional(moment_of(*at)) : std::nullopt;
}

/// A windower of the user's that is one of leat's, so that one instantiation of a step has them all.
class drawn_windower {
 public:
  explicit drawn_windower(planned_windows const& of) : windower_(chosen(of)) {}

  leat::window_id first_of(leat::moment at) const {
    return std::visit([at](auto const& each) { return each.first_of(at); }, windower_);
  }
  leat::window_id last_of(leat::moment at) const {
    return std::visit([at](auto const& each) { return each.last_of(at); }, windower_);
  }
  leat::window_bounds bounds(leat::window_id id) const {
    return std::visit([id](auto const& each) { return each.bounds(id); }, windower_);
  }
  std::string parameters() const {
    return std::visit([](auto const& each) { return each.parameters(); }, windower_);
  }

 private:
  using any = std::variant<leat::tumbling, leat::sliding, leat::cumulating, leat::everything>;
  static any chosen(planned_windows const& of) {
    std::chrono::nanoseconds const length(of.length);
    std::chrono::nanoseconds const offset(of.offset);
    switch (of.windower) {
      case windowing::tumbling:
        return leat::tumbling(length, moment_of(of.align));
      case windowing::sliding:
        return leat::sliding(length, offset, moment_of(of.align));
      case windowing::cumulating:
        return leat::cumulating(length, offset, moment_of(of.align));
      default:
        return leat::everything();
    }
  }

  any windower_;
};

auto late_by(planned_windows const& of) {
  return leat::late_by(of.late_by == end_of_time ? leat::forever : std::chrono::nanoseconds(of.late_by));
}
auto credible(planned_windows const& of) {
  return leat::credible(of.all_credible ? leat::forever : std::chrono::nanoseconds(day));
}
template <class F>
auto clock_by_key(planned_windows const& of, F ts) {
  leat::corrections const corrections{std::chrono::nanoseconds(of.corrections)};
  return of.while_open
             ? leat::event_clock(ts, late_by(of), credible(of), corrections, leat::data_only(), leat::while_open())
             : leat::event_clock(ts, late_by(of), credible(of), corrections, leat::data_only());
}

spoke reason_of(leat::window_reason why) {
  switch (why) {
    case leat::window_reason::on_time:
      return spoke::on_time;
    case leat::window_reason::at_end:
      return spoke::at_end;
    case leat::window_reason::correction:
      return spoke::correction;
    default:
      throw std::logic_error("a window speaks too early");
  }
}

/// What the three streams of a step say, each as a number; the last two only where they are read.
struct told {
  leat::stream<numbered> down;
  std::optional<leat::stream<numbered>> late;
  std::optional<leat::stream<numbered>> meta;
};

template <class Streams, class Content, class Value>
told numbers_of(planned_step const& step, Streams streams, Content content, Value value) {
  std::string const name = step.name();
  auto const of_late = [value](auto const& each) {
    return numbered(each.first, digest_of_late(each.second.id, number_of(each.second.at),
                                               static_cast<unsigned>(each.second.why), value(each.second.value)));
  };
  auto const of_window = [content](auto const& each) {
    auto const& result = each.second;
    return numbered(each.first, digest_of_window(result.id, number_of(result.open), number_of(result.close),
                                                 static_cast<unsigned>(reason_of(result.why)), content(result.value)));
  };
  auto const of_close = [in_order = step.in_order](auto const& each) {
    leat::window_info const& info = each.second;
    return numbered(each.first, digest_of_close(info.id, number_of(info.open), number_of(info.close),
                                                in_order ? info.merged : std::vector<leat::window_id>()));
  };
  told result{streams.down | leat::map(name + "_down", of_window), {}, {}};
  if (!step.windows.all_read) return result;
  result.late.emplace(streams.late | leat::map(name + "_late", of_late));
  result.meta.emplace(streams.meta | leat::map(name + "_meta", of_close));
  return result;
}

/// Takes down when results leave, and when the time of the stream does: a window leaves before a time that closes it.
template <class Down>
void watch(Down const& down, planned_step const& step, std::vector<leat::test::sighting>& times) {
  std::int64_t const after = step.windows.windower == windowing::session ? step.windows.length : -1;
  leat::stream const last_moments = down | leat::map(step.name() + "_times", [after](auto const& each) {
                                      leat::moment const close = each.second.close;
                                      return number_of(leat::moment_plus(close, std::chrono::nanoseconds(after)));
                                    });
  leat::test::probe(last_moments, static_cast<int>(step.number), times);
}

/// All operators but `count_window`, by the clock of the key or by that of the stream.
template <class Clock>
class windows_by {
 public:
  windows_by(planned_step const& step, Clock clock, std::vector<leat::test::sighting>* times = nullptr)
      : step_(step), clock_(std::move(clock)), times_(times) {}

  template <class Windower, class... Options>
  told folded(records const& in, Windower windower, Options... options) const {
    on_records<texts> const on(step_);
    auto const begin = [in_order = step_.in_order] { return texts::make(fold_begin(in_order)); };
    auto const fold = [on, in_order = step_.in_order](datum&& sum, datum const& value) -> datum&& {
      sum = texts::make(fold_next(in_order, texts::number(sum), on.f(texts::number(value))));
      return std::move(sum);
    };
    auto const merge = [in_order = step_.in_order](datum const& earlier, datum const& later) {
      return texts::make(fold_merge(in_order, texts::number(earlier), texts::number(later)));
    };
    return said(in | leat::fold_window(step_.name(), clock_, windower, begin, fold, merge, options...), texts::number,
                texts::number);
  }
  template <class... WindowerAndOptions>
  told collected(records const& in, WindowerAndOptions... options) const {
    auto const content = [in_order = step_.in_order](std::vector<datum> const& group) {
      std::vector<std::uint64_t> values;
      for (datum const& value : group) values.push_back(texts::number(value));
      return digest_of_group(values, in_order);
    };
    return said(in | leat::collect_window(step_.name(), options...), content, texts::number);
  }
  told reduced(records const& in, leat::session windower) const {
    return numbers_of(step_,
                      in | leat::reduce_window(step_.name(), clock_, windower, reducer_in_place<texts>(step_.in_order)),
                      texts::number, texts::number);
  }

  Clock const& clock() const { return clock_; }

 private:
  template <class Streams, class Content>
  told said(Streams const& streams, Content content, std::uint64_t (*number)(datum const&)) const {
    if (times_ != nullptr) watch(streams.down, step_, *times_);
    return numbers_of(step_, streams, content, number);
  }

  planned_step step_;
  Clock clock_;
  std::vector<leat::test::sighting>* times_;
};

told counted(records const& in, planned_step const& step) {
  auto const clock =
      clock_by_key(step.windows, [of = step.windows](texts::record const& r) { return time_of(of, r.second); });
  return numbers_of(
      step,
      in | leat::count_window(step.name(), clock, drawn_windower(step.windows),
                              [](texts::record const& r) { return r.first; }),
      [](std::uint64_t count) { return count; }, [](leat::moment) { return std::uint64_t{0}; });
}

told with_clocks_of_keys(records const& in, planned_step const& step) {
  planned_windows const& of = step.windows;
  auto const ts = [of](datum const& value) { return time_of(of, value); };
  windows_by const by_key(step, clock_by_key(of, ts));
  leat::session const session{std::chrono::nanoseconds(of.length)};
  if (of.windower == windowing::counting) return by_key.collected(in, leat::counting(of.length));
  if (of.windower == windowing::session) {
    if (of.result == made_of_window::reduce) return by_key.reduced(in, session);
    if (of.result == made_of_window::collect) return by_key.collected(in, by_key.clock(), session, leat::unordered);
    return of.ordered ? by_key.folded(in, session) : by_key.folded(in, session, leat::unordered);
  }
  drawn_windower const windower(of);
  if (of.result == made_of_window::count) return counted(in, step);
  if (of.result == made_of_window::collect) return by_key.collected(in, by_key.clock(), windower);
  return of.ordered ? by_key.folded(in, windower) : by_key.folded(in, windower, leat::unordered);
}

/// Windows that the step dates the stream for by itself.
told dated_by_the_step(records const& in, planned_step const& step, std::vector<leat::test::sighting>& times) {
  planned_windows const& of = step.windows;
  auto const ts = [of](datum const& value) { return time_of(of, value); };
  windows_by const by_stream(step, leat::stream_clock(ts, late_by(of), credible(of), leat::data_only()), &times);
  drawn_windower const windower(of);
  return of.ordered ? by_stream.folded(in, windower) : by_stream.folded(in, windower, leat::unordered);
}

/// Sessions of a stream that a step before has dated: late is what that one says, nothing behind it.
told dated_before_the_step(records const& in, planned_step const& step, std::vector<leat::test::sighting>& times) {
  planned_windows const& of = step.windows;
  leat::dated<texts::record> const dated =
      in | leat::event_time(
               step.name() + "_dated", [of](texts::record const& r) { return time_of(of, r.second); }, late_by(of),
               credible(of), leat::data_only());
  windows_by const by_stream(step, leat::stream_clock([of](datum const& value) { return time_of(of, value); }), &times);
  leat::session const session{std::chrono::nanoseconds(of.length)};
  told result = by_stream.collected(dated.down, by_stream.clock(), session, leat::unordered);
  if (!result.late) return result;
  *result.late | leat::output(step.name() + "_none", leat::to::for_each([](numbered const&) {
                                throw std::logic_error("a record that was in time is late in a later step");
                              }));
  result.late.emplace(dated.late | leat::map(step.name() + "_too_late", [](leat::late<texts::record> const& each) {
                        return numbered(each.value.first,
                                        digest_of_late(each.id, number_of(each.at), static_cast<unsigned>(each.why),
                                                       texts::number(each.value.second)));
                      }));
  return result;
}

told with_clock_of_stream(records const& in, planned_step const& step, std::vector<leat::test::sighting>& times) {
  return step.windows.windower == windowing::session ? dated_before_the_step(in, step, times)
                                                     : dated_by_the_step(in, step, times);
}

}  // namespace

template <class Kind>
bool add_windows(drawn_flow<Kind>& to, planned_step const& step) {
  if (step.kind != op::window) return false;
  using record = typename Kind::record;
  records const in =
      to.from(step) | leat::map(step.name() + "_in", [](record const& r) {
        return texts::record(texts::make_key(Kind::number_of_key(r.first)), texts::make(Kind::number(r.second)));
      });
  told const streams =
      step.windows.by_stream ? with_clock_of_stream(in, step, to.times) : with_clocks_of_keys(in, step);
  auto const put = [&](std::size_t side, leat::stream<numbered> const& stream) {
    auto const back = [](numbered const& r) {
      return record(Kind::make_key(texts::number_of_key(r.first)), Kind::make(r.second));
    };
    to.streams[step.to[side]].emplace(stream | leat::map(step.name() + "_out" + std::to_string(side), back));
  };
  put(0, streams.down);
  if (streams.late) put(1, *streams.late);
  if (streams.meta) put(2, *streams.meta);
  return true;
}

template bool add_windows(drawn_flow<numbers>&, planned_step const&);
template bool add_windows(drawn_flow<texts>&, planned_step const&);

}  // namespace simulation
