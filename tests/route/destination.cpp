// SPDX-License-Identifier: BSL-1.0
#include <leat/route/exchange/exchange_tail.hpp>

#include "fixture/idle_worker_services.hpp"

#include <doctest/doctest.h>

#include <leat/route/exchange/packet.hpp>

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

/// A record of which somebody else can see how many there are.
struct record {
  std::shared_ptr<int> owned;
  template <class Archive>
  void serialize(Archive&, unsigned) {}
};

class exchange final : public leat::detail::node {
 public:
  exchange() : node(leat::detail::step_info("redistribute", leat::step_name("spread"))) {}
  void build(leat::detail::worker_builder&) const override {}
};

/// Gives packets, and takes them as the test says: it keeps one, has no room for it, or throws.
class end final : public leat::detail::sending_end<record> {
 public:
  enum class answer { keeps, has_no_room, throws };

  bool may_begin() override { return true; }
  leat::detail::packet<record>* borrow() override { return new leat::detail::packet<record>(8); }
  void give_up(leat::detail::packet<record>* unused) override { delete unused; }
  bool overdrawn() override { return false; }
  bool send(leat::detail::message<record> const& message) override {
    if (says == answer::throws) throw std::runtime_error("cannot be encoded");
    if (says == answer::has_no_room) return false;
    kept.reset(message.content);
    return true;
  }
  bool starved() const override { return false; }
  bool has_room_for_time() const override { return true; }

  answer says = answer::keeps;
  std::unique_ptr<leat::detail::packet<record>> kept;
};

}  // namespace

TEST_CASE("destination: a packet is somebody's, whatever becomes of it") {
  auto const watched = std::make_shared<int>(3);
  for (end::answer const first : {end::answer::keeps, end::answer::has_no_room, end::answer::throws})
    for (end::answer const then : {end::answer::keeps, end::answer::has_no_room, end::answer::throws}) {
      end to;
      exchange const described;
      leat::test::idle_worker_services worker(1);
      leat::detail::overflow rest(described, worker, 1024, "/tmp");
      {
        leat::detail::destination<record> from(to);
        from.filling().records.push(record{watched});
        to.says = first;
        if (first == end::answer::throws)
          CHECK_THROWS_AS(from.send({}, rest), std::runtime_error);
        else
          from.send({}, rest);
        to.says = then;
        bool const waits = first == end::answer::has_no_room;
        if (waits && then == end::answer::throws)
          CHECK_THROWS_AS(from.retry({}, rest), std::runtime_error);
        else
          CHECK(from.retry({}, rest) == (waits && then == end::answer::keeps));
      }
      to.kept.reset();
      CHECK(watched.use_count() == 1);
    }
}

namespace {

/// Much larger in memory than when it is encoded.
struct sparse {
  std::vector<std::string> fields;
  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive & fields;
  }
};

/// Its `serialize` is wrong: it writes twice what it reads.
struct forgetful {
  std::string text;
  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    if constexpr (Archive::is_saving::value)
      archive & text & text;
    else
      archive & text;
  }
};

/// Has room when the test says so.
template <class T>
class door final : public leat::detail::sending_end<T> {
 public:
  bool may_begin() override { return open; }
  leat::detail::packet<T>* borrow() override { return new leat::detail::packet<T>(8); }
  void give_up(leat::detail::packet<T>* unused) override { delete unused; }
  bool overdrawn() override { return false; }
  bool send(leat::detail::message<T> const& message) override {
    if (!open) return false;
    kept.emplace_back(message.content);
    times.push_back(message.time.watermark);
    return true;
  }
  bool starved() const override { return false; }
  bool has_room_for_time() const override { return few_wait; }

  bool open = false;
  bool few_wait = true;
  std::vector<std::int64_t> times;  ///< by message
  std::vector<std::unique_ptr<leat::detail::packet<T>>> kept;
};

/// Sends these packets while there is no room, of which the later ones go to the file, and then has room.
template <class T>
void put_aside_and_bring_back(std::vector<T> const& records, door<T>& to, char const* directory) {
  exchange const described;
  leat::test::idle_worker_services worker(1);
  leat::detail::overflow rest(described, worker, 1, directory);
  leat::detail::destination<T> from(to);
  for (T const& record : records) {
    from.filling().records.push(record);
    from.filling().owned = 1 << 20;
    from.send({}, rest);
  }
  to.open = true;
  from.retry({}, rest);
}

}  // namespace

TEST_CASE("destination: what comes back from the file is as large as it was, however few bytes it had there") {
  door<sparse> to;
  sparse const large{std::vector<std::string>(20'000)};
  put_aside_and_bring_back<sparse>({large, large, large}, to, "/tmp");
  REQUIRE(to.kept.size() == 3);
  for (auto const& kept_message : to.kept) {
    REQUIRE(kept_message->records.size() == 1);
    CHECK(kept_message->records.begin()->fields.size() == 20'000);
  }
}

TEST_CASE("destination: as many records come back from the file as were put there, or the run fails") {
  door<forgetful> to;
  try {
    put_aside_and_bring_back<forgetful>({{"a"}, {"b"}, {"c"}}, to, "/tmp");
    FAIL("it was not noticed");
  } catch (leat::run_error const& error) {
    CHECK(std::string(error.what()).find("1 were put aside in a temporary file, and 2 were read back") !=
          std::string::npos);
    CHECK(error.step == "spread");
  }
}

TEST_CASE("destination: the file is made in the directory it is told") {
  door<sparse> to;
  CHECK_THROWS_WITH_AS(put_aside_and_bring_back<sparse>({{}, {}, {}}, to, "/no such directory"),
                       doctest::Contains("in /no such directory: No such file or directory"), leat::run_error);
}

namespace {

constexpr std::int64_t no_time = leat::detail::stream_time::nothing_known;

/// A destination that sends numbers, and the door that they go through.
struct numbers {
  void record(int value) { from.filling().records.push(value); }
  void time(std::int64_t watermark) {
    now = {watermark, 0, false};
    from.advance();
  }
  void packet() { from.send(now, rest); }
  void mark(leat::detail::mark_kind kind) { from.send({kind, 1}, now, rest); }
  bool retry() { return from.retry(now, rest); }

  exchange described;
  leat::test::idle_worker_services worker{1};
  leat::detail::overflow rest{described, worker, 1 << 20, "/tmp"};
  door<int> to;
  leat::detail::destination<int> from{to};
  leat::detail::stream_time now;
};

}  // namespace

TEST_CASE("destination: a time goes with the next packet, and alone only where no packet is begun and few wait") {
  numbers sent;
  sent.to.open = true;
  sent.record(1);
  sent.time(10);
  CHECK_FALSE(sent.from.send_time(sent.now));
  sent.packet();
  CHECK(sent.to.times == std::vector<std::int64_t>{10});
  CHECK_FALSE(sent.from.send_time(sent.now));  // it has been told
  sent.time(11);
  sent.to.few_wait = false;
  CHECK_FALSE(sent.from.send_time(sent.now));
  sent.to.few_wait = true;
  CHECK(sent.from.send_time(sent.now));
  CHECK_FALSE(sent.from.send_time(sent.now));
  CHECK(sent.to.times == std::vector<std::int64_t>{10, 11});
  CHECK(sent.to.kept.back() == nullptr);
}

TEST_CASE("destination: no time goes with a packet that waited while others wait behind it") {
  numbers sent;
  sent.record(1);
  sent.packet();
  sent.record(2);
  sent.packet();
  sent.time(10);
  CHECK_FALSE(sent.from.send_time(sent.now));
  sent.to.open = true;
  CHECK(sent.retry());
  CHECK(sent.to.times == std::vector<std::int64_t>{no_time, 10});
}

TEST_CASE("destination: no time goes with a packet that waited while another is being filled") {
  numbers sent;
  sent.record(1);
  sent.packet();
  sent.record(2);
  sent.time(10);
  sent.to.open = true;
  CHECK(sent.retry());
  CHECK(sent.to.times == std::vector<std::int64_t>{no_time});
  sent.packet();
  CHECK(sent.to.times == std::vector<std::int64_t>{no_time, 10});
}

TEST_CASE("destination: a barrier that waited takes no time with it, which may have come after it; a last mark does") {
  for (leat::detail::mark_kind const kind :
       {leat::detail::mark_kind::barrier, leat::detail::mark_kind::end, leat::detail::mark_kind::stop}) {
    numbers sent;
    sent.mark(kind);
    sent.time(10);
    sent.to.open = true;
    CHECK(sent.retry());
    bool const last = kind != leat::detail::mark_kind::barrier;
    CHECK(sent.to.times == std::vector<std::int64_t>{last ? 10 : no_time});
    CHECK(sent.from.send_time(sent.now) == !last);
  }
}

TEST_CASE("destination: a mark takes with it the time that came before it") {
  numbers sent;
  sent.to.open = true;
  sent.record(1);
  sent.time(10);
  sent.mark(leat::detail::mark_kind::barrier);
  CHECK(sent.to.times == std::vector<std::int64_t>{10});
}
