// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <doctest/doctest.h>

#include <leat/flow.hpp>
#include <leat/from/source.hpp>
#include <leat/op/emitter.hpp>
#include <leat/run/run.hpp>
#include <leat/to/collect.hpp>
#include <leat/to/output.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

/// What the tests of the operators share.
namespace flows {

/// Deals its records out to the workers like cards, so that each has some. The records are given away: a step may move
/// from them.
template <class T>
class dealt {
 public:
  using record = T;

  explicit dealt(std::vector<T> records) : records_(std::make_shared<std::vector<T> const>(std::move(records))) {}

  class hand {
   public:
    hand(std::shared_ptr<std::vector<T> const> records, std::size_t first, std::size_t players)
        : records_(std::move(records)), next_(first), players_(players) {}
    bool next_batch(leat::emitter<T>& out) {
      for (; next_ < records_->size(); next_ += players_) out(T((*records_)[next_]));
      return false;
    }

   private:
    std::shared_ptr<std::vector<T> const> records_;
    std::size_t next_;
    std::size_t players_;
  };

  hand build(leat::step_services const& services) const {
    return {records_, services.worker_index(), services.worker_count()};
  }

 private:
  std::shared_ptr<std::vector<T> const> records_;
};

template <class T>
std::vector<T> sorted(std::vector<T> records) {
  std::sort(records.begin(), records.end());
  return records;
}

/// What comes out of the steps that `describe` pipes a stream through, on one worker, in order.
template <class Out, class In, class Describe>
std::vector<Out> through(std::vector<In> records, Describe describe, leat::options options = {}) {
  std::vector<Out> got;
  leat::flow flow{"test"};
  describe(flow.input("in", dealt<In>(std::move(records)))) | leat::output("out", leat::to::collect<Out>(got));
  leat::run(flow, options);
  return got;
}

/// The same however it is run: given away or shared with another consumer, in batches of any size, by one worker or
/// by four. Sorted when there are several.
template <class Out, class In, class Describe, class Check>
void however_run(std::vector<In> const& records, Describe describe, Check check) {
  for (unsigned workers : {1u, 4u})
    for (std::size_t batch : {std::size_t{0}, std::size_t{1}, std::size_t{3}})
      for (bool shared : {false, true}) {
        std::vector<Out> got;
        std::vector<In> seen_beside;
        leat::flow flow{"test"};
        auto in = flow.input("in", dealt<In>(records));
        describe(in) | leat::output("out", leat::to::collect<Out>(got));
        if (shared) in | leat::output("beside", leat::to::collect<In>(seen_beside));
        leat::options options;
        options.workers = workers;
        options.batch_size = batch;
        leat::run(flow, options);
        check(workers == 1 ? got : sorted(got), workers != 1);
        if (shared) CHECK(sorted(seen_beside) == sorted(records));
      }
}

}  // namespace flows
