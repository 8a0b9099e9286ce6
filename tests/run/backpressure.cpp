// SPDX-License-Identifier: BSL-1.0
#include <doctest/doctest.h>

#include <leat/flow.hpp>
#include <leat/from/source.hpp>
#include <leat/route/redistribute.hpp>
#include <leat/run/run.hpp>
#include <leat/run/tcp.hpp>
#include <leat/to/output.hpp>

#include "child.hpp"
#include "fixture/free_address.hpp"
#include "sanitizers.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <span>
#include <string>
#include <thread>
#include <vector>

namespace {

/// Resident memory of this process above what it was at first, at most.
class resident_growth {
 public:
  void look() {
    std::ifstream status("/proc/self/statm");
    std::size_t pages = 0;
    std::size_t resident = 0;
    status >> pages >> resident;
    if (first_ == 0) first_ = resident;
    most_ = std::max(most_, resident - std::min(first_, resident));
  }
  std::size_t bytes() const { return most_ * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)); }

 private:
  std::size_t first_ = 0;
  std::size_t most_ = 0;
};

/// As fast as it is asked, until a time.
class flood {
 public:
  using record = std::uint64_t;
  explicit flood(std::chrono::steady_clock::time_point end) : end_(end) {}
  class part {
   public:
    explicit part(std::chrono::steady_clock::time_point end) : end_(end) {}
    bool next_batch(leat::emitter<std::uint64_t>& out) {
      std::array<std::uint64_t, 4096> batch{};
      for (std::uint64_t& number : batch) number = next_++;
      out.batch(batch.data(), batch.size());
      return std::chrono::steady_clock::now() < end_;
    }

   private:
    std::chrono::steady_clock::time_point end_;
    std::uint64_t next_ = 0;
  };
  part build(leat::step_services const&) const { return part(end_); }

 private:
  std::chrono::steady_clock::time_point end_;
};

/// A batch of 4096 takes the source some ten microseconds, and this sink two milliseconds.
class slow_sink {
 public:
  explicit slow_sink(resident_growth& watched) : watched_(&watched) {}
  class part {
   public:
    explicit part(resident_growth* watched) : watched_(watched) {}
    void write_batch(std::span<std::uint64_t const> records) {
      watched_->look();
      std::this_thread::sleep_for(std::chrono::nanoseconds(500 * records.size()));
    }

   private:
    resident_growth* watched_;
  };
  part build(leat::step_services const&) const { return part(watched_); }

 private:
  resident_growth* watched_;
};

int run_one(unsigned process, std::vector<std::string> const& addresses, std::chrono::seconds time) {
  resident_growth growth;
  leat::flow flow("flood");
  flow.input("in", flood(std::chrono::steady_clock::now() + time)) |
      leat::redistribute("spread", leat::by([](std::uint64_t x) { return x; })) |
      leat::output("out", slow_sink(growth));
  leat::options options;
  options.addresses = addresses;
  options.process = process;
  leat::run(flow, options);
  std::printf("%zu\n", growth.bytes());
  return 0;
}

}  // namespace

TEST_CASE("memory stays within the credit however much slower the sink is than the source, across processes" *
          doctest::skip(sanitizers::address)) {
  bool const is_long = std::getenv("LEAT_TEST_LONG") != nullptr;
  std::chrono::seconds const time(is_long ? 60 : 3);
  std::vector<std::string> const addresses{leat::test::free_address(), leat::test::free_address()};
  child first([&] { return run_one(0, addresses, time); });
  child second([&] { return run_one(1, addresses, time); });
  constexpr std::size_t credit = 4 * (256 << 10);  // from each worker to each
  constexpr std::size_t allowed = credit + (16u << 20);
  for (child* child : {&first, &second}) {
    REQUIRE(child->ends() == 0);
    CAPTURE(child->err);
    std::size_t const growth = std::stoul(child->out);
    CHECK(growth > 0);
    CHECK(growth <= allowed);
    MESSAGE("grew by " << growth / 1024 << " KiB in " << time.count() << " s");
  }
}
