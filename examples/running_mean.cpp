// SPDX-License-Identifier: BSL-1.0
// Keyed state, edited in place: the mean of the last three values of each key.
#include <leat/leat.hpp>
#include <leat/run/tcp.hpp>

#include <deque>
#include <numeric>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace {

double mean_of_last_three(std::optional<std::deque<double>>& last, double value) {
  if (!last) last.emplace();
  last->push_back(value);
  if (last->size() > 3) last->pop_front();
  return std::accumulate(last->begin(), last->end(), 0.0) / static_cast<double>(last->size());
}

}  // namespace

leat::flow running_mean() {
  std::vector<std::pair<std::string, double>> const readings{{"kitchen", 21}, {"cellar", 12}, {"kitchen", 22},
                                                             {"kitchen", 26}, {"cellar", 13}, {"kitchen", 18}};

  leat::flow flow("running_mean");
  flow.input("readings", leat::from::iterable(readings)) | leat::stateful_map("mean", mean_of_last_three) |
      leat::output("out", leat::to::out());
  return flow;
}

int main(int argc, char** argv) { return leat::main(argc, argv, running_mean); }
