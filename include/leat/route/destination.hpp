// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/held_bytes.hpp>
#include <leat/graph.hpp>
#include <leat/op/stage.hpp>
#include <leat/record.hpp>
#include <leat/route/codec/byte_buffer.hpp>
#include <leat/route/codec/codec.hpp>
#include <leat/route/packet.hpp>
#include <leat/route/remote.hpp>
#include <leat/route/scratch_file.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <utility>

namespace leat::detail {

/// What one sender may keep waiting in memory, over all its destinations, and where the rest goes: a call of the user's
/// that makes very many records cannot be left in the middle.
class overflow {
 public:
  overflow(node const& described, unsigned worker, std::size_t credit)
      : described_(described), worker_(worker), most_((std::max)(2 * credit, std::size_t{64} * 1024)) {}

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
  destination(destination&& other) noexcept
      : end_(other.end_), filling_(std::exchange(other.filling_, nullptr)), waiting_(std::move(other.waiting_)) {}
  ~destination() {
    delete filling_;
    if (waiting_)
      for (one const& left : *waiting_) delete left.what.content;
  }

  packet<T>& filling() {
    if (filling_ == nullptr) [[unlikely]] filling_ = end_->borrow();
    return *filling_;
  }
  bool ready() { return !waits() && (filling_ == nullptr ? end_->may_begin() : !end_->overdrawn()); }
  bool waits() const { return waiting_ && !waiting_->empty(); }
  bool empty() const { return !waits() && !partial(); }
  bool partial() const { return filling_ != nullptr && !filling_->records.empty(); }
  bool starved() const { return end_->starved(); }

  void send(overflow& rest) { queue({std::exchange(filling_, nullptr), {}, false}, rest); }
  void send(mark which, overflow& rest) {
    queue({partial() ? std::exchange(filling_, nullptr) : nullptr, which, true}, rest);
  }

  /// Tries again with what found no room. True when some of it did now.
  bool retry(overflow& rest) {
    bool moved = false;
    while (waits()) {
      one& first = waiting_->front();
      if (first.bytes != 0 && !bring_back(first, rest)) break;
      std::size_t const bytes = memory_of(first);
      if (!end_->send(first.what)) break;
      waiting_->pop_front();
      rest.gone(bytes);
      moved = true;
    }
    return end_->sent_a_part() || moved;
  }

 private:
  struct one {
    explicit one(message<T> const& waits) : what(waits) {}
    message<T> what;
    std::uint64_t at = 0;   ///< in the file
    std::size_t bytes = 0;  ///< of the records, if they lie there
    std::size_t hash_bytes = 0;
  };

  void queue(message<T> const& what, overflow& rest) {
    std::unique_ptr<packet<T>> held(what.content);  // until it is sent or waits: an encoder may throw
    bool const sent = !waits() && end_->send(what);
    if (!sent) {
      if (!waiting_) waiting_ = std::make_unique<std::deque<one>>();
      waiting_->emplace_back(what);
    }
    static_cast<void>(held.release());
    if (sent) return;
    rest.come(memory_of(waiting_->back()));
    bool const might_have_begun = waiting_->size() == 1;  // a part of it may be sent already
    if (what.content != nullptr && rest.too_much() && !might_have_begun) put_aside(waiting_->back(), rest);
  }

  static std::size_t memory_of(one const& waits) {
    return waits.what.content == nullptr ? 0 : sizeof(packet<T>) + waits.what.content->bytes();
  }

  [[gnu::cold, gnu::noinline]] void put_aside(one& last, overflow& rest) {
    packet<T>& content = *last.what.content;
    byte_buffer bytes;
    rest.call([&] { encode_batch(content.records.begin(), content.records.size(), bytes); });
    std::size_t const of_records = bytes.size();
    std::size_t const of_hashes = content.hashes.size() * sizeof(std::uint64_t);
    bytes.append(content.hashes.begin(), of_hashes);
    last.at = rest.put_aside(bytes);
    rest.gone(memory_of(last));
    last.bytes = of_records;
    last.hash_bytes = of_hashes;
    content.records.clear();
    content.hashes.clear();
    content.owned = 0;
    end_->give_up(std::exchange(last.what.content, nullptr));
  }

  /// False: there is no credit for it. But packets that wait behind it may have taken all of that.
  [[gnu::cold, gnu::noinline]] bool bring_back(one& first, overflow& rest) {
    if (!end_->may_begin() && !end_->starved()) return false;
    std::unique_ptr<packet<T>> content(end_->borrow());
    byte_buffer bytes;
    rest.bring_back(first.at, bytes, first.bytes + first.hash_bytes);
    rest.call([&] { decode_batch<T>(bytes.bytes().first(first.bytes), content->records); });
    decode_batch<std::uint64_t>(bytes.bytes().subspan(first.bytes), content->hashes);
    for (T const& each : content->records) content->owned += held_bytes(each);
    first.what.content = content.release();
    first.bytes = 0;
    rest.come(memory_of(first));
    return true;
  }

  sending_end<T>* end_;
  packet<T>* filling_ = nullptr;
  std::unique_ptr<std::deque<one>> waiting_;
};

}  // namespace leat::detail
