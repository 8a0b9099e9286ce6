// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <cstddef>
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
