// SPDX-License-Identifier: BSL-1.0
#include <leat/route/exchange/exchange_tail.hpp>

#include <doctest/doctest.h>

#include <leat/op/running/worker_builder.hpp>
#include <leat/route/exchange/by_key.hpp>
#include <leat/route/exchange/exchange.hpp>
#include <leat/route/exchange/exchange_channels.hpp>
#include <leat/route/exchange/route.hpp>

#include "fixture/idle_worker_services.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace {

using leat::detail::message;
using leat::detail::worker_builder;

class exchange final : public leat::detail::node {
 public:
  exchange() : node(leat::detail::step_info("exchange", leat::step_name("sent"))) {}
  void build(worker_builder&) const override {}
};

template <class Route>
struct run_end_of {
  Route route;
};

/// A route that has what an exchange needs, and nothing else.
struct last_worker {
  static constexpr bool carries_hash = true;
  void start(worker_builder&, leat::detail::node const&) {}
  std::uint64_t hash(std::string const& record) { return record.size(); }
  unsigned owner(std::uint64_t, unsigned workers) const { return workers - 1; }
};
static_assert(leat::detail::route<last_worker, std::string>);
static_assert(!leat::detail::route<last_worker, int>);

/// The same of the outlet behind it.
struct keeps_sizes {
  static constexpr bool takes_hashes = true;
  void provide(worker_builder& worker, leat::detail::node const& described) {
    worker.provide({described.id, 0}, *this);
  }
  void take(leat::detail::packet<std::string>& content, std::size_t from, std::size_t count) {
    for (std::size_t i = from; i != from + count; ++i)
      seen.emplace_back(content.records.begin()[i], content.hashes.begin()[i]);
  }
  void arrive(leat::detail::mark arrived) { last = arrived.last(); }
  void advance(leat::detail::stream_time time) { watermark = time.watermark; }
  bool ready() { return true; }
  std::vector<std::pair<std::string, std::uint64_t>> seen;
  bool last = false;
  std::int64_t watermark = 0;
  leat::detail::traffic passed;
};
static_assert(leat::detail::exchange_outlet<keeps_sizes, std::string>);
static_assert(!leat::detail::exchange_outlet<keeps_sizes, int>);

/// The sending side of the first of so many workers of a process, and what each of them receives of it.
template <class K, class V>
class sender {
  using record = std::pair<K, V>;
  using route = leat::detail::by_key<K, V>;

 public:
  struct arrivals {
    std::vector<record> records;
    std::vector<std::uint64_t> hashes;
  };

  explicit sender(unsigned workers)
      : world_(workers),
        worker_(world_, process_of(workers)),
        tail_(run_end_of<route>(), worker_, described_),
        received(workers) {}

  /// In blocks as a loop writes them, of all lengths.
  void write(std::vector<record> const& records) {
    std::size_t portion = 1;
    for (std::size_t done = 0; done != records.size(); portion = portion % tail_.block() + 1) {
      portion = std::min(portion, records.size() - done);
      tail_.write(portion, [&](auto& cursor) {
        for (std::size_t i = 0; i != portion; ++i) cursor(record(records[done + i]));
      });
      done += portion;
      receive();
    }
  }
  void copy(std::vector<record> const& records) {
    constexpr std::size_t most = 1000;
    for (std::size_t done = 0; done != records.size(); done += std::min(most, records.size() - done)) {
      tail_.copy(records.data() + done, std::min(most, records.size() - done));
      receive();
    }
  }
  void push(std::vector<record> const& records) {
    for (record const& entry : records) {
      tail_.push(entry);
      receive();
    }
  }

 private:
  leat::detail::shared_by_workers& process_of(unsigned workers) {
    process_.local_workers = workers;
    process_.channel_packets = 16;
    process_.channel_bytes = 1 << 20;
    return process_;
  }

  void receive() {
    tail_.flush(true);
    auto& channels = worker_.shared<leat::detail::exchange_channels<record>>(described_, described_, process_,
                                                                             worker_.packet_size<record>());
    for (unsigned to = 0; to != received.size(); ++to) {
      auto& from = channels.from(0, to, &worker_.slot_owners());
      for (message<record> got; from.receive(got);) {
        for (record& each : got.content->records) received[to].records.push_back(std::move(each));
        for (std::uint64_t const hash : got.content->hashes) received[to].hashes.push_back(hash);
        got.content->records.clear();
        got.content->hashes.clear();
        got.content->owned = 0;
        from.give_back(got.content);
      }
    }
  }

  leat::test::idle_worker_services world_;
  exchange described_;
  leat::detail::shared_by_workers process_;
  worker_builder worker_;
  leat::detail::exchange_tail<record, route> tail_;

 public:
  std::vector<arrivals> received;  ///< by worker
};

/// Each record comes to the worker that owns its key, in the order of sending, with its hash.
template <class K, class V>
void check(std::vector<std::pair<K, V>> const& records, sender<K, V> const& sent) {
  auto const workers = static_cast<unsigned>(sent.received.size());
  std::vector<std::size_t> next(workers, 0);
  bool right = true;
  for (auto const& record : records) {
    std::uint64_t const hash = leat::key_hash(record.first);
    unsigned const owner = leat::slot_ownership(workers).owner(leat::slot_of(hash));
    auto const& there = sent.received[owner];
    std::size_t const i = next[owner]++;
    right = right && i < there.records.size() && i < there.hashes.size() && there.records[i] == record &&
            there.hashes[i] == hash;
  }
  CHECK(right);
  for (unsigned i = 0; i != workers; ++i) {
    CHECK(sent.received[i].records.size() == next[i]);
    CHECK(sent.received[i].hashes.size() == next[i]);
  }
}

template <class K, class V, class Make>
void for_each_way(Make make) {
  std::vector<std::pair<K, V>> records;
  for (int i = 0; i != 5000; ++i) records.push_back(make(i));
  for (unsigned const workers : {1u, 2u, 3u, 4u, 8u, 33u}) {
    CAPTURE(workers);
    sender<K, V> pushed(workers);
    pushed.push(records);
    check(records, pushed);
    if constexpr (leat::detail::plain<std::pair<K, V>>) {
      sender<K, V> written(workers);
      written.write(records);
      check(records, written);
      sender<K, V> copied(workers);
      copied.copy(records);
      check(records, copied);
    }
  }
}

}  // namespace

TEST_CASE("a sender puts each record, with its hash, into the packet for the owner of its key, in order") {
  for_each_way<int, int>([](int i) { return std::pair<int, int>(i * 7919, i); });  // 8 bytes
  for_each_way<std::uint64_t, std::uint64_t>([](int i) {                           // 16 bytes
    return std::pair<std::uint64_t, std::uint64_t>(static_cast<std::uint64_t>(i) << 20, static_cast<unsigned>(i));
  });
  for_each_way<int, std::array<std::uint64_t, 8>>([](int i) {  // more
    return std::pair<int, std::array<std::uint64_t, 8>>(i, {static_cast<unsigned>(i), 1, 2, 3, 4, 5, 6, 7});
  });
  for_each_way<short, char>([](int i) { return std::pair<short, char>(static_cast<short>(i), 'x'); });  // no word
  for_each_way<std::string, std::string>(
      [](int i) { return std::pair<std::string, std::string>("key " + std::to_string(i), std::to_string(i)); });
}

TEST_CASE("an exchange needs no more of its route and its outlet than their concepts say") {
  leat::test::idle_worker_services world(1);
  leat::detail::shared_by_workers process;
  process.channel_packets = 16;
  process.channel_bytes = 1 << 20;
  worker_builder worker(world, process);
  exchange const described;
  leat::detail::exchange_tail<std::string, last_worker> tail(run_end_of<last_worker>(), worker, described);
  auto& receiver = worker.add<leat::detail::exchange_receiver<std::string, keeps_sizes>>(worker, described);
  tail.push(std::string("one"));
  tail.push(std::string("three"));
  tail.advance({7, 0, false});
  tail.arrive({leat::detail::mark_kind::end, 1});
  while (!receiver.done()) receiver.turn();
  auto const& got = worker.outlet<keeps_sizes>({described.id, 0});
  CHECK(got.last);
  CHECK(got.watermark == 7);
  CHECK(got.seen == std::vector<std::pair<std::string, std::uint64_t>>{{"one", 3}, {"three", 5}});
}
