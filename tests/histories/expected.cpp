// SPDX-License-Identifier: BSL-1.0
#include "histories/expected.hpp"

#include "simulation/window_model.hpp"

#include <leat/op/running/slot_ownership.hpp>
#include <leat/route/exchange/slot.hpp>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace histories {
namespace {

void each_part(std::string_view text, char end, std::function<void(std::string_view)> const& take) {
  while (!text.empty()) {
    std::size_t const length = std::min(text.find(end), text.size());
    take(text.substr(0, length));
    text.remove_prefix(std::min(length + 1, text.size()));
  }
}

unsigned number_in(std::string_view text) {
  unsigned result = 0;
  std::from_chars(text.data(), text.data() + text.size(), result);
  return result;
}

}  // namespace

std::vector<std::string> const& words() {
  // Long ones, so that rows of a group are soon more than all of them would be, and are written anew.
  static std::string const long_end(24, '.');
  static std::vector<std::string> const chosen = [] {
    std::vector<std::string> result;
    for (unsigned const slot : {7u, 1365u, 1366u, 2730u}) {
      unsigned found = 0;
      for (unsigned i = 0; found != word_count / 4; ++i) {
        std::string const word = "w" + std::to_string(i) + long_end;
        if (leat::slot_of(leat::key_hash(word)) != slot) continue;
        result.push_back(word);
        ++found;
      }
    }
    return result;
  }();
  return chosen;
}

std::size_t expected::index_of(std::string_view word) {
  return static_cast<std::size_t>(std::find(words().begin(), words().end(), word) - words().begin());
}

bool expected::follower::take(std::string_view count) {
  std::size_t const space = std::min(count.find(' '), count.size());
  std::size_t const word = index_of(count.substr(0, space));
  if (word == word_count || space == count.size()) return false;
  unsigned const next = ++seen_[word];
  return next <= of_->in_all_[word] && number_in(count.substr(space + 1)) == (next - 1) % longest_count + 1;
}

std::string expected::wrong_counts(std::vector<std::string_view> const& texts, bool all) const {
  follower each(*this);
  std::string wrong;
  for (std::string_view const text : texts)
    each_part(text, '\n', [&](std::string_view line) {
      each_part(line, ',', [&](std::string_view count) {
        if (!each.take(count) && wrong.empty())
          wrong = "\"" + std::string(count) + "\" is not what comes next of its word";
      });
    });
  if (wrong.empty() && all && !each.is_complete()) wrong = "records are missing";
  return wrong;
}

std::string expected::wrong_totals(std::string_view text) const {
  std::map<std::string, std::vector<unsigned>> wanted;
  counts before{};
  for (counts const& each : ends_) {
    for (std::size_t word = 0; word != word_count; ++word)
      if (each[word] != before[word]) wanted[words()[word]].push_back(each[word] - before[word]);
    before = each;
  }
  std::map<std::string, std::vector<unsigned>> got;
  each_part(text, '\n', [&](std::string_view line) {
    std::size_t const space = std::min(line.find(' '), line.size());
    got[std::string(line.substr(0, space))].push_back(number_in(line.substr(std::min(space + 1, line.size()))));
  });
  return got == wanted ? "" : "these are other totals: " + std::string(text);
}

std::string expected::wrong_alarms(std::string_view text, std::size_t& there) const {
  std::vector<std::string> got;
  each_part(text, '\n', [&](std::string_view line) { got.emplace_back(line); });
  there = got.size();
  std::sort(got.begin(), got.end());
  bool const twice = std::adjacent_find(got.begin(), got.end()) != got.end();
  bool const unknown = std::any_of(got.begin(), got.end(), [&](std::string const& each) {
    std::size_t const word = index_of(each);
    return word == word_count || in_all_[word] == 0;
  });
  return twice || unknown ? "these alarms do not ring once for a word: " + std::string(text) : "";
}

simulation::planned_windows const& windows_of_words(bool sessions) {
  static auto const drawn = [](simulation::windowing windower, std::int64_t length) {
    simulation::planned_windows windows;
    windows.windower = windower;
    windows.length = length * simulation::one_second;
    windows.offset = 5 * simulation::one_second;
    windows.late_by = 6 * simulation::one_second;
    windows.ordered = windower != simulation::windowing::session;
    return windows;
  };
  static simulation::planned_windows const of_length = drawn(simulation::windowing::sliding, 12);
  static simulation::planned_windows const of_sessions = drawn(simulation::windowing::session, 3);
  return sessions ? of_sessions : of_length;
}

std::uint64_t value_of_word(std::uint64_t n) {
  std::uint64_t milliseconds = 4'000 * n + leat::test::mixed(n) % 12 * 1'000;
  while (leat::test::mixed(milliseconds) % 100 < 3) ++milliseconds;  // else it would have another time
  return milliseconds;
}

std::string line_of_result(std::string const& word, std::int64_t id, unsigned why,
                           std::vector<std::uint64_t> const& values) {
  std::string line = word + " window " + std::to_string(id) + ", " + std::to_string(why) + ":";
  for (std::uint64_t const value : values) line += " " + std::to_string(value);
  return line;
}

std::string line_of_late(std::string const& word, std::int64_t id, std::uint64_t value) {
  return word + " late " + std::to_string(id) + ": " + std::to_string(value);
}

std::string expected::wrong_windows(std::string_view text, bool sessions, bool all) const {
  // By word and kind.
  std::map<std::string, std::vector<std::string>> got;
  each_part(text, '\n', [&](std::string_view line) {
    std::size_t const of_word = std::min(line.find(' '), line.size());
    std::size_t const of_kind = std::min(line.find(' ', of_word + 1), line.size());
    got[std::string(line.substr(0, of_kind))].emplace_back(line);
  });
  std::map<std::string, std::vector<std::string>> wanted;
  for (std::size_t word = 0; word != word_count; ++word) {
    simulation::key_model windows(windows_of_words(sessions));
    std::uint64_t before = 0;
    std::vector<counts> ends = ends_;
    ends.push_back(in_all_);
    for (counts const& each : ends) {
      for (; before != each[word]; ++before) windows.take(value_of_word(before), 0);
      windows.end(0);
    }
    for (simulation::model_result const& each : windows.results)
      wanted[words()[word] + " window"].push_back(
          line_of_result(words()[word], each.id, static_cast<unsigned>(each.why), each.values));
    for (simulation::model_late const& each : windows.late)
      wanted[words()[word] + " late"].push_back(line_of_late(words()[word], each.id, each.value));
  }
  for (auto const& [of, lines] : got) {
    std::vector<std::string> const& of_model = wanted[of];
    for (std::size_t i = 0; i != lines.size(); ++i)
      if (i == of_model.size() || lines[i] != of_model[i])
        return "\"" + lines[i] + "\" is not what windows give" +
               (i < of_model.size() ? ", but \"" + of_model[i] + "\"" : "");
  }
  for (auto const& [of, lines] : wanted)
    if (all && got[of].size() != lines.size()) return "of the windows lines are missing: " + lines[got[of].size()];
  return {};
}

std::size_t expected::different() const {
  return static_cast<std::size_t>(std::count_if(in_all_.begin(), in_all_.end(), [](unsigned n) { return n != 0; }));
}

}  // namespace histories
