// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/from/source.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

/// Input that lies in memory, so that what is measured is the flow.
namespace benchmark_input {

template <class T>
using shared_records = std::shared_ptr<std::vector<T> const>;

/// Gives out one vector, batch by batch, as often as asked for. With several workers each gives out its own share.
template <class T>
class repeat {
 public:
  using record = T;
  repeat(shared_records<T> records, int passes) : records_(std::move(records)), passes_(passes) {}

  class part {
   public:
    part(shared_records<T> records, int passes, std::size_t begin, std::size_t end)
        : records_(std::move(records)), passes_(begin == end ? 0 : passes), begin_(begin), end_(end), at_(begin) {}
    bool next_batch(leat::emitter<T>& out) {
      if (passes_ == 0) return false;
      std::size_t const count = std::min<std::size_t>(4096, end_ - at_);
      out.batch(records_->data() + at_, count);
      at_ += count;
      if (at_ == end_) {
        at_ = begin_;
        --passes_;
      }
      return passes_ != 0;
    }

   private:
    shared_records<T> records_;
    int passes_;
    std::size_t begin_;
    std::size_t end_;
    std::size_t at_;
  };
  part build(leat::step_services const& services) const {
    std::size_t const share = records_->size() / services.worker_count();
    std::size_t const begin = share * services.worker_index();
    return part(records_, passes_, begin,
                services.worker_index() + 1 == services.worker_count() ? records_->size() : begin + share);
  }

 private:
  shared_records<T> records_;
  int passes_;
};

/// xorshift64 (Marsaglia 2003), always from the same seed.
class chance {
 public:
  std::uint64_t operator()() {
    x_ ^= x_ << 13;
    x_ ^= x_ >> 7;
    x_ ^= x_ << 17;
    return x_;
  }
  double uniform() { return static_cast<double>((*this)() >> 11) * 0x1p-53; }

 private:
  std::uint64_t x_ = 88172645463325252u;
};

inline shared_records<std::uint64_t> random_numbers(std::size_t count) {
  auto records = std::make_shared<std::vector<std::uint64_t>>(count);
  chance draw;
  for (std::uint64_t& value : *records) value = draw();
  return records;
}

/// Ranks below `ranks`, drawn by Zipf's law with exponent 1: the first is the most frequent.
inline std::vector<std::size_t> zipf_ranks(std::size_t count, std::size_t ranks) {
  std::vector<double> cumulated(ranks);
  double sum = 0;
  for (std::size_t i = 0; i != ranks; ++i) cumulated[i] = sum += 1.0 / static_cast<double>(i + 1);
  std::vector<std::size_t> drawn(count);
  chance draw;
  for (std::size_t& rank : drawn)
    rank = static_cast<std::size_t>(std::lower_bound(cumulated.begin(), cumulated.end(), draw.uniform() * sum) -
                                    cumulated.begin());
  return drawn;
}

/// Spreads ranks over all numbers of 64 bits.
inline std::uint64_t key_of_rank(std::size_t rank) { return rank * 0x9e3779b97f4a7c15u; }

inline shared_records<std::uint64_t> zipf_keys(std::size_t count, std::size_t keys) {
  auto const ranks = zipf_ranks(count, keys);
  auto records = std::make_shared<std::vector<std::uint64_t>>(count);
  std::transform(ranks.begin(), ranks.end(), records->begin(), key_of_rank);
  return records;
}

inline shared_records<std::uint64_t> uniform_keys(std::size_t count, std::size_t keys) {
  auto records = std::make_shared<std::vector<std::uint64_t>>(count);
  chance draw;
  for (std::uint64_t& value : *records) value = key_of_rank(draw() % keys);
  return records;
}

}  // namespace benchmark_input
