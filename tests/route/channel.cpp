// SPDX-License-Identifier: BSL-1.0
#include <leat/route/exchange/channel.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <utility>

using leat::detail::channel;
using leat::detail::channel_limits;
using leat::detail::mark;
using leat::detail::mark_kind;
using leat::detail::message;
using leat::detail::packet;

namespace {

channel_limits limits(std::size_t packets, std::size_t bytes = 1 << 20) {
  channel_limits of;
  of.packet_records = 4;
  of.packets = packets;
  of.bytes = bytes;
  return of;
}

template <class T, class End>
packet<T>* packet_of(End& end, T record, std::size_t owned = 0) {
  packet<T>* const packet = end.borrow();
  packet->records.push(std::move(record));
  packet->owned = owned;
  return packet;
}

/// Reads a packet and gives it back.
template <class T, class End>
T read(End& end) {
  message<T> got;
  REQUIRE(end.receive(got));
  REQUIRE(got.content != nullptr);
  T const record = got.content->records.begin()[0];
  got.content->records.clear();
  got.content->owned = 0;
  end.give_back(got.content);
  return record;
}

template <bool Small>
void credit_is_packets() {
  CAPTURE(Small);
  channel_limits const of = limits(2);
  channel<int, Small> ends(of);
  packet<int>* const first = ends.fresh();
  REQUIRE(first != nullptr);
  REQUIRE(ends.may_begin());
  first->records.push(1);
  REQUIRE(ends.send({first, {}, false}));
  packet<int>* const second = ends.fresh();
  REQUIRE(second != nullptr);
  CHECK(ends.fresh() == nullptr);
  CHECK_FALSE(ends.overdrawn());
  packet<int>* const beyond = ends.borrow();  // to finish what was begun
  CHECK(ends.overdrawn());
  CHECK_FALSE(ends.starved());
  CHECK(read<int>(ends) == 1);
  CHECK(ends.starved());
  CHECK_FALSE(ends.overdrawn());
  CHECK_FALSE(ends.may_begin());  // what was borrowed beyond the credit does not become credit by coming back
  ends.give_up(beyond);
  CHECK(ends.may_begin());
  ends.give_up(second);
}

template <bool Small>
void credit_is_bytes() {
  CAPTURE(Small);
  channel_limits const of = limits(100, 1000);
  channel<std::string, Small> ends(of);
  std::size_t const rest = 400 - sizeof(std::string);
  REQUIRE(ends.send({packet_of<std::string>(ends, "first", rest), {}, false}));
  CHECK(read<std::string>(ends) == "first");
  REQUIRE(ends.send({packet_of<std::string>(ends, "second", 1000), {}, false}));  // more than the credit, but alone
  CHECK_FALSE(ends.may_begin());
  packet<std::string>* const third = packet_of<std::string>(ends, "third", rest);
  CHECK_FALSE(ends.send({third, {}, false}));
  CHECK(read<std::string>(ends) == "second");
  CHECK(ends.may_begin());
  CHECK(ends.send({third, {}, false}));
  CHECK(ends.may_begin());
  packet<std::string>* const fourth = packet_of<std::string>(ends, "fourth", 601);
  CHECK_FALSE(ends.send({fourth, {}, false}));
  CHECK(read<std::string>(ends) == "third");
  CHECK(ends.send({fourth, {}, false}));  // and the channel goes with it
}

}  // namespace

TEST_CASE("a channel's credit is packets: those being filled, on the way and being read") {
  credit_is_packets<false>();
  credit_is_packets<true>();
}

TEST_CASE("of records that own something it is bytes besides, and one record larger than that travels alone") {
  credit_is_bytes<false>();
  credit_is_bytes<true>();
}

TEST_CASE("marks come behind the records before them, alone or with a packet, and cost no credit") {
  channel_limits const of = limits(1);
  channel<int> ends(of);
  mark const barrier{mark_kind::barrier, 7};
  CHECK(ends.send({packet_of<int>(ends, 1), {}, false}));
  CHECK(ends.send({packet_of<int>(ends, 2), barrier, true}));
  for (int i = 0; i != 10; ++i) CHECK(ends.send({nullptr, barrier, true}));
  CHECK(read<int>(ends) == 1);
  message<int> got;
  REQUIRE(ends.receive(got));
  CHECK(got.content->records.begin()[0] == 2);
  CHECK(got.marked);
  CHECK(got.end_mark.epoch == 7);
  got.content->records.clear();
  ends.give_back(got.content);
  for (int i = 0; i != 10; ++i) {
    REQUIRE(ends.receive(got));
    CHECK(got.content == nullptr);
    CHECK(got.marked);
  }
  CHECK_FALSE(ends.receive(got));
  CHECK(ends.may_begin());
}

TEST_CASE("emptied packets are used again, but not in the channels of many workers") {
  channel_limits const of = limits(2);
  channel<int> large(of);
  channel<int, true> small(of);
  packet<int>* const first = packet_of<int>(large, 1);
  REQUIRE(large.send({first, {}, false}));
  read<int>(large);
  packet<int>* const again = large.borrow();
  CHECK(again == first);
  large.give_up(again);
  for (int i = 0; i != 10; ++i) {
    REQUIRE(small.send({packet_of<int>(small, i), {}, false}));
    CHECK_FALSE(small.send({nullptr, {}, true}));  // one message at a time
    CHECK(read<int>(small) == i);
    CHECK(small.may_begin());
  }
  CHECK(sizeof(small) <= 128);
}

TEST_CASE("what is under way when a channel goes, goes with it") {
  channel_limits const of = limits(4);
  channel<std::shared_ptr<int>> ends(of);
  auto const held = std::make_shared<int>(1);
  REQUIRE(ends.send({packet_of<std::shared_ptr<int>>(ends, held), {}, false}));
  {
    channel<std::shared_ptr<int>, true> other(of);
    REQUIRE(other.send({packet_of<std::shared_ptr<int>>(other, held), {}, false}));
    CHECK(held.use_count() == 3);
  }
  CHECK(held.use_count() == 2);
}

namespace {

/// One thread sends numbers as text within the credit, another reads them.
template <bool Small>
void between_threads(int count) {
  CAPTURE(Small);
  channel_limits const of = limits(3, 300);
  channel<std::string, Small> ends(of);
  std::thread sender([&] {
    for (int i = 0; i != count; ++i) {
      while (!ends.may_begin()) std::this_thread::yield();
      packet<std::string>* const packet =
          packet_of<std::string>(ends, std::to_string(i), static_cast<std::size_t>(i % 400));
      while (!ends.send({packet, {}, false})) std::this_thread::yield();
    }
  });
  int wrong = 0;
  message<std::string> got;
  for (int i = 0; i != count; ++i) {
    while (!ends.receive(got)) std::this_thread::yield();
    wrong += got.content->records.begin()[0] != std::to_string(i);
    got.content->records.clear();
    got.content->owned = 0;
    ends.give_back(got.content);
  }
  sender.join();
  CHECK(wrong == 0);
  CHECK(ends.starved());
  CHECK(ends.may_begin());
}

}  // namespace

TEST_CASE("a channel works between two threads") {
  between_threads<false>(600);
  between_threads<true>(200);
}
