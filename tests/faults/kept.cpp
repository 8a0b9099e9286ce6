// SPDX-License-Identifier: BSL-1.0
// Counts the words of files, in a flow that goes on from a recovery store, for tests that kill it: `kept OUT IN...`.
// Each line is a word, and what follows a space behind it is left out; OUT/lines gets each word with how often it has
// come by then, OUT/values that number in one of three files, and OUT/totals how often each came in all. `slow` in front
// has each line of input take a while.
#include <leat/leat.hpp>
#include <leat/run/recovery.hpp>
#include <leat/run/tcp.hpp>

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

leat::flow describe(leat::command_line const& cli) {
  std::vector<std::string> words = cli.rest();
  bool const slow = !words.empty() && words.front() == "slow";
  if (slow) words.erase(words.begin());
  if (words.size() < 2) throw leat::usage_error("it needs a directory to write to and files to read");
  std::string const out = words.front();
  words.erase(words.begin());
  leat::flow flow("kept");
  leat::stream const counted = flow.input("in", leat::from::lines(words)) |
                               leat::map("wait",
                                         [slow](std::string word) {
                                           if (slow) std::this_thread::sleep_for(std::chrono::microseconds(20));
                                           word.resize(std::min(word.size(), word.find(' ')));
                                           return word;
                                         }) |
                               leat::key_on("by word", [](std::string const& word) { return word; }) |
                               leat::stateful_map("count", [](std::optional<int>& seen, std::string const& word) {
                                 seen = seen.value_or(0) + 1;
                                 return word + " " + std::to_string(*seen);
                               });
  counted | leat::map("line", [](std::pair<std::string, std::string> const& each) { return each.second; }) |
      leat::output("lines", leat::to::lines(out + "/lines"));
  counted | leat::output("values", leat::to::files(out + "/values", 3));
  counted | leat::map("word", [](std::pair<std::string, std::string> const& each) { return each.first; }) |
      leat::count_final("totals", [](std::string const& word) { return word; }) |
      leat::output("all", leat::to::lines(out + "/totals"));
  return flow;
}

}  // namespace

int main(int argc, char** argv) { return leat::main(leat::command_line(argc, argv, "[slow] OUT IN..."), describe); }
