// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/route/codec/codec.hpp>
#include <leat/state/kept_state.hpp>
#include <leat/state/keyed_state.hpp>
#include <leat/time/open_window.hpp>
#include <leat/time/windower.hpp>

#include <utility>

namespace leat::detail {

/// What a slice of time has of a key: what its values were made into.
template <class Kept>
class slice_entry {
 public:
  void begin(Kept&& first) { kept_ = std::move(first); }
  Kept& kept() {
    if constexpr (kept_bare<Kept>)
      return kept_;
    else
      return *kept_;
  }
  Kept const& kept() const { return saved_state_of<Kept>(kept_); }

 private:
  kept_state<Kept> kept_{};

 public:
  window_marks marks;
};

/// How the table of a slice keeps its entries: a row tells which window the slice is.
template <class Content>
class keep_slice {
  using kept = typename Content::kept;

 public:
  static constexpr bool keeps_a_part = true;

  struct saved {
    window_marks marks;
    typename Content::saved content{};

    template <class Archive>
    void serialize(Archive& archive, unsigned) {
      archive & marks & content;
    }
  };
  /// Writes what `saved` reads.
  class view {
   public:
    view(Content const& content, slice_entry<kept> const& of, bool spoken)
        : content_(&content), of_(&of), spoken_(spoken) {}
    template <class Archive>
    void serialize(Archive& archive, unsigned) const {
      window_marks marks = of_->marks;
      if (spoken_) marks.speak();
      archive & marks & content_->save(of_->kept());
    }

   private:
    Content const* content_;
    slice_entry<kept> const* of_;
    bool spoken_;
  };

  /// `spoken`: from then on snapshots say that all windows have.
  keep_slice(window_id window, Content& content, bool const& spoken)
      : id(window), content_(&content), spoken_(&spoken) {}

  slice_entry<kept> make() const { return {}; }
  view save(slice_entry<kept> const& entry) const { return {*content_, entry, *spoken_}; }
  slice_entry<kept> load(saved&& from) const {
    slice_entry<kept> entry;
    entry.begin(content_->load(std::move(from.content)));
    entry.marks = from.marks;
    return entry;
  }
  void begin_row(output_archive& archive) const { archive & id; }

  window_id id;

 private:
  Content* content_;
  bool const* spoken_;
};

/// The keys that have values in a window, and what those were made into.
template <class K, class Content>
using slice = keyed_state<K, slice_entry<typename Content::kept>, keep_slice<Content>>;

}  // namespace leat::detail
