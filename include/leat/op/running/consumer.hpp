// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/list.hpp>
#include <leat/op/running/mark.hpp>
#include <leat/op/running/traffic.hpp>

#include <cstddef>

/// How records and marks get from one step of a worker to the next.
namespace leat::detail {

/// Where a batch of records goes next. One virtual call per batch, none per record.
template <class T>
class consumer {
 public:
  virtual ~consumer() = default;
  /// These records are the consumer's: it may move from them. They are gone when the call returns.
  virtual void take(T* records, std::size_t count) = 0;
  /// These records have other consumers still: read, copy what must be kept.
  virtual void look(T const* records, std::size_t count) = 0;
  virtual void arrive(mark arrived) = 0;
  /// False: nothing, mark or record, may be sent just now. Whoever began a batch when it was true may finish it.
  virtual bool ready() = 0;
};

/// The consumers of one stream. All look, the last one takes.
template <class T>
class fan_out {
 public:
  void add(consumer<T>& next) { consumers_.push_back(&next); }

  void take(T* records, std::size_t count) {
    std::size_t const consumers = consumers_.size();
    if (consumers == 0 || count == 0) return;
    passed.pass(count);
    for (std::size_t i = 0; i + 1 < consumers; ++i) at(i).look(records, count);
    at(consumers - 1).take(records, count);
  }
  void look(T const* records, std::size_t count) {
    if (count == 0) return;
    passed.pass(count);
    for (std::size_t i = 0; i != consumers_.size(); ++i) at(i).look(records, count);
  }
  void arrive(mark arrived) {
    for (std::size_t i = 0; i != consumers_.size(); ++i) at(i).arrive(arrived);
  }
  bool ready() {
    for (std::size_t i = 0; i != consumers_.size(); ++i)
      if (!at(i).ready()) return false;
    return true;
  }

  traffic passed;

 private:
  consumer<T>& at(std::size_t i) const { return *static_cast<consumer<T>*>(consumers_[i]); }

  pointers consumers_;
};

}  // namespace leat::detail
