// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/concat.hpp>
#include <leat/detail/write_all.hpp>
#include <leat/run/local/local_output.hpp>
#include <leat/run/threads/start_thread.hpp>

#include <sys/eventfd.h>

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace leat::detail {

LEAT_COLD background_writer::background_writer(int descriptor, int news) : state_(std::make_shared<state>()) {
  state_->descriptor = descriptor;
  state_->news = news;
  auto held = std::make_unique<std::shared_ptr<state>>(state_);
  std::thread writing = start_thread(&run, held.get());
  held.release();
  writing.detach();  // a write that blocks cannot be ended early
}

LEAT_COLD background_writer::~background_writer() {
  std::lock_guard const lock(state_->mutex);
  state_->closing = true;
  state_->bell.notify_one();
}

LEAT_COLD void background_writer::write(std::string_view text) {
  std::lock_guard const lock(state_->mutex);
  if (state_->error != 0) return;
  state_->waiting += text;
  state_->bell.notify_one();
}

LEAT_COLD std::size_t background_writer::unwritten() const {
  std::lock_guard const lock(state_->mutex);
  return state_->waiting.size() + state_->in_hand;
}

LEAT_COLD int background_writer::error() const {
  std::lock_guard const lock(state_->mutex);
  return state_->error;
}

LEAT_COLD void background_writer::run(void* given) {
  std::unique_ptr<std::shared_ptr<state>> const held(static_cast<std::shared_ptr<state>*>(given));
  state& state = **held;
  std::string text;
  std::unique_lock lock(state.mutex);
  for (;;) {
    state.bell.wait(lock, [&] { return state.closing || !state.waiting.empty(); });
    if (state.waiting.empty()) return;
    text.swap(state.waiting);
    state.in_hand = text.size();
    lock.unlock();
    std::string_view rest = text;
    int const error = write_all(state.descriptor, rest);
    text.clear();
    lock.lock();
    state.in_hand = 0;
    if (error != 0) {
      state.error = error;
      state.waiting.clear();
    }
    ::eventfd_write(state.news, 1);
  }
}

LEAT_COLD void local_output::pass_on(printed_lines& from, std::string_view bytes) {
  std::size_t const last = bytes.rfind('\n');
  if (last != std::string_view::npos) {
    from.begun += bytes.substr(0, last + 1);
    put(from);
    bytes.remove_prefix(last + 1);
  }
  from.begun += bytes;
  if (from.begun.size() > longest_line) put(from);
}

LEAT_COLD void local_output::end(printed_lines& from) {
  from.ended = true;
  if (!from.begun.empty()) put(from);
  if (open_ == &from && prefixed_) finish_open_line();
}

LEAT_COLD void local_output::show(std::string const& line) {
  if (open_ != nullptr) finish_open_line();
  writer_.write(line);
}

LEAT_COLD void local_output::put(printed_lines& from) {
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

LEAT_COLD void local_output::put_prefixed(printed_lines const& from) {
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

LEAT_COLD void local_output::finish_open_line() {
  writer_.write("\n");
  open_->continues = false;
  open_ = nullptr;
}

}  // namespace leat::detail
