// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/buffer.hpp>
#include <leat/detail/concat.hpp>
#include <leat/detail/list.hpp>
#include <leat/detail/type_name.hpp>
#include <leat/error.hpp>
#include <leat/graph.hpp>
#include <leat/op/stage.hpp>

#include <cstddef>
#include <mutex>
#include <string>
#include <type_traits>
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
  std::size_t size() const { return all_.size(); }
  /// Null: there are none.
  of_records* find(std::string const& step) const {
    for (of_records* const one : all_)
      if (one->step == step) return one;
    return nullptr;
  }
  template <class Records, class... Args>
  Records& add(std::string const& step, Args&&... args) {
    Records& made = all_.add<Records>(std::forward<Args>(args)...);
    made.step = step;
    return made;
  }
  of_records* const* begin() const { return all_.begin(); }
  of_records* const* end() const { return all_.end(); }

 private:
  owners<of_records> all_;
};

/// Stands in for the source of an input of T.
template <class T>
class input_stand_in : public of_records {
 public:
  input_stand_in() : of_records(type_name<T>()) {}
  virtual void build(assembly& worker, node const& described) = 0;
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
class capturing final : public part, public consumer<T> {
 public:
  explicit capturing(captured<T>& into) : into_(into) {}

  void take(T* records, std::size_t count) override {
    std::lock_guard const lock(into_.mutex);
    for (std::size_t i = 0; i != count; ++i) into_.records.push(std::move(records[i]));
  }
  void look(T const* records, std::size_t count) override {
    if constexpr (std::is_copy_constructible_v<T>) {
      std::lock_guard const lock(into_.mutex);
      for (std::size_t i = 0; i != count; ++i) into_.records.push(records[i]);
    }
  }
  void arrive(mark) override {}
  bool ready() override { return true; }

 private:
  captured<T>& into_;
};

/// The stand-ins of one run. Filled in before it begins; outputs are added by the workers that are put together.
class stand_ins {
 public:
  records_by_step inputs;
  /// The outputs that keep their own sink.
  std::vector<std::string> kept;
  records_by_step outputs;

  bool replaces(step_info const& step) const {
    if (inputs.find(step.name) != nullptr) return true;
    if (step.kind != "output") return false;
    for (std::string const& name : kept)
      if (name == step.name) return false;
    return true;
  }

  /// Throws flow_error when a step is named that is not one.
  void refuse_unknown(graph const& flow) const {
    for (of_records const* given : inputs) refuse_unknown(flow, given->step, "input");
    for (std::string const& name : kept) refuse_unknown(flow, name, "output");
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

  /// Null: this output keeps its own sink.
  template <class T>
  captured<T>* output(step_info const& step) {
    if (!replaces(step)) return nullptr;
    std::lock_guard const lock(mutex_);
    of_records* const made = outputs.find(step.name);
    return made != nullptr ? static_cast<captured<T>*>(made) : &outputs.add<captured<T>>(step.name);
  }

 private:
  [[noreturn, gnu::cold]] static void refuse_type(step_info const& step, std::string const& wanted,
                                                  of_records const& given) {
    throw flow_error(concat({"input \"", step.name, "\" (", place_of(step.where), ") gives records of type ", wanted,
                             ", and the test feeds it records of type ", given.record_name()}));
  }

  [[gnu::cold]] static void refuse_unknown(graph const& flow, std::string const& name, std::string const& kind) {
    std::string known;
    for (node const* made : flow.nodes())
      for (step_info const& step : made->steps) {
        if (step.kind != kind) continue;
        if (step.name == name) return;
        known += concat({known.empty() ? "" : ", ", "\"", step.name, "\""});
      }
    throw flow_error(concat({"the test names an ", kind, " \"", name, "\", which the flow does not have; it has ",
                             known.empty() ? "none" : known}));
  }

  std::mutex mutex_;
};

}  // namespace leat::detail
