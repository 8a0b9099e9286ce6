// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/op/running/slot_ownership.hpp>
#include <leat/route/codec/byte_buffer.hpp>
#include <leat/route/codec/codec.hpp>
#include <leat/state/state_base.hpp>
#include <leat/time/slice.hpp>
#include <leat/time/windower.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace leat::detail {

/// The state of a step whose windows open and close for all keys together: for each window that is open a slice, a
/// table of the keys that have values in it. A slice that has spoken is used again.
///
/// In snapshots its rows are those of all slices. Where there are any, the keys of a slice that has spoken are
/// forgotten one by one, and it is in use until a snapshot has been told of that.
template <class K, class Content>
class slices final : public state_base {
 public:
  using slice_type = slice<K, Content>;
  static constexpr bool saves = slice_type::saves;
  /// What a row of a snapshot is made of. A store takes what stands first for the key.
  using row = std::pair<K, std::pair<window_id, typename keep_slice<Content>::saved>>;

  slices(slot_range owned, Content& content) : state_base(owned), content_(content) {}

  bool empty() const { return open_.empty(); }
  /// The window that closes first. There is one.
  slice_type& first() { return *open_.front(); }

  /// As `keyed_state::visit`, of the slice of a window.
  template <class KeyAt, class F>
  void visit(window_id id, std::uint64_t const* hashes, std::size_t count, KeyAt&& key_at, F&& f) {
    slice_type& in = of(id);
    size_ -= in.keys();
    in.visit(hashes, count, std::forward<KeyAt>(key_at), std::forward<F>(f));
    size_ += in.keys();
  }
  /// As `keyed_state::visit_in_key_order`, of the first window.
  template <class F, class GoesOn>
  bool visit_first(std::size_t budget, F&& f, GoesOn&& goes_on) {
    size_ -= first().keys();
    bool const more = first().visit_in_key_order(budget, f, goes_on);
    size_ += first().keys();
    return more;
  }
  /// Calls `f(key, entry)` for the keys of the next slot of the first window, and forgets them. How many there were; 0:
  /// there were none left, and the window is gone.
  template <class F>
  std::size_t take_some_of_first(F&& f) {
    slot_ = first().next_used((std::max)(slot_, unsigned{owned().lo}));
    while (slot_ < owned().hi) {
      std::size_t const taken = first().take_slot(slot_, f);
      size_ -= taken;
      slot_ = first().next_used(slot_ + 1);
      if (taken != 0) return taken;
    }
    close_first();
    return 0;
  }
  /// The first window has said all that it had to say. Its keys go, but for those of which a snapshot is to be written.
  void close_first() {
    if (!tracked()) {
      size_ -= first().keys();
      first().clear();
    }
    closed_.push_back(std::move(open_.front()));
    open_.erase(open_.begin());
    slot_ = 0;
    recycle();
  }

  /// The next snapshot is to have all that is here. Of a state that is tracked.
  void want_all() {
    for (owner const& each : open_)
      for (unsigned slot = each->next_used(owned().lo); slot < owned().hi; slot = each->next_used(slot + 1))
        want_full(slot);
  }
  /// The snapshot of the last barrier says that all windows have spoken.
  void mark_spoken() { spoken_ = true; }

  /// After all was loaded.
  void settle() {
    for (std::size_t i = open_.size(); i != 0; --i)
      if (open_[i - 1]->keys() == 0) {
        closed_.push_back(std::move(open_[i - 1]));
        open_.erase(open_.begin() + static_cast<std::ptrdiff_t>(i - 1));
      }
    recycle();
  }

  void expect(unsigned, std::size_t) override {}
  void drop(slot_range range) override {
    for (auto const* in : {&closed_, &open_})
      for (owner const& each : *in) {
        size_ -= each->keys();
        each->drop(range);
        size_ += each->keys();
      }
  }

 private:
  using owner = std::unique_ptr<slice_type>;

  slice_type& of(window_id id) {
    auto const place = std::lower_bound(open_.begin(), open_.end(), id,
                                        [](owner const& each, window_id wanted) { return each->keep().id < wanted; });
    if (place != open_.end() && (*place)->keep().id == id) return **place;
    return **open_.insert(place, table_for(id));
  }
  owner table_for(window_id id) {
    recycle();
    if (spare_.empty())
      return std::make_unique<slice_type>(static_cast<state_base&>(*this), keep_slice<Content>(id, content_, spoken_));
    owner table = std::move(spare_.back());
    spare_.pop_back();
    table->keep().id = id;
    return table;
  }
  /// What no snapshot has to be told of any more is there for other windows: as many as are open, and two, may be
  /// needed soon.
  void recycle() {
    std::erase_if(closed_, [this](owner& each) {
      if (each->keys() != 0 || each->told_of_next() != 0) return false;
      each->clear();
      spare_.push_back(std::move(each));
      return true;
    });
    if (spare_.size() > open_.size() + 2) spare_.resize(open_.size() + 2);
  }

  rows_written write_rows(unsigned slot, row_choice choice, byte_buffer& to) override {
    rows_written result;
    for (auto const* in : {&closed_, &open_})
      for (owner const& each : *in) {
        rows_written const written = write_rows_of(*each, slot, choice, to);
        result.rows += written.rows;
        result.entries += written.entries;
        result.all_keys = result.all_keys && written.all_keys;
      }
    return result;
  }
  void read_rows(unsigned slot, std::span<std::byte const> rows, codec_versions const* versions) override {
    if (slot != slots_of_then) make_room(slot, rows, versions);
    for (input_archive archive(rows, versions); archive.left() != 0;) {
      window_id id = 0;
      archive & id;
      slice_type& into = of(id);
      size_ -= into.keys();
      into.load_row(slot, archive);
      size_ += into.keys();
    }
  }

  /// The rows of a window lie together, but for a few.
  void make_room(unsigned slot, std::span<std::byte const> rows, codec_versions const* versions) {
    slice_type* into = nullptr;
    std::size_t count = 0;
    for (input_archive archive(rows, versions); archive.left() != 0; ++count) {
      window_id id = 0;
      archive & id;
      if (into == nullptr || into->keep().id != id) {
        if (into != nullptr) into->expect(slot, count);
        into = &of(id);
        count = 0;
      }
      slice_type::skip_row(archive);
    }
    if (into != nullptr) into->expect(slot, count);
  }

  Content& content_;
  std::vector<owner> open_;    ///< in the order of their ids, which is that of their closes
  std::vector<owner> closed_;  ///< they have forgotten keys of which a snapshot has still to hear
  std::vector<owner> spare_;
  unsigned slot_ = 0;  ///< of the first window, the next one that speaks
  bool spoken_ = false;
};

}  // namespace leat::detail
