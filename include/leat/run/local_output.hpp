// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/concat.hpp>
#include <leat/detail/write_all.hpp>
#include <leat/run/started.hpp>

#include <sys/eventfd.h>

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

namespace leat::detail {

/// Writes to a descriptor on a thread of its own: whoever reads there may pause for ever, and the launcher has signals and
/// processes to look after meanwhile.
class background_writer {
 public:
  /// `news`: an eventfd that is rung when something has been written, or cannot be. It stays open as long as the process.
  background_writer(int descriptor, int news) : state_(std::make_shared<state>()) {
    state_->descriptor = descriptor;
    state_->news = news;
    auto held = std::make_unique<std::shared_ptr<state>>(state_);
    std::thread writing = started(&run, held.get());
    held.release();
    writing.detach();  // a write that blocks cannot be ended early
  }
  background_writer(background_writer const&) = delete;
  background_writer& operator=(background_writer const&) = delete;
  ~background_writer() {
    std::lock_guard const lock(state_->mutex);
    state_->closing = true;
    state_->bell.notify_one();
  }

  /// What cannot be written any more is dropped.
  void write(std::string_view text) {
    std::lock_guard const lock(state_->mutex);
    if (state_->error != 0) return;
    state_->waiting += text;
    state_->bell.notify_one();
  }

  /// Bytes that are not written yet.
  std::size_t unwritten() const {
    std::lock_guard const lock(state_->mutex);
    return state_->waiting.size() + state_->in_hand;
  }
  /// Why nothing can be written any more; 0: it can.
  int error() const {
    std::lock_guard const lock(state_->mutex);
    return state_->error;
  }

 private:
  struct state {
    int descriptor = -1;
    int news = -1;
    mutable std::mutex mutex;
    std::condition_variable bell;
    std::string waiting;
    std::size_t in_hand = 0;
    int error = 0;
    bool closing = false;
  };

  static void run(void* given) {
    std::unique_ptr<std::shared_ptr<state>> const held(static_cast<std::shared_ptr<state>*>(given));
    state& mine = **held;
    std::string text;
    std::unique_lock lock(mine.mutex);
    for (;;) {
      mine.bell.wait(lock, [&] { return mine.closing || !mine.waiting.empty(); });
      if (mine.waiting.empty()) return;
      text.swap(mine.waiting);
      mine.in_hand = text.size();
      lock.unlock();
      std::string_view rest = text;
      int const error = write_all(mine.descriptor, rest);
      text.clear();
      lock.lock();
      mine.in_hand = 0;
      if (error != 0) {
        mine.error = error;
        mine.waiting.clear();
      }
      ::eventfd_write(mine.news, 1);
    }
  }

  std::shared_ptr<state> state_;
};

/// What one process of a local cluster prints on one of its outputs.
struct printed_lines {
  unsigned process = 0;
  std::string begun;       ///< of a line whose end has not come
  bool continues = false;  ///< the beginning of that line has been passed on
  bool ended = false;
};

/// One output of the launcher's, on which the lines of all processes come together. A line stays whole unless it is longer
/// than 1 MiB.
class local_output {
 public:
  static constexpr std::size_t longest_line = std::size_t{1} << 20;
  static constexpr std::size_t enough = std::size_t{256} << 10;

  /// `prefixed`: each line begins with the number of its process.
  local_output(int descriptor, int news, bool prefixed) : writer_(descriptor, news), prefixed_(prefixed) {}

  /// Whether more should be read: not while much waits to be written.
  bool has_room() const { return writer_.unwritten() < enough; }
  bool all_written() const { return writer_.unwritten() == 0; }
  int error() const { return writer_.error(); }
  /// A line of another process came in the middle of one that was too long to be kept.
  bool has_mixed() const { return mixed_; }

  /// Bytes that a process has printed. Linear in their number, however long its lines are.
  void pass_on(printed_lines& from, std::string_view bytes) {
    std::size_t const last = bytes.rfind('\n');
    if (last != std::string_view::npos) {
      from.begun += bytes.substr(0, last + 1);
      put(from);
      bytes.remove_prefix(last + 1);
    }
    from.begun += bytes;
    if (from.begun.size() > longest_line) put(from);
  }
  /// It prints nothing more. Whatever comes next begins a line.
  void end(printed_lines& from) {
    from.ended = true;
    if (!from.begun.empty()) put(from);
    if (open_ == &from && prefixed_) finish_open_line();
  }
  /// A line of the launcher's own, with its end.
  void say(std::string const& line) {
    if (open_ != nullptr) finish_open_line();
    writer_.write(line);
  }

 private:
  void put(printed_lines& from) {
    if (open_ != nullptr && open_ != &from) {
      if (prefixed_ || open_->ended)
        finish_open_line();
      else
        mixed_ = true;
    }
    if (prefixed_)
      put_prefixed(from);
    else
      writer_.write(from.begun);
    from.continues = from.begun.back() != '\n';
    open_ = from.continues ? &from : nullptr;
    from.begun.clear();
    if (from.begun.capacity() > enough) from.begun.shrink_to_fit();
  }

  void put_prefixed(printed_lines const& from) {
    std::string const prefix = concat({"[", std::to_string(from.process), "] "});
    std::string text;
    std::string_view rest = from.begun;
    for (bool fresh = !from.continues; !rest.empty(); fresh = true) {
      std::size_t const length = (std::min)(rest.find('\n'), rest.size() - 1) + 1;
      if (fresh) text += prefix;
      text += rest.substr(0, length);
      rest.remove_prefix(length);
    }
    writer_.write(text);
  }

  void finish_open_line() {
    writer_.write("\n");
    open_->continues = false;
    open_ = nullptr;
  }

  background_writer writer_;
  bool prefixed_;
  bool mixed_ = false;
  printed_lines* open_ = nullptr;  ///< whose line has been passed on without its end
};

}  // namespace leat::detail
