// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/time/early.hpp>
#include <leat/time/window_content.hpp>

#include <cstdint>
#include <optional>
#include <type_traits>
#include <utility>

namespace leat::detail {

/// Makes of what is kept of a window's values what it gives each so many of them, and at its close. `Content` gives
/// one result, which is what it keeps.
template <class Content, further_results Given>
class early_content {
  using inner = typename Content::kept;
  static constexpr bool retracts = Given == further_results::retracted;
  static constexpr bool starts_anew = Given == further_results::new_alone;
  struct nothing {
    template <class Archive>
    void serialize(Archive&, unsigned) {}
  };

 public:
  using value = typename Content::value;
  using result = typename Content::result;
  static constexpr bool merges = Content::merges;

  struct kept {
    std::optional<inner> values;  ///< none: there are none since the last result
    std::uint64_t since = 0;      ///< how many came since the last result
    [[no_unique_address]] std::conditional_t<retracts, std::optional<result>, nothing> last;
  };
  struct saved {
    bool some = false;
    typename Content::saved values{};
    std::uint64_t since = 0;
    bool has_last = false;
    std::conditional_t<retracts, result, nothing> last{};
    bool all_given = false;  ///< an end has given them

    void mark_spoken() { all_given = true; }
    template <class Archive>
    void serialize(Archive& archive, unsigned) {
      archive & some & since & all_given & has_last;
      if (some) archive & values;
      if (has_last) archive & last;
    }
  };

  early_content(Content content, early_results<Given> early) : content_(std::move(content)), early_(early) {}

  template <class Say>
  kept begin(value&& first, Say& say) {
    kept begun;
    add(begun, std::move(first), say);
    return begun;
  }
  template <class Say>
  void add(kept& into, value&& next, Say& say) {
    if (starts_anew && say.told()) return;
    if (into.values)
      content_.add(*into.values, std::move(next), say);
    else
      into.values.emplace(content_.begin(std::move(next), say));
    if (++into.since == early_.records && say.is_early()) give(into, say);
  }
  template <class Say>
  void merge(kept& earlier, kept&& later, Say& say) {
    earlier.since += later.since;
    if (!later.values) return;
    if (earlier.values)
      content_.merge(*earlier.values, std::move(*later.values), say);
    else
      earlier.values = std::move(later.values);
    if (earlier.since >= early_.records && say.is_early()) give(earlier, say);
  }
  template <class Say>
  void close(kept&& whole, Say& say) {
    if (!whole.values) return;
    retract(whole, say);
    say(std::move(*whole.values));
  }

  saved save(kept const& of) const {
    saved written;
    written.some = of.values.has_value();
    if (of.values) written.values = content_.save(*of.values);
    written.since = of.since;
    if constexpr (retracts) {
      written.has_last = of.last.has_value();
      if (of.last) written.last = *of.last;
    }
    return written;
  }
  kept load(saved&& from) {
    kept loaded;
    if (from.some && !(starts_anew && from.all_given)) loaded.values.emplace(content_.load(std::move(from.values)));
    loaded.since = from.all_given ? 0 : from.since;
    if constexpr (retracts) {
      if (from.all_given)
        loaded.last = loaded.values;
      else if (from.has_last)
        loaded.last = std::move(from.last);
    }
    return loaded;
  }

  /// The result of a window that goes on.
  template <class Say>
  void give(kept& whole, Say& say) {
    whole.since = 0;
    if (!whole.values) return;
    retract(whole, say);
    if constexpr (starts_anew) {
      say(std::move(*whole.values));
      whole.values.reset();
    } else {
      say(std::as_const(*whole.values));
      if constexpr (retracts) whole.last = whole.values;
    }
  }

 private:
  template <class Say>
  void retract(kept& whole, Say& say) {
    if constexpr (retracts)
      if (whole.last) say.retract(std::move(*std::exchange(whole.last, std::nullopt)));
  }

  Content content_;
  early_results<Given> early_;
};

}  // namespace leat::detail
