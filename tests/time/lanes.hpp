// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/from/source.hpp>
#include <leat/op/emitter.hpp>
#include <leat/op/running/stream_time.hpp>
#include <leat/op/running/time_points.hpp>
#include <leat/op/running/time_reader.hpp>
#include <leat/op/running/worker_builder.hpp>

#include "fixture/time_probe.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

/// Sources of several partitions for tests of time, and a step that waits for every moment.
namespace leat::test {

/// What a partition does next: brings these records `after` so long since the last that it did. Without records it only
/// waits. Records are seconds.
struct burst {
  std::chrono::nanoseconds after;
  std::vector<int> records;
};

/// Partitions of records that come at times of the steady clock. Each ends behind its last burst.
class timed_partitions {
 public:
  using record = int;
  using position = std::uint64_t;

  explicit timed_partitions(std::vector<std::vector<burst>> bursts)
      : bursts_(std::make_shared<std::vector<std::vector<burst>> const>(std::move(bursts))) {}

  class partition {
   public:
    partition(std::vector<burst> const& bursts, std::size_t at, step_services const& services)
        : bursts_(&bursts), at_(at), services_(services), last_(services.now()) {}

    bool next_batch(emitter<int>& out) {
      while (at_ != bursts_->size() && services_.now() >= due()) {
        last_ = due();
        for (int const record : (*bursts_)[at_].records) out(record);
        ++at_;
      }
      return at_ != bursts_->size();
    }
    std::optional<steady_time> next_awake() const { return due(); }
    std::uint64_t snapshot() const { return at_; }

   private:
    steady_time due() const { return at_ == bursts_->size() ? last_ : last_ + (*bursts_)[at_].after; }

    std::vector<burst> const* bursts_;
    std::size_t at_;
    step_services services_;
    steady_time last_;
  };

  std::vector<std::string> list_parts() const {
    std::vector<std::string> names;
    for (std::size_t i = 0; i != bursts_->size(); ++i) names.push_back(std::to_string(i));
    return names;
  }
  partition build_part(std::string const& name, std::optional<position> const& resume,
                       step_services const& services) const {
    return {(*bursts_)[std::stoul(name)], resume.value_or(0), services};
  }

 private:
  std::shared_ptr<std::vector<std::vector<burst>> const> bursts_;
};

/// Writes down what comes by, and waits for every moment that there is.
template <class T>
class every_moment final : public detail::running_step, public detail::consumer<T>, public detail::time_reader {
 public:
  every_moment(std::chrono::nanoseconds window, int place, detail::worker_builder& worker,
               detail::node const& described)
      : window_(window.count()), probe_(place, worker, described) {
    worker.read_time(described, *this);
  }

  void take(T* records, std::size_t count) override { probe_.look(records, count); }
  void look(T const* records, std::size_t count) override { probe_.look(records, count); }
  void arrive(detail::mark arrived) override { probe_.arrive(arrived); }
  void advance(detail::stream_time time) override { probe_.advance(time); }
  bool ready() override { return probe_.ready(); }

  std::int64_t next_after(std::int64_t moment) const override { return moment + 1; }
  std::int64_t shortest() const override { return window_; }
  std::int64_t longest() const override { return window_; }

 private:
  std::int64_t window_;
  time_probe<T> probe_;
};

template <class T>
class every_moment_node final : public detail::node {
 public:
  every_moment_node(std::chrono::nanoseconds window, int place, detail::step_info step, detail::port from)
      : node(std::move(step), from), window_(window), place_(place) {}
  void build(detail::worker_builder& worker) const override {
    worker.subscribe<T>(inputs.front(), worker.add<every_moment<T>>(window_, place_, worker, *this));
  }

 private:
  std::chrono::nanoseconds window_;
  int place_;
};

/// What comes by a stream, as `probe` sees it, whose every time is waited for: as if it had windows so long.
template <class T>
stream<sighting> wait_for_every_moment(stream<T> const& watched, std::chrono::nanoseconds window, int place = 0) {
  detail::graph& in = detail::stream_access::graph_of(watched);
  detail::step_info step("probe", step_name("moments_" + std::to_string(place)));
  in.name_step(step);
  stream<T> from(watched);
  detail::port const at = detail::seal(std::move(from));
  return detail::stream_access::make<sighting>(in, in.add<every_moment_node<T>>(window, place, std::move(step), at));
}

}  // namespace leat::test
