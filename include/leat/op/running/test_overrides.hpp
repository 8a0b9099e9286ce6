// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/buffer.hpp>
#include <leat/detail/list.hpp>
#include <leat/detail/type_name.hpp>
#include <leat/graph.hpp>
#include <leat/op/running/consumer.hpp>
#include <leat/op/running/mark.hpp>
#include <leat/op/running/stage.hpp>
#include <leat/op/running/stream_time.hpp>
#include <leat/record.hpp>

#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

/// What a test puts in the place of a flow's sources and sinks, by the name of the step.
namespace leat::detail {

/// Something that holds records of one type.
class of_records {
 public:
  virtual ~of_records() = default;
  std::string const& record_name() const { return record_name_; }

  std::string step;  ///< whose records they are

 protected:
  explicit of_records(std::string name) : record_name_(std::move(name)) {}

 private:
  std::string record_name_;
};

/// Records by the name of the step.
class records_by_step {
 public:
  std::size_t size() const { return records_.size(); }
  /// Null: there are none.
  of_records* find(std::string const& step) const;
  template <class Records, class... Args>
  Records& add(std::string const& step, Args&&... args) {
    Records& records = records_.add<Records>(std::forward<Args>(args)...);
    records.step = step;
    return records;
  }
  owners<of_records>::iterator begin() const { return records_.begin(); }
  owners<of_records>::iterator end() const { return records_.end(); }

 private:
  owners<of_records> records_;
};

/// Stands in for the source of an input of T.
template <class T>
class input_stand_in : public of_records {
 public:
  input_stand_in() : of_records(type_name<T>()) {}
  virtual void build(worker_builder& worker, node const& described) = 0;
};

/// All that came to an output of T, on all workers.
template <class T>
class captured final : public of_records {
 public:
  captured() : of_records(type_name<T>()) {}

  std::mutex mutex;
  buffer<T> records;
};

template <class T>
class capturing final : public consumer<T>, public running_step {
 public:
  explicit capturing(captured<T>& into) : into_(into) {}

  [[gnu::cold]] void take(T* records, std::size_t count) override {
    std::lock_guard const lock(into_.mutex);
    for (std::size_t i = 0; i != count; ++i) into_.records.push(std::move(records[i]));
  }
  [[gnu::cold]] void look(T const* records, std::size_t count) override {
    if constexpr (copyable_record<T>) {
      std::lock_guard const lock(into_.mutex);
      for (std::size_t i = 0; i != count; ++i) into_.records.push(records[i]);
    }
  }
  void arrive(mark) override {}
  void advance(stream_time) override {}
  bool ready() override { return true; }

 private:
  captured<T>& into_;
};

/// Where one partition of an input that keeps its own source begins.
class start_position {
 public:
  start_position(std::string of_step, std::string of_partition, std::string type);
  virtual ~start_position() = default;
  std::string step;
  std::string partition;
  std::string position_name;
};
template <class P>
class start_position_of final : public start_position {
 public:
  start_position_of(std::string of_step, std::string of_partition, P from)
      : start_position(std::move(of_step), std::move(of_partition), type_name<P>()), position(std::move(from)) {}
  P position;
};

/// The stand-ins of one run. Filled in before it begins; outputs are added by the workers that are put together.
class test_overrides {
 public:
  records_by_step inputs;
  /// The inputs and outputs that keep their own source or sink.
  std::vector<std::string> kept;
  records_by_step outputs;
  /// Time passes only while all workers sleep.
  bool time_stands_still = false;
  /// Where kept sources begin.
  owners<start_position> positions;

  bool keeps(std::string const& step) const;
  bool replaces(step_info const& step) const;

  /// Throws flow_error when a step is named that is not one, or an input is not named at all: its own source would run,
  /// and read what the test knows nothing of.
  void refuse_mistakes(graph const& flow) const;

  /// Where the test wants this partition of a kept source to begin, if it says so.
  template <class P>
  std::optional<P> position_of(step_info const& step, std::string const& partition) const {
    for (start_position const* given : positions) {
      if (given->step != step.name || given->partition != partition) continue;
      auto const* const fitting = dynamic_cast<start_position_of<P> const*>(given);
      if (fitting == nullptr) refuse_position(step, type_name<P>(), given->position_name);
      return fitting->position;
    }
    return std::nullopt;
  }

  /// Null: this input keeps its own source.
  template <class T>
  input_stand_in<T>* input(step_info const& step) const {
    of_records* const found = inputs.find(step.name);
    if (found == nullptr) return nullptr;
    auto* const fitting = dynamic_cast<input_stand_in<T>*>(found);
    if (fitting == nullptr) refuse_type(step, type_name<T>(), *found);
    return fitting;
  }

  /// This output ends in a function, which sees the records itself.
  void add_function(step_info const& step);
  bool is_function(std::string const& step);

  /// Null: this output keeps its own sink.
  template <class T>
  captured<T>* output(step_info const& step) {
    if (!replaces(step)) return nullptr;
    std::lock_guard const lock(mutex_);
    of_records* const records = outputs.find(step.name);
    return records != nullptr ? static_cast<captured<T>*>(records) : &outputs.add<captured<T>>(step.name);
  }

 private:
  [[noreturn, gnu::cold]] static void refuse_type(step_info const& step, std::string const& wanted,
                                                  of_records const& given);

  [[noreturn, gnu::cold]] static void refuse_position(step_info const& step, std::string const& wanted,
                                                      std::string const& given);
  [[noreturn, gnu::cold]] static void refuse_unfed(step_info const& step);

  /// A step of either kind may be meant.
  [[gnu::cold]] static void refuse_unknown(graph const& flow, std::string const& name, std::string const& kind,
                                           std::string const& other_kind);

  std::mutex mutex_;
  std::vector<std::string> functions_;
};

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/op/running/test_overrides.ipp>
#endif
