// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/op/emitter.hpp>
#include <leat/time/moment.hpp>
#include <leat/time/window_info.hpp>
#include <leat/time/windower.hpp>

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

/// What all kinds of windows of a key have in common.
namespace leat::detail {

/// What has been said of a window that is open: at an end of the input windows speak, and stay for what comes after it.
struct window_marks {
  bool spoken = false;   ///< it has given a result
  bool changed = false;  ///< values have come that it did not have in it
  bool moved = false;    ///< and its bounds have changed

  /// A value was added. `told`: a result at an end had it in it, but it had still to wait for its turn.
  void add(bool told) {
    spoken |= told;
    changed |= !told;
  }
  void add_all(window_marks const& other) {
    spoken |= other.spoken;
    changed = moved = true;
  }
  bool has_news() const { return !spoken || changed; }
  window_reason reason(bool at_end) const {
    if (spoken) return window_reason::correction;
    return at_end ? window_reason::at_end : window_reason::on_time;
  }
  void speak() { *this = {.spoken = true}; }

  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive & spoken & changed & moved;
  }
};

/// What a content is given to say the results of a window with.
template <class Outlet>
class window_speaker {
 public:
  /// `told`: an end has had them, so they are said to nobody.
  window_speaker(Outlet& outlet, window_id id, window_bounds bounds, window_reason why, bool told)
      : outlet_(&outlet), id_(id), bounds_(bounds), why_(why), told_(told) {}

  template <class R>
  void operator()(R&& result) const {
    if (!told_) outlet_->say(id_, bounds_, why_, std::forward<R>(result));
  }
  /// What the window gave last, of which another result follows.
  template <class R>
  void retract(R&& result) const {
    if (!told_) outlet_->say(id_, bounds_, window_reason::retraction, std::forward<R>(result));
  }
  bool told() const { return told_; }
  /// The window has not closed: it may give results early.
  bool is_early() const { return why_ == window_reason::early; }

 private:
  Outlet* outlet_;
  window_id id_;
  window_bounds bounds_;
  window_reason why_;
  bool told_;
};

/// An end has had all the values of this window, of which `content` is what is saved.
template <class Saved>
void mark_spoken(window_marks& marks, Saved& content) {
  marks.speak();
  if constexpr (requires { content.mark_spoken(); }) content.mark_spoken();
}

/// Where the windows of one key put their results.
template <class K, class W>
class window_outlet {
 public:
  /// `meta`: null where nobody reads it.
  window_outlet(K const& key, emitter<std::pair<K, in_window<W>>>& down, emitter<std::pair<K, window_info>>* meta)
      : key_(&key), down_(&down), meta_(meta) {}

  template <class R>
  void say(window_id id, window_bounds bounds, window_reason why, R&& result) {
    (*down_)(std::pair<K, in_window<W>>(*key_,
                                        in_window<W>{id, bounds.open, bounds.close, why, W(std::forward<R>(result))}));
  }
  window_speaker<window_outlet> speaker(window_id id, window_bounds bounds, window_reason why, bool told = false) {
    return {*this, id, bounds, why, told};
  }
  void closed(window_id id, window_bounds bounds, std::vector<window_id> merged = {}) {
    if (meta_ == nullptr) return;
    std::sort(merged.begin(), merged.end());
    (*meta_)(std::pair<K, window_info>(*key_, window_info{id, bounds.open, bounds.close, std::move(merged)}));
  }

 private:
  K const* key_;
  emitter<std::pair<K, in_window<W>>>* down_;
  emitter<std::pair<K, window_info>>* meta_;
};

/// Gives what a window has to say when it closes, or at an end.
template <class Content, class Outlet>
void speak(Content& content, typename Content::kept&& kept, window_marks const& marks, window_id id,
           window_bounds bounds, bool at_end, std::vector<window_id>&& merged, Outlet& outlet) {
  if (marks.has_news()) {
    auto say = outlet.speaker(id, bounds, marks.reason(at_end));
    content.close(std::move(kept), say);
  }
  if (!marks.spoken || marks.moved) outlet.closed(id, bounds, std::move(merged));
}

/// Gives what is new of a window that has closed and still takes values. What is kept may not be copyable, what a
/// snapshot has of it is.
template <class Content, class Outlet>
void speak_and_stay(Content& content, typename Content::kept& kept, window_marks& marks, window_id id,
                    window_bounds bounds, std::vector<window_id> const& merged, Outlet& outlet) {
  auto say = outlet.speaker(id, bounds, marks.reason(false));
  if constexpr (requires { content.give(kept, say); }) {
    content.give(kept, say);
  } else {
    typename Content::saved copy(content.save(std::as_const(kept)));
    content.close(content.load(std::move(copy)), say);
  }
  if (!marks.spoken || marks.moved) outlet.closed(id, bounds, merged);
  marks.speak();
}

/// Writes a number of elements and then each, or reads as many.
template <class Archive, class Element>
void serialize_all(Archive& archive, std::vector<Element>& elements) {
  auto count = static_cast<std::uint64_t>(elements.size());
  archive & count;
  if constexpr (Archive::is_loading::value) {
    elements.clear();
    for (; count != 0; --count) archive & elements.emplace_back();
  } else {
    for (Element& each : elements) archive & each;
  }
}

}  // namespace leat::detail
