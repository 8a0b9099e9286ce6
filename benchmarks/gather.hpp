// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <iterator>
#include <mutex>
#include <utility>
#include <vector>

namespace benchmark_play {

/// Where the results of all workers come together. It has to outlive the run.
template <class T>
struct gathered {
  std::vector<T> records;
  std::mutex guard;
};

/// For `to::for_each`: each worker keeps its results, and adds them to those of the others at the end of a batch.
template <class T>
class gather {
 public:
  explicit gather(gathered<T>& to) : to_(&to) {}
  void operator()(T&& record) { own_.push_back(std::move(record)); }
  void flush() {
    std::lock_guard const lock(to_->guard);
    to_->records.insert(to_->records.end(), std::move_iterator(own_.begin()), std::move_iterator(own_.end()));
    own_.clear();
  }

 private:
  gathered<T>* to_;
  std::vector<T> own_;
};

}  // namespace benchmark_play
