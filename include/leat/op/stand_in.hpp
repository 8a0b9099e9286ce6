// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/type_name.hpp>
#include <leat/error.hpp>
#include <leat/graph.hpp>
#include <leat/op/stage.hpp>

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <set>
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

 protected:
  explicit of_records(std::string name) : record_name_(std::move(name)) {}

 private:
  std::string record_name_;
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
  std::vector<T> records;
};

template <class T>
class capturing final : public part, public consumer<T> {
 public:
  explicit capturing(captured<T>& into) : into_(into) {}

  void take(T* records, std::size_t count) override {
    std::lock_guard const lock(into_.mutex);
    for (std::size_t i = 0; i != count; ++i) into_.records.push_back(std::move(records[i]));
  }
  void look(T const* records, std::size_t count) override {
    if constexpr (std::is_copy_constructible_v<T>) {
      std::lock_guard const lock(into_.mutex);
      for (std::size_t i = 0; i != count; ++i) into_.records.push_back(records[i]);
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
  std::map<std::string, std::shared_ptr<of_records>> inputs;
  /// The outputs that keep their own sink.
  std::set<std::string> kept;
  std::map<std::string, std::shared_ptr<of_records>> outputs;

  bool replaces(step_info const& step) const {
    return inputs.contains(step.name) || (step.kind == "output" && !kept.contains(step.name));
  }

  /// Throws flow_error when a step is named that is not one.
  void refuse_unknown(graph const& flow) const {
    for (auto const& [name, given] : inputs) refuse_unknown(flow, name, "input");
    for (std::string const& name : kept) refuse_unknown(flow, name, "output");
  }

  /// Null: this input keeps its own source.
  template <class T>
  input_stand_in<T>* input(step_info const& step) const {
    auto const found = inputs.find(step.name);
    if (found == inputs.end()) return nullptr;
    auto* const fitting = dynamic_cast<input_stand_in<T>*>(found->second.get());
    if (fitting == nullptr)
      throw flow_error("input \"" + step.name + "\" (" + place_of(step.where) + ") gives records of type " +
                       type_name<T>() + ", and the test feeds it records of type " + found->second->record_name());
    return fitting;
  }

  /// Null: this output keeps its own sink.
  template <class T>
  std::shared_ptr<captured<T>> output(step_info const& step) {
    if (!replaces(step)) return nullptr;
    std::lock_guard const lock(mutex_);
    std::shared_ptr<of_records>& made = outputs[step.name];
    if (!made) made = std::make_shared<captured<T>>();
    return std::dynamic_pointer_cast<captured<T>>(made);
  }

 private:
  static void refuse_unknown(graph const& flow, std::string const& name, std::string const& kind) {
    std::string known;
    for (auto const& made : flow.nodes())
      for (step_info const& step : made->steps) {
        if (step.kind != kind) continue;
        if (step.name == name) return;
        known += (known.empty() ? "" : ", ") + ("\"" + step.name + "\"");
      }
    throw flow_error("the test names an " + kind + " \"" + name + "\", which the flow does not have; it has " +
                     (known.empty() ? "none" : known));
  }

  std::mutex mutex_;
};

}  // namespace leat::detail
