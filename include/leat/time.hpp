// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/needs.hpp>
#ifndef LEAT_REFUSED

/// Event time: clocks, windows, and the operators that put records into them. A program includes it beside
/// <leat/leat.hpp>; who needs no time compiles none of it.
// IWYU pragma: begin_exports
// What refuses a wrong program first: the way to it is part of what a compiler says.
#include <leat/time/needs_a_unit.hpp>

#include <leat/time/calendar.hpp>
#include <leat/time/clock.hpp>
#include <leat/time/clock_options.hpp>
#include <leat/time/collect_window.hpp>
#include <leat/time/count_window.hpp>
#include <leat/time/counting.hpp>
#include <leat/time/cumulating.hpp>
#include <leat/time/dedupe.hpp>
#include <leat/time/early.hpp>
#include <leat/time/event_clock.hpp>
#include <leat/time/event_time.hpp>
#include <leat/time/everything.hpp>
#include <leat/time/fold_window.hpp>
#include <leat/time/join_as_of.hpp>
#include <leat/time/join_interval.hpp>
#include <leat/time/join_window.hpp>
#include <leat/time/late_by.hpp>
#include <leat/time/moment.hpp>
#include <leat/time/reduce_window.hpp>
#include <leat/time/session.hpp>
#include <leat/time/sliding.hpp>
#include <leat/time/stateful_timed.hpp>
#include <leat/time/stream_clock.hpp>
#include <leat/time/timed_logic.hpp>
#include <leat/time/top_window.hpp>
#include <leat/time/tumbling.hpp>
#include <leat/time/wall_clock.hpp>
#include <leat/time/window.hpp>
#include <leat/time/window_info.hpp>
#include <leat/time/window_logic.hpp>
#include <leat/time/windowed.hpp>
#include <leat/time/windower.hpp>
#include <leat/time/with_late.hpp>
#include <leat/time/zone.hpp>
// IWYU pragma: end_exports
#endif
