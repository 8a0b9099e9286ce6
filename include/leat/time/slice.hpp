// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/route/codec/codec.hpp>
#include <leat/state/kept_state.hpp>
#include <leat/state/keyed_state.hpp>
#include <leat/time/open_window.hpp>
#include <leat/time/windower.hpp>

#include <cstddef>
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
class slice final : public keyed_state<K, slice_entry<typename Content::kept>, keep_slice<Content>> {
  using base = keyed_state<K, slice_entry<typename Content::kept>, keep_slice<Content>>;
  using typename base::entry;
  using typename base::table;

 public:
  using base::base;

  /// The first slot from this one on that has keys; behind the last one: there is none.
  unsigned next_used(unsigned slot) const {
    return base::first_ + static_cast<unsigned>(base::tables_.next_used(slot - base::first_));
  }

  /// Calls `f(K const&, entry&)` for the keys of a slot and removes them all. Returns how many there were.
  template <class F>
  std::size_t take_slot(unsigned slot, F&& f) {
    table& in = base::tables_[slot - base::first_];
    std::size_t const before = base::keys();
    for (entry& e : in) {
      if (!e.live()) continue;
      base::touch(e, slot);
      f(std::as_const(e.key()), e.state());
      if (base::tracked())
        base::forget(e, slot);
      else
        --base::size_;
    }
    if (!base::tracked()) in.clear();
    base::reclaim();
    return before - base::keys();
  }

  /// Forgotten keys of which a snapshot has still to hear.
  std::size_t told_of_next() const { return base::dead_; }
  /// Removes all keys, and keeps the memory. Of a state that is not tracked, or when there are none left.
  void clear() {
    for (unsigned slot = next_used(base::first_); slot < base::owned().hi; slot = next_used(slot + 1))
      base::tables_[slot - base::first_].clear();
    base::tables_.note_empty();
    base::size_ = 0;
  }

  /// Reads over one row, behind the id of its window.
  static void skip_row(input_archive& archive) {
    bool live = false;
    K key{};
    archive & live & key;
    if (!live) return;
    typename keep_slice<Content>::saved saved{};
    archive & saved;
  }
};

}  // namespace leat::detail
