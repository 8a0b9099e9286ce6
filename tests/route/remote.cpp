// SPDX-License-Identifier: BSL-1.0
#include <leat/route/exchange/remote.hpp>

#include <doctest/doctest.h>

#include <leat/flow.hpp>
#include <leat/from/iterable.hpp>
#include <leat/route/peers/incoming.hpp>
#include <leat/to/collect.hpp>
#include <leat/to/output.hpp>

#include "fixture/memory_link.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

using leat::byte_buffer;
using leat::detail::frame_header;
using leat::detail::incoming_frame;
using leat::detail::message;
using leat::detail::packet;

namespace {

/// The sending end of one channel, whose frames and credit are in the hands of the test.
template <class T>
class sender {
 public:
  sender(std::size_t credit, std::size_t packet_records)
      : account_(credit),
        flow_("flow"),
        in_(1),
        node_(describe()),
        end_(out_, account_, node_, 0, 1, packet_records),
        packet_records_(packet_records) {
    std::tie(near_, far_) = leat::test::memory_links(std::size_t{1} << 26);
  }

  /// Gives the end as many records as it takes, those that did not go the last time first.
  void send(std::vector<T> const& records, bool hashed) {
    while (open_.content != nullptr || given_ != records.size()) {
      if (open_.content == nullptr) begin(records, hashed);
      if (!end_.send(open_)) break;
      open_ = {};
    }
    out_.write(*near_);
    while (in_.read(*far_, [&](incoming_frame frame) {
      under_way_ += cost(frame.header);
      frames_.push_back(std::move(frame));
      return true;
    }) != 0) {
    }
  }
  /// Its records have been used, and the sender hears of that.
  void use_first_frame(std::vector<T>& used, std::vector<std::uint64_t>& hashes) {
    incoming_frame const frame = std::move(frames_.front());
    frames_.pop_front();
    std::size_t const hash_bytes = frame.header.hashed * frame.header.count * sizeof(std::uint64_t);
    std::size_t const record_bytes = frame.payload.size() - hash_bytes;
    std::size_t const padding = leat::flat<T> ? record_bytes - frame.header.count * sizeof(T) : 0;
    auto const use = [&](T record) { used.push_back(std::move(record)); };
    leat::decode_batch<T>(frame.payload.first(record_bytes - padding), use);
    leat::decode_batch<std::uint64_t>(frame.payload.last(hash_bytes), [&](std::uint64_t h) { hashes.push_back(h); });
    under_way_ -= cost(frame.header);
    account_.bytes += static_cast<std::int64_t>(cost(frame.header));
    --account_.messages;
  }
  std::size_t under_way() const { return under_way_; }
  bool idle() const { return frames_.empty(); }

 private:
  leat::detail::node const& describe() {
    flow_.input("in", leat::from::iterable(std::vector{1})) | leat::output("out", leat::to::collect(unused_));
    return *flow_.description().nodes()[1];
  }
  void begin(std::vector<T> const& records, bool hashed) {
    open_.content = end_.borrow();
    for (std::size_t n = 0; n != packet_records_ && given_ != records.size(); ++n, ++given_) {
      open_.content->records.push(records[given_]);
      if (hashed) open_.content->hashes.push(given_);
    }
  }
  static std::size_t cost(frame_header const& header) {
    return static_cast<std::size_t>(leat::detail::channel_credit::cost_of(header));
  }

  leat::detail::outgoing_frames out_;
  leat::detail::sender_credit account_;
  leat::flow flow_;
  std::vector<int> unused_;
  leat::detail::incoming_frames in_;
  leat::detail::node const& node_;
  leat::detail::remote_sender<T> end_;
  std::size_t packet_records_;
  std::unique_ptr<leat::connection> near_;
  std::unique_ptr<leat::connection> far_;
  message<T> open_;
  std::size_t given_ = 0;
  std::deque<incoming_frame> frames_;
  std::size_t under_way_ = 0;
};

/// What the largest of these records takes when it travels alone.
template <class T>
std::size_t largest_alone(std::vector<T> const& records, bool hashed) {
  std::size_t largest = 0;
  for (T const& record : records) {
    byte_buffer bytes;
    leat::encode_batch(&record, 1, bytes);
    std::size_t const payload = hashed ? frame_header::padded(bytes.size()) + sizeof(std::uint64_t) : bytes.size();
    largest = std::max(largest, frame_header::size + frame_header::padded(payload));
  }
  return largest;
}

/// The receiver uses a frame whenever the sender does not go on, and every third time all of them.
template <class T>
void stays_within_credit(std::vector<T> const& records, std::size_t packet_records) {
  for (std::size_t const credit : {1u, 41u, 100u, 1000u, 65536u, 262144u, 1048576u})
    for (bool const hashed : {false, true}) {
      CAPTURE(credit);
      CAPTURE(hashed);
      sender<T> channel(credit, packet_records);
      std::size_t const allowed = credit - 1 + largest_alone(records, hashed);
      std::size_t most = 0;
      std::size_t rounds = 0;
      std::vector<T> used;
      std::vector<std::uint64_t> hashes;
      while (used.size() != records.size()) {
        channel.send(records, hashed);
        REQUIRE_FALSE(channel.idle());  // nothing is under way, so one record at least goes
        most = std::max(most, channel.under_way());
        channel.use_first_frame(used, hashes);
        while (rounds % 3 == 2 && !channel.idle()) channel.use_first_frame(used, hashes);
        ++rounds;
      }
      CHECK(most <= allowed);
      CHECK(used == records);
      CHECK(hashes.size() == (hashed ? records.size() : 0));
      CHECK(std::is_sorted(hashes.begin(), hashes.end()));
    }
}

std::vector<std::string> texts(std::size_t count, std::size_t most_bytes) {
  std::vector<std::string> texts;
  for (std::size_t i = 0; i != count; ++i) texts.emplace_back(i * 7919 % most_bytes, static_cast<char>('a' + i % 26));
  return texts;
}

template <class T>
std::vector<T> blocks(std::size_t count) {
  std::vector<T> records(count);
  for (std::size_t i = 0; i != count; ++i) records[i].fill(static_cast<typename T::value_type>(i));
  return records;
}

}  // namespace

TEST_CASE("what is under way to another process is the credit and one record at most, whatever the records are") {
  SUBCASE("numbers") {
    std::vector<std::uint64_t> numbers(20'000);
    for (std::size_t i = 0; i != numbers.size(); ++i) numbers[i] = i;
    stays_within_credit(numbers, 4096);
  }
  SUBCASE("small texts") { stays_within_credit(texts(3000, 20), 1024); }
  SUBCASE("texts") { stays_within_credit(texts(600, 3000), 32); }
  SUBCASE("texts larger than the credit") { stays_within_credit(texts(40, 200'000), 4); }
  SUBCASE("odd sizes") { stays_within_credit(blocks<std::array<std::uint8_t, 3>>(3000), 500); }
  SUBCASE("large plain records") { stays_within_credit(blocks<std::array<std::uint64_t, 512>>(300), 64); }
  SUBCASE("larger plain records") { stays_within_credit(blocks<std::array<std::uint64_t, 8192>>(130), 64); }
}
