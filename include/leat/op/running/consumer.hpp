// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/list.hpp>
#include <leat/op/running/mark.hpp>
#include <leat/op/running/stream_time.hpp>
#include <leat/op/running/traffic.hpp>

#include <cstddef>

/// How records, marks and times get from one step of a worker to the next.
namespace leat::detail {

/// What an input of a step takes besides records, whatever those are.
class step_input {
 public:
  virtual ~step_input() = default;
  virtual void arrive(mark arrived) = 0;
  /// The time of the stream from here on. It is passed on behind the records that came before it, never before them,
  /// and at the latest before the next mark. Like a record it only comes when the input is ready, or with a batch that
  /// was begun then.
  virtual void advance(stream_time time) = 0;
  /// False: nothing, mark, time or record, may be sent just now. Whoever began a batch when it was true may finish it.
  virtual bool ready() = 0;
};

/// Where a batch of records goes next. One virtual call per batch, none per record.
template <class T>
class consumer : public step_input {
 public:
  /// These records are the consumer's: it may move from them. They are gone when the call returns.
  virtual void take(T* records, std::size_t count) = 0;
  /// These records have other consumers still: read, copy what must be kept.
  virtual void look(T const* records, std::size_t count) = 0;
};

/// What the inputs that read one stream have in common, whatever its records are.
class fan_out_base {
 public:
  void arrive(mark arrived) {
    for (std::size_t i = 0; i != inputs_.size(); ++i) at(i).arrive(arrived);
  }
  void advance(stream_time time) {
    for (std::size_t i = 0; i != inputs_.size(); ++i) at(i).advance(time);
  }
  bool ready() {
    for (std::size_t i = 0; i != inputs_.size(); ++i)
      if (!at(i).ready()) return false;
    return true;
  }

  /// Whether anybody reads the stream. Known once the flow has been put together.
  bool read() const { return inputs_.size() != 0; }

  traffic passed;

 protected:
  step_input& at(std::size_t i) const { return *static_cast<step_input*>(inputs_[i]); }

  pointers inputs_;
};

/// The consumers of one stream. All look, the last one takes.
template <class T>
class fan_out : public fan_out_base {
 public:
  void add(consumer<T>& next) { inputs_.push_back(static_cast<step_input*>(&next)); }

  void take(T* records, std::size_t count) {
    std::size_t const consumers = inputs_.size();
    if (consumers == 0 || count == 0) return;
    passed.pass(count);
    for (std::size_t i = 0; i + 1 < consumers; ++i) consumer_at(i).look(records, count);
    consumer_at(consumers - 1).take(records, count);
  }
  void look(T const* records, std::size_t count) {
    if (count == 0) return;
    passed.pass(count);
    for (std::size_t i = 0; i != inputs_.size(); ++i) consumer_at(i).look(records, count);
  }

 private:
  consumer<T>& consumer_at(std::size_t i) const { return static_cast<consumer<T>&>(at(i)); }
};

}  // namespace leat::detail
