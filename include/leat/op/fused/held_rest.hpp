// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/buffer.hpp>
#include <leat/detail/list.hpp>
#include <leat/op/running/mark.hpp>
#include <leat/op/running/step_context.hpp>
#include <leat/op/running/stream_time.hpp>
#include <leat/op/running/worker_builder.hpp>
#include <leat/record.hpp>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <type_traits>

namespace leat::detail {

/// Of plain records, what a loop makes before it looks for room, unless one is larger.
inline constexpr std::size_t most_made = 32 * 1024;

/// Whether plain records become so much larger that a batch of them is more than what is let in at once.
template <class In, class Out>
inline constexpr bool batch_grows = sizeof(Out) > sizeof(In) && usual_batch(sizeof(In)) * sizeof(Out) > 2 * most_made;

/// What a fused loop was given when the step behind it had no room any more, marks and times in their places. The
/// worker has it go on at the end of each turn. It is never more than whoever sends can finish of what was begun when
/// there was room. A loop has `has_room()`, `pass(mark)`, `pass(stream_time)`, and `run_some(records, count)`, which
/// works on one record at least and says on how many.
template <class In>
class held_rest final : public outbox {
 public:
  template <class Loop>
  explicit held_rest(Loop& loop)
      : loop_(&loop),
        has_room_([](void* of) { return static_cast<Loop*>(of)->has_room(); }),
        run_some_([](void* of, In* records, std::size_t count) {
          using given = std::conditional_t<plain<In>, In const, In>;  // as `look` does
          return static_cast<Loop*>(of)->run_some(static_cast<given*>(records), count);
        }),
        pass_([](void* of, placed const& between) {
          if (between.is_time)
            static_cast<Loop*>(of)->pass(between.time);
          else
            static_cast<Loop*>(of)->pass(between.closing);
        }) {}

  bool empty() const override { return next_ == records_.size() && between_.empty(); }

  /// The loop works on these records, now or later.
  template <class Loop>
  void take(Loop& loop, In* records, std::size_t count) {
    std::size_t const done = empty() ? loop.run_some(records, count) : 0;
    if (done != count) keep(loop, std::move_iterator(records + done), count - done);
  }
  template <class Loop>
  void look(Loop& loop, In const* records, std::size_t count) {
    std::size_t const done = empty() ? loop.run_some(records, count) : 0;
    if (done != count) keep(loop, records + done, count - done);
  }
  template <class Loop>
  void arrive(Loop& loop, mark arrived) {
    if (empty())
      loop.pass(arrived);
    else
      between_.push_back({records_.size(), arrived, {}, false});
  }
  /// A time that waits gives its place to a later one, unless a mark came in between.
  template <class Loop>
  void advance(Loop& loop, stream_time time) {
    if (empty()) {
      loop.pass(time);
    } else {
      if (!between_.empty() && between_.end()[-1].is_time) between_.pop_back();
      between_.push_back({records_.size(), {}, time, true});
    }
  }

  /// How many plain records a loop works on before it looks for room. What each becomes is not known, so there are few
  /// at first, more while there is room, fewer after there was none.
  std::size_t block(std::size_t bytes_of_each) const {
    return (std::min)(block_, (std::max<std::size_t>)(most_made / bytes_of_each, 1));
  }
  bool goes_on_after_block(bool full) {
    block_ = full ? (std::max<std::size_t>)(block_ / 4, 1) : (std::min<std::size_t>)(2 * block_, 512);
    return !full;
  }

  bool flush(bool) override {
    bool progress = false;
    if (!empty()) worker_->set_lane_in_turn(lane_);
    while (!empty() && has_room_(loop_)) {
      progress = true;
      std::size_t const end = between_.empty() ? records_.size() : between_.front().at;
      if (next_ != end) {
        next_ += run_some_(loop_, records_.begin() + next_, end - next_);
      } else {
        placed const passing = between_.front();
        between_.erase(0);
        pass_(loop_, passing);
      }
    }
    if (progress && empty()) {
      records_.clear();
      next_ = 0;
    }
    return progress;
  }

 private:
  template <class Loop, class From>
  [[gnu::noinline]] void keep(Loop& loop, From from, std::size_t count) {
    worker_ = loop.steps_.front().worker;
    lane_ = worker_->lane_in_turn();  // nothing of another comes while something is held
    guarded(loop.steps_.front(), [&] {
      records_.make_room(count);
      for (std::size_t i = 0; i != count; ++i, ++from) records_.push(*from);
    });
  }

  /// A mark or a time, and how many of the records come before it.
  struct placed {
    std::size_t at;
    mark closing;
    stream_time time;
    bool is_time;
  };

  void* loop_;
  bool (*has_room_)(void*);
  std::size_t (*run_some_)(void*, In*, std::size_t);
  void (*pass_)(void*, placed const&);
  buffer<In> records_;
  std::size_t next_ = 0;  ///< of the records: those before it are done with
  std::size_t block_ = 4;
  worker_services* worker_ = nullptr;  ///< once something was held
  current_lane lane_;                  ///< whose records they are
  list<placed> between_;
};

/// In the place of it where a loop runs to the end of each batch.
template <class In>
struct nothing_held {
  template <class Loop>
  explicit nothing_held(Loop&) {}
  static constexpr std::size_t block(std::size_t) { return 0; }
  static bool empty() { return true; }
  template <class Loop>
  void take(Loop& loop, In* records, std::size_t count) {
    loop.run_some(records, count);
  }
  template <class Loop>
  void look(Loop& loop, In const* records, std::size_t count) {
    loop.run_some(records, count);
  }
  template <class Loop>
  void arrive(Loop& loop, mark arrived) {
    loop.pass(arrived);
  }
  template <class Loop>
  void advance(Loop& loop, stream_time time) {
    loop.pass(time);
  }
};

}  // namespace leat::detail
