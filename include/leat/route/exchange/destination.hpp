// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/concat.hpp>
#include <leat/detail/held_bytes.hpp>
#include <leat/graph.hpp>
#include <leat/op/running/mark.hpp>
#include <leat/op/running/stream_time.hpp>
#include <leat/op/running/worker_services.hpp>
#include <leat/record.hpp>
#include <leat/route/codec/byte_buffer.hpp>
#include <leat/route/codec/codec.hpp>
#include <leat/route/exchange/packet.hpp>
#include <leat/route/exchange/remote.hpp>
#include <leat/route/exchange/scratch_file.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

namespace leat::detail {

/// What one sender may keep waiting in memory, over all its destinations, and where the rest goes: a call of the user's
/// that makes very many records cannot be left in the middle.
class overflow {
 public:
  /// `directory` is where the file is made, and lives as long.
  overflow(node const& described, worker_services& worker, std::size_t credit, char const* directory)
      : described_(described),
        worker_(worker.index()),
        most_((std::max)(2 * credit, std::size_t{64} * 1024)),
        file_(worker.files(), directory) {}

  bool too_much() const { return bytes_ > most_; }
  void come(std::size_t bytes) { bytes_ += bytes; }
  void gone(std::size_t bytes) { bytes_ -= bytes; }

  /// What `f` throws becomes an error of the step.
  template <class F>
  void call(F&& f) {
    try {
      f();
    } catch (...) {
      throw_channel_error(described_, worker_, "");
    }
  }

  std::uint64_t put_aside(byte_buffer const& bytes) {
    std::uint64_t at = 0;
    call([&] { at = file_.append(bytes.bytes()); });
    ++aside_;
    return at;
  }
  void bring_back(std::uint64_t at, byte_buffer& into, std::size_t count) {
    into.make_room(count);
    call([&] { file_.read(at, {into.end(), count}); });
    into.set_end(into.end() + count);
    if (--aside_ == 0) file_.clear();
  }

 private:
  node const& described_;
  unsigned worker_;
  std::size_t most_;
  std::size_t bytes_ = 0;  ///< that wait in memory
  std::size_t aside_ = 0;  ///< packets that lie in the file
  scratch_file file_;
};

/// One destination of a sender: the packet being filled, and what found no room. There are many of them where there are
/// many workers, and few of those are used.
template <class T>
class destination {
 public:
  explicit destination(sending_end<T>& end) : end_(&end) {}
  destination(destination const&) = delete;
  destination& operator=(destination const&) = delete;
  ~destination() {
    delete filling_;
    while (waits()) {
      delete front().content;
      pop_front();
    }
  }

  packet<T>& filling() {
    if (filling_ == nullptr) [[unlikely]]
      filling_ = end_->borrow();
    return *filling_;
  }
  bool ready() { return !waits() && (filling_ == nullptr ? end_->may_begin() : !end_->overdrawn()); }
  bool waits() const { return last_ != nullptr; }
  bool empty() const { return !waits() && !partial(); }
  bool partial() const { return filling_ != nullptr && !filling_->records.empty(); }
  bool starved() const { return end_->starved(); }

  /// The time of the stream is another now.
  void advance() { time_is_due_ = true; }

  /// `time` is the time of the stream now. It goes with what is sent, if nothing that came before it is left behind.
  void send(stream_time time, overflow& rest) { queue({std::exchange(filling_, nullptr), {}, false, time}, rest); }
  void send(mark closing, stream_time time, overflow& rest) {
    queue({partial() ? std::exchange(filling_, nullptr) : nullptr, closing, true, time}, rest);
  }
  /// By itself, if it is due and takes room from nobody. True when it was sent.
  bool send_time(stream_time time) {
    if (!time_is_due_ || !empty() || !end_->has_room_for_time()) return false;
    if (!end_->send({nullptr, {}, false, time})) return false;
    time_is_due_ = false;
    return true;
  }

  /// Tries again with what found no room. True when some of it did now.
  bool retry(stream_time time, overflow& rest) {
    bool moved = false;
    while (waits()) {
      waiting_message& first = front();
      if (first.lies && !bring_back(first, rest)) break;
      std::size_t const bytes = memory_of(first);
      message<T> sending = first.as_message();
      bool const takes_time = is_all_there_is(first);
      if (takes_time) sending.time = time;
      if (!end_->send(sending)) break;
      if (takes_time) time_is_due_ = false;
      pop_front();
      rest.gone(bytes);
      moved = true;
    }
    return end_->sent_a_part() || moved;
  }

 private:
  /// A packet in the file.
  struct place {
    std::uint64_t at = 0;
    std::size_t records = 0;
    std::size_t bytes = 0;  ///< of the records
    std::size_t hash_bytes = 0;
  };
  /// A message that waits. A mark may wait for each of very many workers, so it is small, and has no time.
  struct waiting_message {
    explicit waiting_message(message<T> const& waits)
        : content(waits.content), epoch(waits.end_mark.epoch), kind(waits.end_mark.kind), marked(waits.marked) {}
    message<T> as_message() const { return {content, {kind, epoch}, marked}; }
    bool is_barrier() const { return marked && kind == mark_kind::barrier; }

    waiting_message* next = nullptr;
    packet<T>* content;
    std::unique_ptr<place> lies;  ///< in the file, if it does
    std::uint64_t epoch;
    mark_kind kind;
    bool marked;
  };
  static_assert(sizeof(waiting_message) <= 5 * sizeof(void*));

  waiting_message& front() const { return *last_->next; }
  void push_back(message<T> const& message) {
    waiting_message* const added = new waiting_message(message);
    added->next = last_ == nullptr ? added : std::exchange(last_->next, added);
    last_ = added;
  }
  void pop_front() {
    std::unique_ptr<waiting_message> const first(last_->next);
    if (last_ == first.get())
      last_ = nullptr;
    else
      last_->next = first->next;
  }

  /// Of what was to be sent nothing is behind it. A barrier that has waited takes no time with it: that may have come
  /// after it, and the cut would not be exact.
  bool is_all_there_is(waiting_message const& first) const {
    return last_ == &first && !partial() && !first.is_barrier();
  }

  void queue(message<T> const& message, overflow& rest) {
    std::unique_ptr<packet<T>> held(message.content);  // until it is sent or waits: an encoder may throw
    bool const might_have_begun = !waits();            // a part of it may be sent already
    bool const sent = !waits() && end_->send(message);
    if (sent) time_is_due_ = false;
    if (!sent) push_back(message);
    static_cast<void>(held.release());
    if (sent) return;
    rest.come(memory_of(*last_));
    if (message.content != nullptr && rest.too_much() && !might_have_begun) put_aside(*last_, rest);
  }

  static std::size_t memory_of(waiting_message const& waits) {
    return waits.content == nullptr ? 0 : sizeof(packet<T>) + waits.content->bytes();
  }

  [[gnu::cold, gnu::noinline]] void put_aside(waiting_message& last, overflow& rest) {
    packet<T>& content = *last.content;
    auto lies = std::make_unique<place>();
    byte_buffer bytes;
    rest.call([&] { encode_batch(content.records.begin(), content.records.size(), bytes); });
    lies->records = content.records.size();
    lies->bytes = bytes.size();
    lies->hash_bytes = content.hashes.size() * sizeof(std::uint64_t);
    bytes.append(content.hashes.begin(), lies->hash_bytes);
    lies->at = rest.put_aside(bytes);
    rest.gone(memory_of(last));
    last.lies = std::move(lies);
    content.records.clear();
    content.hashes.clear();
    content.owned = 0;
    end_->give_up(std::exchange(last.content, nullptr));
  }

  /// False: there is no credit for it. But packets that wait behind it may have taken all of that.
  [[gnu::cold, gnu::noinline]] bool bring_back(waiting_message& first, overflow& rest) {
    if (!end_->may_begin() && !end_->starved()) return false;
    place const& lies = *first.lies;
    std::unique_ptr<packet<T>> content(end_->borrow());
    byte_buffer bytes;
    rest.bring_back(lies.at, bytes, lies.bytes + lies.hash_bytes);
    rest.call([&] {
      std::size_t const records = decode_own_batch<T>(bytes.bytes().first(lies.bytes), content->records);
      if (records != lies.records)
        throw std::runtime_error(concat({"of records that found no room ", std::to_string(lies.records),
                                         " were put aside in a temporary file, and ", std::to_string(records),
                                         " were read back: their serialize must read what it has written"}));
    });
    decode_batch<std::uint64_t>(bytes.bytes().subspan(lies.bytes), content->hashes);
    for (T const& each : content->records) content->owned += held_bytes(each);
    first.content = content.release();
    first.lies.reset();
    rest.come(memory_of(first));
    return true;
  }

  sending_end<T>* end_;
  packet<T>* filling_ = nullptr;
  waiting_message* last_ = nullptr;  ///< of those that wait, in a ring
  bool time_is_due_ = false;         ///< the receiver has not been told the stream's time
};

}  // namespace leat::detail
