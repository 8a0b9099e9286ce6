// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/error.hpp>
#include <leat/op/running/test_overrides.hpp>
#include <leat/testing/script.hpp>

#include <memory>
#include <string>
#include <type_traits>
#include <utility>

namespace leat::detail {

/// A list of string literals is a list of strings.
template <class T>
using fed_record = std::conditional_t<std::is_same_v<T, char const*>, std::string, T>;

/// The stand-ins of a test, and the script of what it feeds.
class test_inputs {
 public:
  explicit test_inputs(std::string flow_name) : flow_name_(std::move(flow_name)) {}

  /// The feed of this input, made when it is named for the first time.
  template <class T>
  feed<T>& of(std::string const& name, bool begun) {
    std::string const path = flow_name_ + "." + name;
    of_records* found = overrides_->inputs.find(path);
    if (found == nullptr) {
      if (begun)
        throw flow_error("the flow already runs with input \"" + path +
                         "\"'s own source: name the input with feed or " + "input before time is advanced");
      found = &overrides_->inputs.add<feed<T>>(path, script_, overrides_->inputs.size());
    }
    auto* const fitting = dynamic_cast<feed<T>*>(found);
    if (fitting == nullptr)
      throw flow_error("the test feeds input \"" + path + "\" with records of type " + found->record_name() +
                       " and with records of type " + type_name<T>());
    return *fitting;
  }
  void keep(std::string const& name) { overrides_->kept.push_back(flow_name_ + "." + name); }
  /// The input keeps its source, and this partition of it begins at the position.
  template <class P>
  void keep_from(std::string const& name, std::string const& partition, P position) {
    std::string const path = flow_name_ + "." + name;
    if (!overrides_->keeps(path)) overrides_->kept.push_back(path);
    overrides_->positions.add<start_position_of<P>>(path, partition, std::move(position));
  }

  std::shared_ptr<test_overrides> const& put_in() const { return overrides_; }
  script& items() { return *script_; }

 private:
  std::string flow_name_;
  std::shared_ptr<script> script_ = std::make_shared<script>();
  std::shared_ptr<test_overrides> overrides_ = std::make_shared<test_overrides>();
};

}  // namespace leat::detail
