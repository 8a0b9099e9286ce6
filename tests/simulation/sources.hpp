// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "simulation/plan.hpp"

#include <leat/from/end_of_input.hpp>
#include <leat/from/poll.hpp>
#include <leat/from/source.hpp>
#include <leat/op/coroutine/task.hpp>
#include <leat/op/waiting.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace simulation {

/// Some records, for sources that are written in different ways.
template <class Kind>
std::vector<typename Kind::record> records_of(std::vector<planned_record> const& planned) {
  std::vector<typename Kind::record> records;
  for (planned_record const& r : planned) records.emplace_back(Kind::make_key(r.key), Kind::make(r.value));
  return records;
}

/// A pause of virtual time now and then, by the number of the record.
inline std::optional<std::chrono::nanoseconds> pause_after(std::uint64_t record) {
  std::uint64_t const n = mixed(record + 99);
  if (n % 4 != 0) return std::nullopt;
  return std::chrono::nanoseconds(n / 4 % 200'000);
}

/// Emits some records at a time, with pauses.
template <class Kind>
class planned_partition {
  using record = typename Kind::record;

 public:
  planned_partition(std::vector<record> records, planned_source const& source, planned_step const& step,
                    leat::step_services const& services)
      : records_(std::move(records)),
        burst_(source.burst),
        pauses_(source.pauses),
        careless_(step.careless),
        f_(step.f),
        services_(services) {}

  bool next_batch(leat::emitter<record>& out) {
    for (std::uint64_t n = 0; n != burst_ && next_ != records_.size(); ++n) {
      bool const was_well = !at_risk.happened;
      try {
        f_(Kind::number(records_[next_].second));
      } catch (...) {
        if (was_well) at_risk.source_stopped_at = source_progress{f_.step, services_.worker_index(), out.emitted()};
        throw;
      }
      emitting(careless_, [&] { out(records_[next_++]); });
    }
    return next_ != records_.size();
  }
  std::optional<leat::steady_time> next_awake() const {
    auto const pause = pauses_ ? pause_after(next_) : std::nullopt;
    return pause ? std::optional(services_.now() + *pause) : std::nullopt;
  }

 private:
  std::vector<record> records_;
  std::uint64_t burst_;
  bool pauses_;
  bool careless_;
  function f_;
  leat::step_services services_;
  std::size_t next_ = 0;
};

/// A fixed partitioned source.
template <class Kind>
class planned_partitions {
 public:
  using record = typename Kind::record;
  using position = leat::no_position;
  planned_partitions(planned_source const& source, planned_step const& step) : source_(&source), step_(step) {}

  std::vector<std::string> list_parts() const {
    std::vector<std::string> names;
    for (std::size_t i = 0; i != source_->partitions.size(); ++i) names.push_back("part" + std::to_string(i));
    return names;
  }
  planned_partition<Kind> build_part(std::string const& name, std::optional<position> const&,
                                     leat::step_services const& services) const {
    return {records_of<Kind>(source_->partitions[std::stoul(name.substr(4))]), *source_, step_, services};
  }

 private:
  planned_source const* source_;
  planned_step step_;
};

/// A dynamic source: the workers share out the records among themselves.
template <class Kind>
class planned_shares {
 public:
  using record = typename Kind::record;
  planned_shares(planned_source const& source, planned_step const& step) : source_(&source), step_(step) {}

  planned_partition<Kind> build(leat::step_services const& services) const {
    auto const records = records_of<Kind>(source_->partitions.front());
    std::vector<record> share;
    for (std::size_t i = services.worker_index(); i < records.size(); i += services.worker_count())
      share.push_back(records[i]);
    return {std::move(share), *source_, step_, services};
  }

 private:
  planned_source const* source_;
  planned_step step_;
};

/// A coroutine that emits the records.
template <class Kind>
class generator {
 public:
  generator(planned_source const& source, planned_step const& step)
      : source_(&source), f_(step.f), careless_(step.careless) {}

  leat::task<> operator()(leat::emitter<typename Kind::record>& out) {
    std::uint64_t emitted = 0;
    for (planned_record const& r : source_->partitions.front()) {
      f_(r.value);
      typename Kind::record record(Kind::make_key(r.key), Kind::make(r.value));
      emitting(careless_, [&] { out(std::move(record)); });
      ++emitted;
      std::optional<std::chrono::nanoseconds> const pause = source_->pauses ? pause_after(emitted) : std::nullopt;
      if (pause)
        co_await leat::sleep(*pause);
      else if (emitted % source_->burst == 0)
        co_await leat::next_turn();
    }
  }

 private:
  planned_source const* source_;
  function f_;
  bool careless_;
};

/// For from::poll.
template <class Kind>
class polled {
 public:
  polled(planned_source const& source, function f) : source_(&source), f_(f) {}

  std::optional<typename Kind::record> operator()() {
    std::vector<planned_record> const& records = source_->partitions.front();
    if (next_ == records.size()) throw leat::from::end_of_input();
    ++calls_;
    if (source_->pauses && calls_ % 3 == 0) return std::nullopt;
    if (source_->pauses && calls_ % 7 == 0) throw leat::retry_after(std::chrono::microseconds(30));
    planned_record const& r = records[next_++];
    f_(r.value);
    return typename Kind::record(Kind::make_key(r.key), Kind::make(r.value));
  }

 private:
  planned_source const* source_;
  function f_;
  std::size_t next_ = 0;
  std::uint64_t calls_ = 0;
};

}  // namespace simulation
