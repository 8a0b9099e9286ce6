// SPDX-License-Identifier: BSL-1.0
#include <leat/route/exchange/combine.hpp>

#include <doctest/doctest.h>

#include <leat/op/running/worker_builder.hpp>
#include <leat/route/exchange/exchange_channels.hpp>

#include "fixture/idle_worker_services.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

using leat::detail::mark;
using leat::detail::mark_kind;
using leat::detail::message;
using leat::detail::shared_by_workers;
using leat::detail::worker_builder;

namespace {

class exchange final : public leat::detail::node {
 public:
  exchange() : node(leat::detail::step_info("exchange", leat::step_name("combined"))) {}
  void build(worker_builder&) const override {}
};

struct join_texts {
  std::string operator()(std::string const& a, std::string const& b) const { return a + b; }
};
using run_end = leat::detail::to_combining_exchange<int, std::string, join_texts>;
using record = std::pair<int, std::string>;

/// The sending side of one worker of two, and what the two receive of it.
class sender {
 public:
  sender() : worker_(world_, parts_of_two()), tail_(run_end(join_texts()), worker_, described_) {}

  void push(int key, std::string value) { tail_.push(record(key, std::move(value))); }
  void end() { tail_.arrive({mark_kind::end, 1}); }
  void say_time(std::int64_t watermark) { tail_.advance({watermark, 0, false}); }

  /// The greatest time that has come to each worker.
  std::array<std::int64_t, 2> times{leat::detail::stream_time::nothing_known, leat::detail::stream_time::nothing_known};

  /// Bytes of text that have come to either worker since this was asked last.
  std::size_t receive() {
    std::size_t bytes = 0;
    for (bool more = true; more;) {
      more = false;
      for (leat::detail::outbox* each : worker_.outboxes) more = each->flush(true) || more;
      auto& channels = worker_.shared<leat::detail::exchange_channels<record>>(described_, described_, process_,
                                                                               worker_.packet_size<record>());
      for (unsigned to = 0; to != 2; ++to) {
        auto& from = channels.from(0, to, &worker_.slot_owners());
        for (message<record> got; from.receive(got); more = true) {
          times[to] = std::max(times[to], got.time.watermark);
          if (got.content == nullptr) continue;
          for (record const& each : got.content->records) bytes += each.second.size();
          got.content->records.clear();
          got.content->hashes.clear();
          got.content->owned = 0;
          from.give_back(got.content);
        }
      }
    }
    return bytes;
  }

 private:
  shared_by_workers& parts_of_two() {
    process_.local_workers = 2;
    process_.channel_packets = 16;
    process_.channel_bytes = 256 * 1024;
    return process_;
  }

  leat::test::idle_worker_services world_{2};
  exchange described_;
  shared_by_workers process_;
  worker_builder worker_;
  run_end::tail tail_;
};

}  // namespace

TEST_CASE("values that are combined before an exchange are passed on when they own as much as a channel holds") {
  constexpr std::size_t page = 64 * 1024;
  sender all_keys;
  std::size_t kept = 0;
  std::size_t most_kept = 0;
  for (int key = 0; key != 500; ++key) {
    all_keys.push(key, std::string(page, 'a'));
    kept += page;
    kept -= all_keys.receive();
    most_kept = std::max(most_kept, kept);
  }
  CHECK(most_kept <= 256 * 1024 + page);
  all_keys.end();
  CHECK(all_keys.receive() == kept);

  // One key whose value grows as it is combined.
  sender one_key;
  kept = most_kept = 0;
  for (int i = 0; i != 500; ++i) {
    one_key.push(7, std::string(page / 4, 'a'));
    kept += page / 4;
    kept -= one_key.receive();
    most_kept = std::max(most_kept, kept);
  }
  CHECK(most_kept > page);  // it is combined
  CHECK(most_kept <= 2 * 256 * 1024);
  one_key.end();
  CHECK(one_key.receive() == kept);
}

TEST_CASE("values that are combined before an exchange are sent before a time that comes after them") {
  sender sender;
  sender.push(7, "a");
  sender.push(7, "b");
  CHECK(sender.receive() == 0);
  sender.say_time(5);
  CHECK(sender.receive() == 2);
  CHECK(sender.times == std::array<std::int64_t, 2>{5, 5});
}
