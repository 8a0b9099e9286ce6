// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "simulation/meaning.hpp"
#include "simulation/plan.hpp"

#include <leat/op/coroutine/inlet.hpp>
#include <leat/op/coroutine/task.hpp>
#include <leat/op/emitter.hpp>
#include <leat/op/waiting.hpp>
#include <leat/run/simulated/runtime.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <utility>

/// The coroutines of a planned flow.
namespace simulation {

/// Where a client library would have its threads: it completes what it is given later, in the simulation that runs.
inline leat::detail::simulated_runtime* outside = nullptr;

inline void complete_later(leat::completion<std::uint64_t> const& completion, std::uint64_t value) {
  outside->after(std::chrono::nanoseconds(1 + value % 50'000), [completion, value] { completion.set(value); });
}

/// Waits in one of the ways there are, or not at all.
inline leat::task<> wait_somehow(std::uint64_t kind) {
  switch (kind % 6) {
    case 0:
      co_await leat::sleep(std::chrono::nanoseconds(kind / 5 % 100'000));
      break;
    case 1:
      co_await leat::next_turn();
      break;
    case 2:
      co_await leat::blocking([] {});
      break;
    case 3: {
      leat::completion<> completed;
      completed.set();
      co_await completed;
      break;
    }
    case 4: {
      leat::completion<std::uint64_t> answer;
      complete_later(answer, kind);
      if (co_await answer != kind) throw std::logic_error("the answer is to another question");
      break;
    }
    default:
      break;
  }
}

/// Makes copies, and waits now and then.
template <class Kind>
class copying_step {
 public:
  using record = typename Kind::record;
  explicit copying_step(planned_step const& step) : f_(step.f), careless_(step.careless) {}

  leat::task<> operator()(leat::inlet<record>& in, leat::outlet<record>& out) {
    std::uint64_t seen = 0;
    while (auto batch = co_await in.next())
      for (record& r : batch) {
        std::uint64_t const value = Kind::number(r.second);
        std::size_t const copies = f_.copies(value);
        for (std::size_t i = 0; i != copies; ++i) {
          record copy(r.first, Kind::make(value + i));
          emitting(careless_, [&] { out(std::move(copy)); });
        }
        if (++seen % 5 == 0) co_await wait_somehow(value);
      }
  }

 private:
  function f_;
  bool careless_;
};

/// Returns before its input ends.
template <class Kind>
class first_records_step {
 public:
  using record = typename Kind::record;
  explicit first_records_step(std::uint64_t most) : most_(most) {}

  leat::task<> operator()(leat::inlet<record>& in, leat::outlet<record>& out) {
    std::uint64_t seen = 0;
    while (auto batch = co_await in.next())
      for (record& r : batch) {
        if (seen == most_) co_return;
        ++seen;
        out(std::move(r));
      }
  }

 private:
  std::uint64_t most_;
};

/// Passes on the differences of the values, and at the end how many there were, under the last key.
template <class Kind>
class differences_step {
 public:
  using record = typename Kind::record;
  explicit differences_step(std::uint64_t pause_every) : pause_every_(pause_every) {}

  leat::task<> operator()(leat::inlet<record>& in, leat::outlet<record>& out) {
    std::optional<record> last;
    std::uint64_t seen = 0;
    while (auto batch = co_await in.next())
      for (record& r : batch) {
        std::uint64_t const value = Kind::number(r.second);
        out(record(r.first, Kind::make(last ? value - Kind::number(last->second) : value)));
        last = std::move(r);
        if (++seen % pause_every_ == 0) co_await leat::sleep(std::chrono::microseconds(seen));
      }
    if (last) out(record(last->first, Kind::make(seen)));
  }

 private:
  std::uint64_t pause_every_;
};

/// A look-up that takes its time.
template <class Kind>
class slow_look_up {
 public:
  using record = typename Kind::record;
  explicit slow_look_up(function f) : f_(f) {}

  leat::task<record> operator()(record r) {
    std::uint64_t const value = Kind::number(r.second);
    co_await wait_somehow(mixed(value));
    record result(std::move(r.first), Kind::make(f_(value)));
    co_return result;
  }

 private:
  function f_;
};

/// One that fails for some records and never ends for others.
template <class Kind>
class poor_look_up {
 public:
  using record = typename Kind::record;
  explicit poor_look_up(function f) : f_(f) {}

  leat::task<record> operator()(record&& r) {
    std::uint64_t const value = Kind::number(r.second);
    if (fails(value)) throw std::runtime_error("not found");
    leat::completion<> never_completed;
    if (hangs(value))
      co_await never_completed;
    else
      co_await leat::sleep(std::chrono::nanoseconds(value % 300'000));
    record result(r.first, Kind::make(f_(value)));
    co_return result;
  }

 private:
  function f_;
};
/// More than the longest of its sleeps.
inline constexpr std::chrono::nanoseconds patience{400'000};

}  // namespace simulation
