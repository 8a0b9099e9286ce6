// SPDX-License-Identifier: BSL-1.0
#include <leat/flow.hpp>
#include <leat/from/range.hpp>
#include <leat/route/to_partitions.hpp>
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
  using position = std::uint64_t;
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
