// SPDX-License-Identifier: BSL-1.0
// What a flow costs that has nothing to do: two workers, a source that stays silent, an exchange, 30 seconds or as
// many as the first argument says.
#include <leat/flow.hpp>
#include <leat/from/source.hpp>
#include <leat/run/run.hpp>
#include <leat/state/count_final.hpp>
#include <leat/to/output.hpp>

#include <sys/resource.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <stop_token>
#include <thread>
#include <utility>

namespace {

class silent_source {
 public:
  using record = int;
  class part {
   public:
    bool next_batch(leat::emitter<int>&) { return true; }
    std::optional<leat::steady_time> next_awake() const { return leat::steady_time::max(); }
  };
  part build(leat::step_services const&) const { return {}; }
};

double cpu_seconds() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  auto const seconds = [](timeval const& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

}  // namespace

int main(int argc, char** argv) {
  int const seconds = argc > 1 ? std::atoi(argv[1]) : 30;
  leat::flow flow("idle");
  flow.input("in", silent_source()) | leat::count_final("count", [](int x) { return x; }) |
      leat::output("out", leat::to::for_each([](std::pair<int, std::uint64_t> const&) {}));

  std::stop_source stop;
  std::thread running([&] { leat::run(flow, {.workers = 2, .stop = stop.get_token()}); });
  std::this_thread::sleep_for(std::chrono::seconds(1));
  double const before = cpu_seconds();
  std::this_thread::sleep_for(std::chrono::seconds(seconds));
  double const used = cpu_seconds() - before;
  stop.request_stop();
  running.join();

  double const share = used / seconds * 100;
  std::printf("idle for %d s, 2 workers: %.3f ms of processor time, %.4f %% of a core   goal 0.1 %%: %s\n", seconds,
              used * 1e3, share, share < 0.1 ? "met" : "MISSED");
}
