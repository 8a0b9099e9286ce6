// SPDX-License-Identifier: BSL-1.0
#include <doctest/doctest.h>

#include <leat/leat.hpp>

#include "child.hpp"
#include "fixture/faults.hpp"
#include "fixture/shapes.hpp"
#include "sanitizers.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

/// Whatever function of the user's throws, at whichever of its calls: the run ends with a run_error that names the
/// step, its program with 1, and nothing comes out twice. Each flow calls `fault::at(step)` in every function that it
/// gives leat, and is run with the first call failing, with the second, and so on until a run is clean.
namespace {

using namespace std::chrono_literals;
namespace fault = leat::test::fault;

/// The archives that only ask what travels, or how large it is. What is thrown at them is no failure.
template <class Archive>
inline constexpr bool describes = false;
template <class Tag>
inline constexpr bool describes<leat::detail::basic_describing_archive<Tag>> = true;
template <class Tag>
inline constexpr bool describes<leat::detail::basic_measuring_archive<Tag>> = true;

/// A record, or a key, whose every function may fail.
struct probe {
  probe() = default;
  explicit probe(int value) : n(value) {}
  probe(probe const& other) : n(other.n) { fault::anywhere(); }
  probe(probe&& other) : n(other.n) { fault::anywhere(); }  // NOLINT: it may throw
  probe& operator=(probe const& other) {
    fault::anywhere();
    n = other.n;
    return *this;
  }
  probe& operator=(probe&& other) {  // NOLINT: it may throw
    fault::anywhere();
    n = other.n;
    return *this;
  }
  ~probe() = default;
  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    if constexpr (!describes<Archive>) fault::anywhere();
    archive & n;
  }
  friend bool operator==(probe const& a, probe const& b) {
    fault::anywhere();
    return a.n == b.n;
  }
  friend bool operator<(probe const& a, probe const& b) {
    fault::anywhere();
    return a.n < b.n;
  }
  int n = 0;
};

/// What came out, of all outputs: each number once.
std::mutex out_mutex;
std::vector<int> out;

void give(int number) {
  std::lock_guard const lock(out_mutex);
  out.push_back(number);
}

/// Numbers from 1 on, two at a time.
class numbers {
 public:
  using record = probe;
  using position = std::uint64_t;

  numbers(char const* step, int most) : step_(step), most_(most) {}

  class partition {
   public:
    partition(char const* step, int most) : step_(step), most_(most) {}
    bool next_batch(leat::emitter<probe>& emit) {
      for (int i = 0; i != 2 && next_ <= most_; ++i) {
        fault::at(step_);
        try {
          emit(probe(next_++));
        } catch (...) {  // as one does who wants to go on whatever happens
        }
      }
      return next_ <= most_;
    }
    std::optional<leat::steady_time> next_awake() const {
      fault::at(step_);
      return std::nullopt;
    }
    std::uint64_t snapshot() const { return static_cast<std::uint64_t>(next_); }

   private:
    char const* step_;
    int most_;
    int next_ = 1;
  };

  std::vector<std::string> list_parts() const {
    fault::at(step_);
    return {"all"};
  }
  partition build_part(std::string const&, std::optional<position> const&, leat::step_services const&) const {
    fault::at(step_);
    return {step_, most_};
  }

 private:
  char const* step_;
  int most_;
};

class written {
 public:
  explicit written(char const* step) : step_(step) {}

  class partition {
   public:
    explicit partition(char const* step) : step_(step) {}
    void write_batch(std::span<probe const> records) {
      fault::at(step_);
      for (probe const& record : records) give(record.n);
    }
    void flush() { fault::at(step_); }

   private:
    char const* step_;
  };
  partition build(leat::step_services const&) const {
    fault::at(step_);
    return partition(step_);
  }

 private:
  char const* step_;
};

/// Two partitions, by the key.
class parted {
 public:
  using position = std::uint64_t;
  explicit parted(char const* step) : step_(step) {}

  class partition {
   public:
    explicit partition(char const* step) : step_(step) {}
    void write_batch(std::span<std::pair<probe, probe>> records) {
      fault::at(step_);
      for (auto const& [key, value] : records) give(value.n);
    }
    void flush() { fault::at(step_); }
    std::uint64_t snapshot() const { return 0; }

   private:
    char const* step_;
  };
  std::vector<std::string> list_parts() const {
    fault::at(step_);
    return {"a", "b"};
  }
  partition build_part(std::string const&, std::optional<position> const&, leat::step_services const&) const {
    fault::at(step_);
    return partition(step_);
  }
  std::uint64_t part_of(std::pair<probe, probe> const& record) const {
    fault::at(step_);
    return static_cast<std::uint64_t>(record.second.n);
  }

 private:
  char const* step_;
};

/// A function that may fail when it is copied, as leat copies it for each worker.
class copied {
 public:
  explicit copied(char const* step) : step_(step) {}
  copied(copied const& other) : step_(other.step_) { fault::at(step_); }
  copied(copied&& other) noexcept : step_(other.step_) {}
  copied& operator=(copied const&) = delete;
  ~copied() = default;

 private:
  char const* step_;
};

/// Whether the run was clean; otherwise it has failed as it should, of the step that threw, as far as that is known
/// here.
bool is_clean(leat::test::shape const& shape, leat::flow const& flow, std::vector<int> const& expected) {
  out.clear();
  std::string text;
  std::string step;
  bool failed = false;
  try {
    shape.run(flow, out);
  } catch (leat::run_error const& error) {
    failed = true;
    step = error.step;
    text = error.what();
  }
  fault::disarm();
  CAPTURE(text);
  std::sort(out.begin(), out.end());
  CHECK(std::adjacent_find(out.begin(), out.end()) == out.end());
  if (!fault::thrown() && !failed) {
    CHECK(out == expected);
    return true;
  }
  REQUIRE(failed);
  char const* const armed = fault::only_in.load();
  std::string const thrower = armed != nullptr ? armed : fault::step();
  CAPTURE(thrower);
  if (thrower.empty())
    CHECK(step.starts_with(flow.name() + "."));
  else
    CHECK((step == flow.name() + "." + thrower || step == flow.name() + "." + thrower + ".exchange"));
  CHECK((text.find("the fault") != std::string::npos || text.find("not a std::exception") != std::string::npos));
  return false;
}

constexpr std::uint64_t from_program_to_program = sanitizers::slow ? 7 : 1;
constexpr std::uint64_t from_run_to_run = sanitizers::slow ? 3 : 1;
constexpr std::uint64_t from_costly_run_to_run = sanitizers::slow ? 83 : 29;

/// What a program is that runs this flow, seen from outside: it ends with 1 and names the step, whichever call fails.
/// Gives the steps that threw.
std::set<std::string> fail_as_programs(leat::flow const& flow) {
  std::set<std::string> threw;
  for (char const* const workers : {"-w1", "-w2"})
    for (std::uint64_t call = 1;; call += from_program_to_program) {
      CAPTURE(workers);
      CAPTURE(call);
      child program([&] {
        fault::arm(call);
        std::array<char const*, 3> const words{"/opt/faults", workers, nullptr};
        int const status = leat::main(2, words.data(), flow);
        std::fputs(fault::thrown() ? ("thrown in " + fault::step()).c_str() : "clean", stdout);
        return status;
      });
      int const status = program.ends();
      CAPTURE(program.err);
      if (program.out == "clean") {
        CHECK(status == 0);
        CHECK(program.err.empty());
        break;
      }
      REQUIRE(program.out.starts_with("thrown in "));
      std::string const step = program.out.substr(std::string("thrown in ").size());
      CAPTURE(step);
      CHECK(status == 1);
      CHECK(program.err.starts_with("faults: step \"" + flow.name() + "." + step));
      threw.insert(step);
    }
  return threw;
}

/// Runs the flow again and again, each time with another call failing.
void fail_at_each_call(leat::flow const& flow, std::vector<int> const& expected) {
  std::set<std::string> const steps = fail_as_programs(flow);
  leat::test::for_each_shape([&](leat::test::shape const& shape) {
    using kind = leat::test::shape::kind;
    bool const costly = shape.runs == kind::processes_on_tcp || shape.runs == kind::real_processes;
    bool clean = false;
    for (std::uint64_t call = 1; !clean; call += costly ? from_costly_run_to_run : from_run_to_run) {
      CAPTURE(call);
      fault::arm(call);
      clean = is_clean(shape, flow, expected);
    }
    if (!costly) return;
    // And each step in its turn: in its first calls, where it is built, and in a later one.
    for (std::string const& step : steps)
      for (std::uint64_t const call : {1u, 2u, 6u}) {
        CAPTURE(step);
        CAPTURE(call);
        fault::arm(call, step.c_str());
        is_clean(shape, flow, expected);
      }
  });
}

}  // namespace

TEST_CASE("a function that throws: sources, fused steps, branch, exchange, sinks") {
  leat::flow flow("fused");
  leat::stream in = flow.input("in", numbers("in", 6));
  auto [odd, even] = in |
                     leat::map("map",
                               [copy = copied("map")](probe&& record) -> probe&& {
                                 fault::at("map");
                                 return std::move(record);
                               }) |
                     leat::filter("filter",
                                  [](probe const& record) {
                                    fault::at("filter");
                                    return record.n != 3;
                                  }) |
                     leat::flat_map<probe>("several",
                                           [copy = copied("several")](probe const& record, auto& emit) {
                                             fault::at("several");
                                             for (int i = 0; i != 2; ++i) {
                                               try {
                                                 emit(probe(record.n + 10 * i));
                                               } catch (...) {
                                               }
                                             }
                                           }) |
                     leat::branch("branch", [copy = copied("branch")](probe const& record) {
                       fault::at("branch");
                       return record.n % 2 != 0;
                     });
  odd | leat::inspect("look", [](probe const&) { fault::at("look"); }) | leat::output("odd", written("odd"));
  even | leat::redistribute("spread", leat::by([copy = copied("spread")](probe const& record) {
                              fault::at("spread");
                              return record.n;
                            })) |
      leat::key_on("key",
                   [](probe const& record) {
                     fault::at("key");
                     return record;
                   }) |
      leat::flat_map_value<int>("values",
                                [](probe&& value, auto& emit) {
                                  fault::at("values");
                                  try {
                                    emit(value.n);
                                  } catch (...) {
                                  }
                                }) |
      leat::output("even", leat::to::for_each([](std::pair<probe, int> const& record) {
                     fault::at("even");
                     give(record.second);
                   }));
  fail_at_each_call(flow, {1, 2, 4, 5, 6, 11, 12, 14, 15, 16});
}

namespace {

leat::task<> counted(leat::emitter<probe>& emit) {
  for (int n = 1; n <= 6; ++n) {
    fault::at("in");
    try {
      emit(probe(n));
    } catch (...) {
    }
    if (n % 2 == 0) co_await leat::next_turn();
  }
}

/// Gives each value, and at the end its key times a hundred.
class remembers : public leat::stateful_logic<probe, probe, int> {
 public:
  explicit remembers(int key) : key_(key) {}
  remembers(remembers const& other) : stateful_logic(other), key_(other.key_) { fault::at("logic"); }
  remembers(remembers&& other) : stateful_logic(other), key_(other.key_) { fault::at("logic"); }  // NOLINT: may throw
  remembers& operator=(remembers const&) = delete;
  ~remembers() = default;

  leat::retention on_item(probe given, leat::logic_results<probe>& results) {
    fault::at("logic");
    key_ = given.n % 2;
    try {
      results(std::move(given));
    } catch (...) {
    }
    return leat::retention::retain;
  }
  leat::retention on_notify(leat::logic_results<probe>&) {
    fault::at("logic");
    notified_ = true;
    return leat::retention::retain;
  }
  leat::retention on_eof(leat::logic_results<probe>& results) {
    fault::at("logic");
    results(probe(100 + key_));
    return leat::retention::discard;
  }
  std::optional<leat::wall_time> notify_at() const {
    fault::at("logic");
    return notified_ ? std::nullopt : std::optional<leat::wall_time>(leat::wall_time{});
  }
  int snapshot() const { return key_; }

 private:
  int key_;
  bool notified_ = false;
};

probe parity(probe const& record) { return probe(record.n % 2); }

}  // namespace

TEST_CASE("a function that throws: a coroutine that is a source, keyed state, combining, joins, partitioned sinks") {
  leat::flow flow("keyed");
  leat::stream in = flow.input("in", leat::from::generate(counted));
  leat::stream by_parity = in | leat::key_on("key", [](probe const& record) {
                             fault::at("key");
                             return parity(record);
                           });
  by_parity | leat::stateful("logic", [copy = copied("logic")](std::optional<int>) {
    fault::at("logic");
    return remembers(0);
  }) | leat::output("kept", parted("kept"));
  by_parity | leat::reduce_final("reduce", [copy = copied("reduce")](probe const& a, probe const& b) {
    fault::at("reduce");
    return probe(a.n + b.n);
  }) | leat::map("reduced", [](std::pair<probe, probe> const& sum) {
    return probe(1000 + sum.second.n);
  }) | leat::output("sums", written("sums"));
  leat::stream folded = by_parity | leat::fold_final(
                                        "fold",
                                        [] {
                                          fault::at("fold");
                                          return probe(0);
                                        },
                                        [copy = copied("fold")](probe& sum, probe const& value) {
                                          fault::at("fold");
                                          sum.n += value.n;
                                        });
  leat::stream counts = by_parity | leat::stateful_flat_map("count", [](std::optional<probe>& sum, probe const& value) {
                          fault::at("count");
                          if (!sum) sum.emplace(0);
                          sum->n += 1;
                          return std::vector<probe>(value.n > 4 ? 1 : 0, *sum);
                        });
  leat::join("join", leat::join_emit::final, folded, counts) |
      leat::map("joined",
                [](std::pair<probe, std::tuple<std::optional<probe>, std::optional<probe>>> const& row) {
                  fault::at("joined");
                  return probe(2000 + std::get<0>(row.second)->n + 100 * std::get<1>(row.second)->n);
                }) |
      leat::output("rows", written("rows"));
  fail_at_each_call(flow, {1, 2, 3, 4, 5, 6, 100, 101, 1009, 1012, 2309, 2312});
}

namespace {

leat::task<> twice(leat::inlet<probe>& in, leat::outlet<probe>& emit) {
  fault::at("step");
  while (auto batch = co_await in.next()) {
    for (probe& record : batch) {
      fault::at("step");
      int const n = record.n;
      try {
        emit(std::move(record));
        emit(probe(n + 10));
      } catch (...) {
      }
    }
    co_await leat::next_turn();
  }
  fault::at("step");
}

/// The sum of all values, at the end.
class sums : public leat::stateful_logic<probe, int, int> {
 public:
  leat::retention on_batch(std::span<probe> values, leat::logic_results<int>&) {
    fault::at("batches");
    for (probe const& each : values) sum_ += each.n;
    return leat::retention::retain;
  }
  leat::retention on_eof(leat::logic_results<int>& results) {
    fault::at("batches");
    results(sum_);
    return leat::retention::discard;
  }
  int snapshot() const { return sum_; }

 private:
  int sum_ = 0;
};

leat::task<probe> looked_up(probe record) {
  fault::at("async");
  int const n = record.n;
  auto const work = [n] {
    fault::at("async");
    return n + 100;
  };
  int const found = co_await leat::blocking(work);
  fault::at("async");
  co_return probe(found);
}

}  // namespace

TEST_CASE("a function that throws: coroutines, batches, merge, caches, what is kept back") {
  leat::flow flow("waiting");
  leat::stream in = flow.input("in", numbers("in", 4));
  leat::stream doubled = in | leat::step("step", twice);
  leat::stream found = in | leat::async_map("async", looked_up, leat::in_flight(2));
  leat::stream merged = leat::merge("both", doubled, found);
  merged |
      leat::flat_map_batch<probe>("batch",
                                  [copy = copied("batch")](std::span<probe> records, auto& emit) {
                                    for (probe& record : records) {
                                      fault::at("batch");
                                      try {
                                        emit(std::move(record));
                                      } catch (...) {
                                      }
                                    }
                                  }) |
      leat::enrich_cached(
          "cached",
          [](int const& key) {
            fault::at("cached");
            return key * 1000;
          },
          [](leat::ttl_cache<int, int>& cache, probe const& record) {
            fault::at("cached");
            return probe(record.n + cache.get(record.n % 2));
          },
          1h) |
      leat::output("out", written("out"));
  merged | leat::key_on("key", [](probe const& record) {
    fault::at("key");
    return record.n % 2;
  }) | leat::stateful_batch("batches", [](std::optional<int>) {
    fault::at("batches");
    return sums();
  }) | leat::map("sum", [](std::pair<int, int> const& sum) {
    return probe(5000 + sum.second);
  }) | leat::output("sums", written("sums"));
  fail_at_each_call(flow, {2, 4, 12, 14, 102, 104, 1001, 1003, 1011, 1013, 1101, 1103, 5232, 5238});
}
