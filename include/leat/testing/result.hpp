// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/error.hpp>
#include <leat/op/running/test_overrides.hpp>
#include <leat/testing/compare.hpp>

#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace leat {
namespace detail {

/// Throws flow_error for an output that this test does not look at, or that there is not.
[[gnu::cold]] void refuse_unseen(test_overrides& test, graph const& flow, std::string const& path);

/// What has come to an output so far.
template <class T>
std::vector<T> records_of(test_overrides& test, graph const& flow, std::string const& name) {
  std::string const path = flow.name() + "." + name;
  of_records* const found = test.outputs.find(path);
  if (found == nullptr) {
    refuse_unseen(test, flow, path);
    return {};  // no worker has been put together yet
  }
  auto* const fitting = dynamic_cast<captured<T>*>(found);
  if (fitting == nullptr)
    throw flow_error("output \"" + path + "\" takes records of type " + found->record_name() +
                     ", and the test asks for records of type " + type_name<T>());
  std::lock_guard const lock(fitting->mutex);
  return std::vector<T>(fitting->records.begin(), fitting->records.end());
}

}  // namespace detail

namespace test {

/// An output of which the test does not say the type: it can be compared.
class output_of_any {
 public:
  output_of_any(std::shared_ptr<detail::test_overrides> test, detail::graph const& flow, std::string name)
      : test_(std::move(test)), flow_(&flow), name_(std::move(name)) {}

  template <class T>
  friend bool operator==(output_of_any const& got, std::vector<T> const& wanted) {
    return got.as<T>() == wanted;
  }
  template <class T>
  friend bool operator==(output_of_any const& got, unordered_records<T> const& wanted) {
    return got.as<T>() == wanted;
  }
  template <class K, class V>
  friend bool operator==(output_of_any const& got, keyed_records<K, V> const& wanted) {
    return got.as<std::pair<K, V>>() == wanted;
  }

 private:
  template <class T>
  std::vector<T> as() const {
    return detail::records_of<T>(*test_, *flow_, name_);
  }

  std::shared_ptr<detail::test_overrides> test_;
  detail::graph const* flow_;
  std::string name_;
};

/// What came out of a run. The flow must outlive it.
class result {
 public:
  result(std::shared_ptr<detail::test_overrides> test, detail::graph const& flow, std::uint64_t trace,
         std::exception_ptr failure = nullptr)
      : test_(std::move(test)), flow_(&flow), trace_(trace), failure_(std::move(failure)) {}

  /// What came to the output with this name, the flow's own left out. Throws flow_error when there is no such output,
  /// or when it is of another type.
  template <class T>
  records<T> of(std::string const& name) const {
    return records<T>(detail::records_of<T>(*test_, *flow_, name));
  }
  /// For comparisons, which know the type.
  output_of_any of(std::string const& name) const { return {test_, *flow_, name}; }

  /// Sums up all decisions of a simulation: the same for the same flow, inputs, options and seed.
  std::uint64_t trace() const { return trace_; }

  /// Only a run that is ended by `.in_failure()` gives a result that has failed.
  bool has_failed() const { return failure_ != nullptr; }
  /// Throws what the run failed of, if it did.
  void rethrow() const;

 private:
  std::shared_ptr<detail::test_overrides> test_;
  detail::graph const* flow_;
  std::uint64_t trace_;
  std::exception_ptr failure_;
};

}  // namespace test
}  // namespace leat

#ifndef LEAT_COMPILED
#include <leat/testing/result.ipp>
#endif
