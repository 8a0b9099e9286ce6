// SPDX-License-Identifier: BSL-1.0
// How often each word occurs in the files given, or in the licence texts that every Debian has.
#include <leat/leat.hpp>
#include <leat/run/tcp.hpp>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

using counted = std::pair<std::string, std::uint64_t>;

std::vector<std::string> words(std::string const& line) {
  std::vector<std::string> found(1);
  for (char c : line)
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
      found.back() += static_cast<char>(c | 0x20);
    else if (!found.back().empty())
      found.emplace_back();
  if (found.back().empty()) found.pop_back();
  return found;
}

std::vector<counted> most_frequent_first(std::vector<counted> words) {
  std::sort(words.begin(), words.end(), [](counted const& a, counted const& b) {
    return a.second != b.second ? a.second > b.second : a.first < b.first;
  });
  return words;
}

leat::flow wordcount(leat::command_line const& cli) {
  leat::flow flow("wordcount");
  auto text = cli.rest().empty() ? leat::from::files("/usr/share/common-licenses") : leat::from::lines(cli.rest());
  flow.input("text", text) | leat::flat_map(words) |
      leat::count_final("count", [](std::string const& word) { return word; }) |
      leat::key_on([](counted const&) { return 0; })  // all to one place, to be sorted
      | leat::fold_final(
            "all", [] { return std::vector<counted>(); },
            [](std::vector<counted>& words, counted word) { words.push_back(std::move(word)); }) |
      leat::key_rm() | leat::flat_map(most_frequent_first) |
      leat::map([](counted const& word) { return std::to_string(word.second) + "\t" + word.first; }) |
      leat::output("out", leat::to::out());
  return flow;
}

int main(int argc, char** argv) { return leat::main(leat::command_line(argc, argv, "[FILE]..."), wordcount); }
