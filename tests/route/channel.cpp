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
  packet<T>* const made = end.borrow();
  made->records.push(std::move(record));
  made->owned = owned;
  return made;
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
  channel<int, Small> both(of);
  packet<int>* const first = both.fresh();
  REQUIRE(first != nullptr);
  REQUIRE(both.may_begin());
  first->records.push(1);
  REQUIRE(both.send({first, {}, false}));
  packet<int>* const second = both.fresh();
  REQUIRE(second != nullptr);
  CHECK(both.fresh() == nullptr);
  CHECK_FALSE(both.overdrawn());
  packet<int>* const beyond = both.borrow();  // to finish what was begun
  CHECK(both.overdrawn());
  CHECK_FALSE(both.starved());
  CHECK(read<int>(both) == 1);
  CHECK(both.starved());
  CHECK_FALSE(both.overdrawn());
  CHECK_FALSE(both.may_begin());  // what was borrowed beyond the credit does not become credit by coming back
  both.give_up(beyond);
  CHECK(both.may_begin());
  both.give_up(second);
}

template <bool Small>
void credit_is_bytes() {
  CAPTURE(Small);
  channel_limits const of = limits(100, 1000);
  channel<std::string, Small> both(of);
  std::size_t const rest = 400 - sizeof(std::string);
  REQUIRE(both.send({packet_of<std::string>(both, "first", rest), {}, false}));
  CHECK(read<std::string>(both) == "first");
  REQUIRE(both.send({packet_of<std::string>(both, "second", 1000), {}, false}));  // more than the credit, but alone
  CHECK_FALSE(both.may_begin());
  packet<std::string>* const third = packet_of<std::string>(both, "third", rest);
  CHECK_FALSE(both.send({third, {}, false}));
  CHECK(read<std::string>(both) == "second");
  CHECK(both.may_begin());
  CHECK(both.send({third, {}, false}));
  CHECK(both.may_begin());
  packet<std::string>* const fourth = packet_of<std::string>(both, "fourth", 601);
  CHECK_FALSE(both.send({fourth, {}, false}));
  CHECK(read<std::string>(both) == "third");
  CHECK(both.send({fourth, {}, false}));  // and the channel goes with it
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
  channel<int> both(of);
  mark const barrier{mark_kind::barrier, 7};
  CHECK(both.send({packet_of<int>(both, 1), {}, false}));
  CHECK(both.send({packet_of<int>(both, 2), barrier, true}));
  for (int i = 0; i != 10; ++i) CHECK(both.send({nullptr, barrier, true}));
  CHECK(read<int>(both) == 1);
  message<int> got;
  REQUIRE(both.receive(got));
  CHECK(got.content->records.begin()[0] == 2);
  CHECK(got.marked);
  CHECK(got.which.epoch == 7);
  got.content->records.clear();
  both.give_back(got.content);
  for (int i = 0; i != 10; ++i) {
    REQUIRE(both.receive(got));
    CHECK(got.content == nullptr);
    CHECK(got.marked);
  }
  CHECK_FALSE(both.receive(got));
  CHECK(both.may_begin());
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
  channel<std::shared_ptr<int>> both(of);
  auto const held = std::make_shared<int>(1);
  REQUIRE(both.send({packet_of<std::shared_ptr<int>>(both, held), {}, false}));
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
  channel<std::string, Small> both(of);
  std::thread sender([&] {
    for (int i = 0; i != count; ++i) {
      while (!both.may_begin()) std::this_thread::yield();
      packet<std::string>* const made =
          packet_of<std::string>(both, std::to_string(i), static_cast<std::size_t>(i % 400));
      while (!both.send({made, {}, false})) std::this_thread::yield();
    }
  });
  int wrong = 0;
  message<std::string> got;
  for (int i = 0; i != count; ++i) {
    while (!both.receive(got)) std::this_thread::yield();
    wrong += got.content->records.begin()[0] != std::to_string(i);
    got.content->records.clear();
    got.content->owned = 0;
    both.give_back(got.content);
  }
  sender.join();
  CHECK(wrong == 0);
  CHECK(both.starved());
  CHECK(both.may_begin());
}

}  // namespace

TEST_CASE("a channel works between two threads") {
  between_threads<false>(600);
  between_threads<true>(200);
}
