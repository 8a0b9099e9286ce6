// SPDX-License-Identifier: BSL-1.0
#include <leat/flow.hpp>
#include <leat/from/range.hpp>
#include <leat/route/exchange/to_partitions.hpp>
#include <leat/run/run.hpp>
#include <leat/to/lines.hpp>
#include <leat/to/output.hpp>
#include <leat/to/partitioned_sink.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace {

/// What became of the partitions of `by_remainder`.
struct ledger {
  std::mutex mutex;
  std::map<std::string, std::vector<int>> records;
  std::map<std::string, std::set<unsigned>> workers;
  std::map<std::string, int> flushed;
};

/// A sink of the user's: the number modulo the partitions; their names are listed from the last to the first.
class by_remainder {
 public:
  using position = leat::no_position;
  by_remainder(ledger& book, int parts) : book_(&book), parts_(parts) {}

  class partition {
   public:
    partition(ledger& book, std::string name) : book_(&book), name_(std::move(name)) {}
    void write_batch(std::span<int const> records) {
      std::lock_guard const lock(book_->mutex);
      book_->records[name_].insert(book_->records[name_].end(), records.begin(), records.end());
    }
    void flush() {
      std::lock_guard const lock(book_->mutex);
      ++book_->flushed[name_];
    }

   private:
    ledger* book_;
    std::string name_;
  };

  std::vector<std::string> list_parts() const {
    std::vector<std::string> names;
    for (int i = parts_; i != 0; --i) names.push_back(std::string(1, static_cast<char>('a' + i - 1)));
    return names;
  }
  std::uint64_t part_of(int record) const { return static_cast<std::uint64_t>(record); }
  partition build_part(std::string const& name, std::optional<position> const&,
                       leat::step_services const& services) const {
    std::lock_guard const lock(book_->mutex);
    book_->workers[name].insert(services.worker_index());
    return {*book_, name};
  }

 private:
  ledger* book_;
  int parts_;
};

static_assert(leat::fixed_partitioned_sink<by_remainder, int>);
static_assert(!leat::fixed_partitioned_sink<by_remainder, std::string>);
static_assert(leat::fixed_partitioned_sink<leat::to::lines, double>);
static_assert(leat::fixed_partitioned_sink<leat::to::files, std::pair<int, std::string>>);
static_assert(!leat::fixed_partitioned_sink<leat::to::files, int>);

}  // namespace

TEST_CASE("each partition is opened by one worker, and gets its records in order; the share is by name") {
  for (unsigned const workers : {1u, 2u, 3u}) {
    ledger book;
    leat::flow flow("sink");
    flow.input("in", leat::from::range(5000)) | leat::output("out", by_remainder(book, 5));
    leat::run(flow, {.workers = workers});

    std::map<std::string, std::set<unsigned>> expected;
    for (unsigned i = 0; i != 5; ++i) expected[std::string(1, static_cast<char>('a' + i))] = {i % workers};
    CHECK(book.workers == expected);
    CHECK(book.records.size() == 5);
    bool right = true;
    for (auto const& [name, records] : book.records) {
      int next = name[0] - 'a';
      right = right && records.size() == 1000;
      for (int const n : records) {
        right = right && n == next;
        next += 5;
      }
    }
    CHECK(right);
    CHECK(book.flushed["a"] >= 1);
  }
}

TEST_CASE("partitions are opened and flushed although no record comes") {
  ledger book;
  leat::flow flow("sink");
  flow.input("in", leat::from::range(0)) | leat::output("out", by_remainder(book, 2));
  leat::run(flow, {.workers = 2});
  CHECK(book.workers.size() == 2);
  CHECK(book.flushed["a"] == 1);
  CHECK(book.flushed["b"] == 1);
}

namespace {

/// Deals its records out, and so says something else of a record each time it is asked.
class in_turn {
 public:
  using position = leat::no_position;
  class partition {
   public:
    void write_batch(std::span<int const>) {}
  };
  std::vector<std::string> list_parts() const { return {"a", "b", "c"}; }
  std::uint64_t part_of(int) const { return next_++; }
  partition build_part(std::string const&, std::optional<position> const&, leat::step_services const&) const {
    return {};
  }

 private:
  mutable std::uint64_t next_ = 0;
};

}  // namespace

TEST_CASE("a part_of that says two things of one record is an error where the partitions have several workers") {
  leat::flow flow("dealt");
  flow.input("in", leat::from::range(0, 100)) | leat::output("out", in_turn());
  CHECK_NOTHROW(leat::run(flow));
  std::string failure;
  try {
    leat::run(flow, {.workers = 2});
  } catch (leat::run_error const& error) {
    failure = error.what();
  }
  CHECK(failure.find("step \"dealt.out\" (output, ") == 0);
  CHECK(failure.find("part_of has to say the same of a record each time it is asked") != std::string::npos);
}
