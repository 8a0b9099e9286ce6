// SPDX-License-Identifier: BSL-1.0
// Two processes send each other records in rounds over TCP on loopback, routed by key; a round is over when all its
// records have arrived. The records lie in the cache, as if they were just made. Against two processes that carry the
// same bytes over a bare connection, without frames, checksums or routing. `--timely PROGRAM` compares with timely
// dataflow too (benchmarks/timely). `--drivers` compares who may drive the connections instead, with several workers in
// each process. `--one` is one of the processes of a cluster that somebody else starts, as benchmarks/on_ray.py does.
#include "measure.hpp"
#include "rounds.hpp"
#include "sources.hpp"
#include "two_processes.hpp"

#include <leat/flow.hpp>
#include <leat/route/redistribute.hpp>
#include <leat/run/main.hpp>
#include <leat/run/run.hpp>
#include <leat/run/tcp.hpp>
#include <leat/to/output.hpp>

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

template <std::size_t Bytes>
struct padded_record {
  std::uint64_t key;
  std::array<std::uint64_t, Bytes / 8 - 1> rest;
  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive & key & rest;
  }
};
template <std::size_t Bytes>
std::uint64_t key_of(padded_record<Bytes> const& record) {
  return record.key;
}

namespace {

using benchmark_rounds::arrivals;
using benchmark_rounds::key_of;

struct common_ground {
  arrivals arrived;
  std::array<std::atomic<double>, 2> seconds{};
};

template <class T>
std::vector<T> records_with_random_keys() {
  std::size_t const count = 64 * 1024 / sizeof(T);
  auto const keys = benchmark_input::random_numbers(count);
  std::vector<T> records(count);
  for (std::size_t i = 0; i != count; ++i) std::memcpy(&records[i], &(*keys)[i], sizeof(std::uint64_t));
  return records;
}

/// Half of the records are for the other process, as with a key.
template <class T>
class bare_process {
 public:
  bare_process(int socket, arrivals& arrived, unsigned process, std::vector<T> const& records, std::size_t per_round)
      : socket_(socket),
        arrived_(arrived),
        process_(process),
        records_(records),
        per_round_(per_round),
        into_(256 * 1024) {
    ::fcntl(socket_, F_SETFL, O_NONBLOCK);
  }

  void run(int rounds) {
    std::size_t const bytes = per_round_ / 2 * sizeof(T);
    for (int round = 1; round <= rounds; ++round) {
      std::size_t sent = 0;
      std::size_t received = 0;
      while (sent != bytes || received != bytes) {
        sent += send(sent, bytes - sent);
        received += receive(bytes - received);
      }
      arrived_.at[process_].add(per_round_);
      while (arrived_.total() < static_cast<std::uint64_t>(round) * per_round_ * 2) {
      }
    }
  }

 private:
  std::size_t send(std::size_t from, std::size_t left) {
    if (left == 0) return 0;
    constexpr std::size_t at_once = 32 * 1024;  // on loopback more is not faster
    auto const* const at = reinterpret_cast<char const*>(records_.data()) + from % at_once;
    return done(::send(socket_, at, std::min(left, at_once), MSG_NOSIGNAL));
  }
  std::size_t receive(std::size_t left) {
    if (left == 0) return 0;
    std::size_t const got = done(::recv(socket_, into_.data(), std::min(left, into_.size()), 0));
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i + sizeof(T) <= got; i += sizeof(T)) {
      std::uint64_t key = 0;
      std::memcpy(&key, into_.data() + i, sizeof key);
      sum += key;
    }
    measure::keep(sum);
    return got;
  }
  static std::size_t done(ssize_t count) {
    two_processes::check(count > 0 || (count < 0 && errno == EAGAIN), "a bare connection");
    return count > 0 ? static_cast<std::size_t>(count) : 0;
  }

  int socket_;
  arrivals& arrived_;
  unsigned process_;
  std::vector<T> const& records_;
  std::size_t per_round_;
  std::vector<char> into_;
};

template <class T>
double by_hand(std::vector<T> const& records, std::size_t per_round, int rounds) {
  two_processes::shared<common_ground> ground;
  auto const ends = two_processes::tcp_pair();
  two_processes::run([&](unsigned index) {
    bare_process<T> process(ends[index], ground->arrived, index, records, per_round);
    ground->seconds[index] = measure::seconds_of([&] { process.run(rounds); });
  });
  for (int end : ends) ::close(end);
  return std::max(ground->seconds[0].load(), ground->seconds[1].load());
}

leat::options spinning() {
  leat::options options;
  options.spin = std::chrono::seconds(10);
  return options;
}

template <class T>
double by_leat(std::vector<T> const& records, std::size_t per_round, int rounds, leat::options options = spinning()) {
  two_processes::shared<common_ground> ground;
  ground->arrived.workers = 2 * options.workers;
  auto const addresses = two_processes::addresses();
  two_processes::run([&](unsigned process) {
    benchmark_rounds::schedule<T> const schedule(records, per_round, rounds, ground->arrived);
    leat::flow flow("exchange");
    flow.input("in", benchmark_rounds::source(schedule)) |
        leat::redistribute("by key", leat::by([](T const& x) { return key_of(x); })) |
        leat::output("out", benchmark_rounds::sink<T>(ground->arrived));
    leat::options own_options = options;
    own_options.addresses = addresses;
    own_options.process = process;
    ground->seconds[process] = measure::seconds_of([&] { leat::run(flow, own_options); });
  });
  return std::max(ground->seconds[0].load(), ground->seconds[1].load());
}

/// The program prints the seconds that it took. Those count of the process that took less: the other waited for it to
/// start.
double by_timely(std::string const& program, std::size_t per_round, int rounds) {
  two_processes::shared<common_ground> ground;
  std::string const hosts = "/tmp/leat-benchmark-" + std::to_string(::getpid());
  std::FILE* const list = std::fopen(hosts.c_str(), "w");
  two_processes::check(list != nullptr, hosts.c_str());
  for (std::string const& address : two_processes::addresses()) std::fprintf(list, "%s\n", address.c_str());
  std::fclose(list);
  two_processes::run([&](unsigned process) {
    std::string const command = program + " " + std::to_string(per_round) + " " + std::to_string(rounds) + " -n 2 -p " +
                                std::to_string(process) + " -h " + hosts + " 2>/dev/null";
    std::FILE* const output = ::popen(command.c_str(), "r");
    double taken = 0;
    two_processes::check(output != nullptr, program.c_str());
    for (std::array<char, 200> line{}; std::fgets(line.data(), line.size(), output) != nullptr;)
      if (std::sscanf(line.data(), "%lf", &taken) == 1) break;  // timely tells of its connections first
    two_processes::check(taken > 0, program.c_str());
    ::pclose(output);
    ground->seconds[process] = taken;
  });
  std::remove(hosts.c_str());
  return std::min(ground->seconds[0].load(), ground->seconds[1].load());
}

template <class T>
void compare(std::string const& workload, std::size_t per_round, int rounds, double part_of_bare,
             std::string const& timely) {
  auto const records = records_with_random_keys<T>();
  std::vector<measure::variant> variants;
  variants.emplace_back("two processes, bare connection", [&] { return by_hand(records, per_round, rounds); });
  if (!timely.empty()) variants.emplace_back("timely -n 2", [&] { return by_timely(timely, per_round, rounds); });
  variants.emplace_back("leat, two processes", [&] { return by_leat(records, per_round, rounds); });
  measure::compare(workload + " (per record sent by one process)", static_cast<double>(per_round) * rounds, variants,
                   1 / part_of_bare);
}

/// The source does not sleep before its round is over: in a process with a thread for each worker it need not.
template <class T>
void compare_drivers(std::string const& workload, std::size_t per_round, int rounds) {
  auto const records = records_with_random_keys<T>();
  for (unsigned const workers : {1u, 2u, 4u}) {
    std::vector<measure::variant> variants;
    auto const add = [&](std::string const& name, leat::connection_driver driver) {
      leat::options options;
      options.spin = std::chrono::microseconds(200);
      options.workers = workers;
      options.connections = driver;
      variants.emplace_back(
          name, [&records, per_round, rounds, options] { return by_leat(records, per_round, rounds, options); });
    };
    add("the first worker drives", leat::connection_driver::first_worker);
    add("the last worker drives", leat::connection_driver::last_worker);
    add("a thread of its own drives", leat::connection_driver::own_thread);
    measure::compare(workload + ", two processes of " + std::to_string(workers) + " workers",
                     static_cast<double>(per_round) * workers * rounds, variants, 0);
  }
}

/// When the first records of a process went, and when the last ones came to it.
struct stop_watch {
  using clock = std::chrono::steady_clock;
  std::optional<clock::time_point> first;
  clock::time_point last;
};

class timed_source {
 public:
  using record = std::uint64_t;
  using inner = benchmark_rounds::source<record>;
  timed_source(inner const& of, stop_watch& watch) : of_(of), watch_(&watch) {}

  class part : public inner::part {
   public:
    part(inner::part const& of, stop_watch& watch) : inner::part(of), watch_(&watch) {}
    bool next_batch(leat::emitter<record>& out) {
      if (!watch_->first) watch_->first = stop_watch::clock::now();
      return inner::part::next_batch(out);
    }

   private:
    stop_watch* watch_;
  };
  part build(leat::step_services const& services) const { return part(of_.build(services), *watch_); }

 private:
  inner of_;
  stop_watch* watch_;
};

class timed_sink {
 public:
  using inner = benchmark_rounds::sink<std::uint64_t>;
  timed_sink(inner const& of, stop_watch& watch) : of_(of), watch_(&watch) {}

  class part : public inner::part {
   public:
    part(inner::part const& of, stop_watch& watch) : inner::part(of), watch_(&watch) {}
    void write_batch(std::span<std::uint64_t const> records) {
      inner::part::write_batch(records);
      watch_->last = stop_watch::clock::now();
    }

   private:
    stop_watch* watch_;
  };
  part build(leat::step_services const& services) const { return part(of_.build(services), *watch_); }

 private:
  inner of_;
  stop_watch* watch_;
};

/// Sends as many records as it can, and prints what one took. One worker, of two processes.
int one_process(int argc, char** argv) {
  constexpr std::size_t count = std::size_t{1} << 29;
  auto const records = records_with_random_keys<std::uint64_t>();
  arrivals arrived;
  stop_watch watch;
  benchmark_rounds::schedule<std::uint64_t> const schedule(records, count, 1, arrived);
  leat::command_line const cli(argc, argv, "--one", spinning());
  int const status = leat::main(cli, [&](leat::command_line const&) {
    leat::flow flow("exchange");
    flow.input("in", timed_source(benchmark_rounds::source(schedule), watch)) |
        leat::redistribute("by key", leat::by([](std::uint64_t x) { return key_of(x); })) |
        leat::output("out", timed_sink(benchmark_rounds::sink<std::uint64_t>(arrived), watch));
    return flow;
  });
  if (watch.first)
    std::printf("%.4f ns a record\n",
                std::chrono::duration<double, std::nano>(watch.last - *watch.first).count() / double(count));
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  if (std::find(argv, argv + argc, std::string("--one")) != argv + argc) return one_process(argc, argv);
  if (argc == 2 && std::string(argv[1]) == "--drivers") {
    compare_drivers<std::uint64_t>("exchange of u64", 1 << 18, 60);
    compare_drivers<padded_record<1024>>("exchange of 1 KiB", 1 << 13, 60);
    return 0;
  }
  std::string const timely = argc == 3 && std::string(argv[1]) == "--timely" ? argv[2] : "";
  compare<std::uint64_t>("exchange of u64, 1 M per process and round", 1 << 20, 300, 0.45, timely);
  compare<padded_record<64>>("exchange of 64 bytes, 1 M per process and round", 1 << 20, 60, 0.7, "");
  compare<padded_record<1024>>("exchange of 1 KiB, 64 Ki per process and round", 1 << 16, 60, 0.7, "");
}
