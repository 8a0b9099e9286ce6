// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "simulation/planned_windows.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace histories {

constexpr std::size_t word_count = 12;

/// Several fall into one slot, at the borders between three workers too, so that what is kept of one key lies beside
/// what is kept of others.
std::vector<std::string> const& words();

/// The count of a word begins anew behind each seventh.
constexpr unsigned longest_count = 7;

/// The windows of the words: the n-th one of each has this value, and the time that it says.
simulation::planned_windows const& windows_of_words(bool sessions);
std::uint64_t value_of_word(std::uint64_t n);
std::string line_of_result(std::string const& word, std::int64_t id, unsigned why,
                           std::vector<std::uint64_t> const& values);
std::string line_of_late(std::string const& word, std::int64_t id, std::uint64_t value);

/// How often each word has been seen, and is to be seen in all: what the outputs of one undisturbed run would be.
class expected {
 public:
  using counts = std::array<unsigned, word_count>;

  void add(std::size_t word) { ++in_all_[word]; }
  /// A run has come to the end of what there is.
  void end_of_input() {
    if (ends_.empty() || ends_.back() != in_all_) ends_.push_back(in_all_);
  }

  /// What is wrong with outputs of "word count", one or several in a line, as a part of what is expected, or as all.
  /// The order of each word is that of its counts.
  std::string wrong_counts(std::vector<std::string_view> const& texts, bool all) const;
  /// With lines of "word number", of how many came before an end of the input.
  std::string wrong_totals(std::string_view text) const;
  /// With lines of one word each, of which each comes once. So many are there.
  std::string wrong_alarms(std::string_view text, std::size_t& there) const;
  /// With lines of what the windows of each word have given, and of what was late for them: a part of what is expected,
  /// in its order, or all.
  std::string wrong_windows(std::string_view text, bool sessions, bool all) const;
  /// How many words there are in the input.
  std::size_t different() const;

  /// Follows outputs one by one.
  class follower {
   public:
    explicit follower(expected const& of) : of_(&of) {}
    /// False: this is not what comes next of its word.
    bool take(std::string_view count);
    bool is_complete() const { return seen_ == of_->in_all_; }

   private:
    expected const* of_;
    counts seen_{};
  };

 private:
  static std::size_t index_of(std::string_view word);

  counts in_all_{};
  std::vector<counts> ends_;
};

}  // namespace histories
