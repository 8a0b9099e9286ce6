// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "simulation/reference.hpp"

#include <leat/from/source.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace simulation {

/// What came by at one place, and how many marks, by worker.
struct seen {
  std::vector<item> items;
  std::vector<std::uint64_t> marks;
};

/// Where one worker writes down what it sees. Every mark begins a new epoch.
template <class Kind>
class writer {
 public:
  writer(seen& into, std::size_t step, unsigned worker) : into_(&into), step_(step), worker_(worker) {}

  void write(typename Kind::record const& r) {
    at_risk.meet(call::write, step_);
    into_->items.push_back({Kind::number_of_key(r.first), Kind::number(r.second), epoch_, worker_});
  }
  void flush() {
    at_risk.meet(call::flush, step_);
    ++epoch_;
    if (into_->marks.size() <= worker_) into_->marks.resize(worker_ + 1);
    ++into_->marks[worker_];
  }

 private:
  seen* into_;
  std::size_t step_;
  unsigned worker_;
  std::uint64_t epoch_ = 1;
};

/// A sink that writes down what it sees. `Batch` is what it takes: records to read, or to move from.
template <class Kind, class Batch>
class observing_sink {
 public:
  using record = typename Kind::record;
  observing_sink(seen& into, std::size_t step) : into_(&into), step_(step) {}

  class partition {
   public:
    partition(seen& into, std::size_t step, unsigned worker) : writer_(into, step, worker) {}
    void write_batch(Batch records) {
      for (auto& r : records) {
        writer_.write(r);
        if constexpr (std::is_same_v<Batch, std::span<record>>) [[maybe_unused]]
          record const gone(std::move(r));
      }
    }
    void flush() { writer_.flush(); }

   private:
    writer<Kind> writer_;
  };
  partition build(leat::step_services const& services) const { return {*into_, step_, services.worker_index()}; }

 private:
  seen* into_;
  std::size_t step_;
};

/// The same in three partitions, by key.
template <class Kind>
class partitioned_observing_sink {
 public:
  using record = typename Kind::record;
  using position = std::uint64_t;
  partitioned_observing_sink(seen& into, std::size_t step) : into_(&into), step_(step) {}

  class partition {
   public:
    partition(seen& into, std::size_t step, unsigned worker) : writer_(into, step, worker) {}
    void write_batch(std::span<record> records) {
      for (record& r : records) writer_.write(r);
    }
    void flush() { writer_.flush(); }
    position snapshot() const { return 0; }

   private:
    writer<Kind> writer_;
  };
  std::vector<std::string> list_parts() const { return {"a", "b", "c"}; }
  /// What a partition sees stands under its name's number, in the place of the worker's.
  partition build_part(std::string const& name, std::optional<position> const&, leat::step_services const&) const {
    return {*into_, step_, static_cast<unsigned>(name[0] - 'a')};
  }

 private:
  seen* into_;
  std::size_t step_;
};

/// And by value.
template <class Kind>
class value_partitioned_sink : public partitioned_observing_sink<Kind> {
 public:
  using partitioned_observing_sink<Kind>::partitioned_observing_sink;
  std::uint64_t part_of(typename Kind::record const& r) const { return Kind::number(r.second); }
};

/// For for_each, within a fused run.
template <class Kind>
class observing_function {
 public:
  observing_function(seen& into, std::size_t step) : into_(&into), step_(step) {}
  void operator()(typename Kind::record const& r) {
    at_risk.meet(call::write, step_);
    into_->items.push_back({Kind::number_of_key(r.first), Kind::number(r.second), epoch_, 0});
  }
  void flush() {
    at_risk.meet(call::flush, step_);
    ++epoch_;
  }

 private:
  seen* into_;
  std::size_t step_;
  std::uint64_t epoch_ = 1;
};

/// For inspect_debug, which is told the epoch.
template <class Kind>
class debugging_function {
 public:
  debugging_function(seen& into, std::size_t step) : into_(&into), step_(step) {}
  void operator()(std::string_view, typename Kind::record const& r, std::uint64_t epoch, unsigned worker) {
    at_risk.meet(call::function, step_);
    into_->items.push_back({Kind::number_of_key(r.first), Kind::number(r.second), epoch, worker});
  }

 private:
  seen* into_;
  std::size_t step_;
};

}  // namespace simulation
