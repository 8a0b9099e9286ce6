// SPDX-License-Identifier: BSL-1.0
// Counts the words of files, in a flow that goes on from a recovery store, for tests that kill it: `kept OUT IN...`.
// Each line is a word, and what follows a space behind it is left out; OUT/lines gets each word with how often it has
// come by then, OUT/values that number in one of three files, and OUT/totals how often each came in all. `slow` in front
// has each line of input take a while. With KEPT_STORE_FAILS=NUMBER:N, all writes to the
// store from the N-th on fail with this number of errno.
#include <leat/leat.hpp>
#include <leat/run/recovery.hpp>
#include <leat/run/tcp.hpp>

#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdlib>
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

int error_of_writes = 0;
std::atomic<long> writes_left{0};

ssize_t write_or_fail(int descriptor, void const* from, std::size_t count, off_t place) {
  if (writes_left.fetch_sub(1) > 1) return ::pwrite(descriptor, from, count, place);
  errno = error_of_writes;
  return -1;
}

void let_writes_fail() {
  char const* const given = std::getenv("KEPT_STORE_FAILS");
  if (given == nullptr) return;
  std::string const text = given;
  error_of_writes = std::stoi(text);
  writes_left = std::stol(text.substr(text.find(':') + 1));
  sqlite3_initialize();
  sqlite3_vfs* const files = sqlite3_vfs_find(nullptr);
  for (char const* const call : {"pwrite", "pwrite64"})
    files->xSetSystemCall(files, call, reinterpret_cast<sqlite3_syscall_ptr>(&write_or_fail));
}

}  // namespace

int main(int argc, char** argv) {
  let_writes_fail();
  return leat::main(leat::command_line(argc, argv, "[slow] OUT IN..."), describe);
}
