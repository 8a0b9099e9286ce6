// SPDX-License-Identifier: BSL-1.0
#include <doctest/doctest.h>

#include <leat/from/iterable.hpp>
#include <leat/from/range.hpp>
#include <leat/op/async_map.hpp>
#include <leat/op/flat_map.hpp>
#include <leat/op/map.hpp>
#include <leat/route/codec/codec.hpp>
#include <leat/route/redistribute.hpp>
#include <leat/run/run.hpp>
#include <leat/state/stateful_map.hpp>
#include <leat/to/collect.hpp>
#include <leat/to/for_each.hpp>
#include <leat/to/output.hpp>

#include "fixture/shapes.hpp"
#include "run/owned_memory.hpp"
#include "sanitizers.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

namespace {

using namespace owned_memory;

/// Of the user's own making, and it owns through two levels.
struct document {
  std::vector<counted_text, counting_allocator<counted_text>> pages;
  template <class A>
  void serialize(A& archive, unsigned) {
    archive & pages;
  }
};

constexpr std::size_t credit = 256 * 1024;

document document_of(int x) {
  document document;
  document.pages.assign(2, text_of(x));
  return document;
}

/// What may be under way over one exchange: in each channel the credit and one record, for each worker what waits, is
/// filled, is made or is at the sink: some records each.
std::size_t allowed(unsigned workers, std::size_t record) {
  return std::size_t{workers} * workers * (credit + 3 * record) + workers * 32 * record;
}

template <class T>
auto slowly(std::atomic<std::size_t>& seen) {
  return leat::to::for_each([&seen](T const&) {
    ++seen;
    std::this_thread::yield();
  });
}

}  // namespace

TEST_CASE(
    "records that own much are bounded by their bytes, whatever makes them: a map, a stateful step, a container") {
  constexpr int count = sanitizers::slow ? 600 : 3000;
  for (unsigned const workers : {1u, 4u}) {
    CAPTURE(workers);
    leat::options options;
    options.workers = workers;
    std::atomic<std::size_t> seen{0};
    std::size_t const by_map = most_owned_in([&] {
      leat::flow flow("map");
      flow.input("in", leat::from::range(count)) | leat::map(text_of) | leat::redistribute("spread") |
          leat::output("out", slowly<counted_text>(seen));
      leat::run(flow, options);
    });
    CHECK(seen == count);
    CHECK(by_map > page);
    CHECK(by_map <= allowed(workers, page));

    seen = 0;
    std::size_t const by_state = most_owned_in([&] {
      leat::flow flow("state");
      flow.input("in", leat::from::range(count)) | leat::map([](int x) { return std::pair<int, int>(x, x); }) |
          leat::stateful_map("make", [](std::optional<int>&, int x) { return document_of(x); }) |
          leat::map([](std::pair<int, document> pair) { return std::move(pair.second); }) |
          leat::redistribute("spread") | leat::output("out", slowly<document>(seen));
      leat::run(flow, options);
    });
    CHECK(seen == count);
    CHECK(by_state <= 2 * allowed(workers, 2 * page));

    seen = 0;
    std::vector<std::vector<char, counting_allocator<char>>> const blocks(
        count / 3, std::vector<char, counting_allocator<char>>(page));
    leat::from::iterable in(blocks);
    std::size_t const by_container = most_owned_in([&] {
      leat::flow flow("container");
      flow.input("in", in) | leat::redistribute("spread") |
          leat::output("out", slowly<std::vector<char, counting_allocator<char>>>(seen));
      leat::run(flow, options);
    });
    CHECK(seen == count / 3);
    CHECK(by_container <= allowed(workers, page));
  }
}

TEST_CASE("records larger than the credit travel") {
  leat::test::for_each_shape([](leat::test::shape const& shape) {
    std::vector<std::string> got;
    std::size_t const size = 300 * 1024;
    leat::flow flow("large");
    flow.input("in", leat::from::range(12)) |
        leat::map([](int x) { return std::string(size, static_cast<char>('a' + x)); }) | leat::redistribute("spread") |
        leat::output("out", leat::to::collect(got));
    shape.run(flow, got);
    std::sort(got.begin(), got.end());
    REQUIRE(got.size() == 12);
    for (std::size_t i = 0; i != got.size(); ++i) {
      CHECK(got[i].size() == size);
      CHECK(got[i][i] == static_cast<char>('a' + i));
    }
  });
}

TEST_CASE("a loop that stopped for lack of room goes on where it was, in order, marks in their place") {
  leat::test::for_each_shape([](leat::test::shape const& base) {
    leat::test::shape shape = base.epochs_of_every_turn();
    shape.options.channel_bytes = std::min<std::size_t>(shape.options.channel_bytes, 4096);
    std::vector<std::pair<int, std::string>> got;
    leat::flow flow("order");
    leat::stream documents = flow.input("in", leat::from::range(600)) | leat::map([](int x) {
                               return std::pair<int, std::string>(x % 5, std::to_string(x) + std::string(400, ' '));
                             });
    documents | leat::stateful_map("first", [](std::optional<int>&, std::string text) { return text; }) |
        leat::flat_map([](std::pair<int, std::string> const& p) {
          return std::vector<std::pair<int, std::string>>{{p.first, p.second + "a"}, {p.first, p.second + "b"}};
        }) |
        leat::stateful_map("second", [](std::optional<int>&, std::string text) { return text; }) |
        leat::output("out", leat::to::collect(got));
    shape.run(flow, got);
    REQUIRE(got.size() == 1200);
    std::vector<std::string> of[5];
    for (auto& [key, text] : got) of[key].push_back(text);
    bool right = true;
    for (int key = 0; key != 5; ++key)
      for (std::size_t i = 0; i != of[key].size(); ++i)
        right = right && std::stoi(of[key][i]) == key + static_cast<int>(i / 2) * 5 &&
                of[key][i].back() == (i % 2 == 0 ? 'a' : 'b');
    CHECK(right);
  });
}

TEST_CASE("what one call makes beyond all room is put aside in a file, and comes in order") {
  leat::test::for_each_shape([](leat::test::shape shape) {
    shape.options.channel_bytes = std::min<std::size_t>(shape.options.channel_bytes, 4096);
    std::vector<std::pair<int, std::uint64_t>> got;
    std::uint64_t const count = 12'000;
    leat::flow flow("burst");
    flow.input("in", leat::from::range(2)) | leat::flat_map<std::pair<int, std::uint64_t>>([](int x, auto&& emit) {
      for (std::uint64_t i = 0; i != count; ++i)
        emit(std::pair<int, std::uint64_t>(static_cast<int>(i % 3), i * 2 + static_cast<std::uint64_t>(x)));
    }) | leat::stateful_map("order", [](std::optional<std::uint64_t>&, std::uint64_t x) { return x; }) |
        leat::output("out", leat::to::collect(got));
    shape.run(flow, got);
    REQUIRE(got.size() == 2 * count);
    bool in_order = true;
    std::uint64_t last[3][2] = {};
    for (auto const& [key, x] : got) {
      in_order = in_order && (x < 6 || last[key][x % 2] + 6 == x);
      last[key][x % 2] = x;
    }
    CHECK(in_order);
  });
}

TEST_CASE("a record that becomes very many takes no memory for each of them") {
  for (unsigned const workers : {1u, 4u}) {
    CAPTURE(workers);
    leat::options options;
    options.workers = workers;
    std::atomic<std::size_t> seen{0};
    std::size_t const most = most_owned_in([&] {
      leat::flow flow("burst");
      flow.input("in", leat::from::range(1)) | leat::flat_map<counted_text>([](int, auto&& emit) {
        for (int i = 0; i != 2000; ++i) emit(text_of(i));
      }) | leat::redistribute("spread") |
          leat::output("out", slowly<counted_text>(seen));
      leat::run(flow, options);
    });
    CHECK(seen == 2000);
    CHECK(most <= allowed(workers, page) + 2 * credit);
  }
}

TEST_CASE("plain records that become many are held back as soon as there is no room, not a block of them later") {
  std::size_t const size = 1000;
  std::size_t count = 0;
  std::size_t used = 0;
  std::size_t most_under_way = 0;
  leat::flow flow("plain");
  flow.input("in", leat::from::range(2000)) | leat::flat_map<int>([&count](int x, auto&& emit) {
    for (std::size_t i = 0; i != size; ++i) emit(x);
    count += size;
  }) | leat::async_map("wait", [&](int x) -> leat::task<int> {
    most_under_way = std::max(most_under_way, count - used++);
    co_return x;
  }) | leat::output("out", leat::to::for_each([](int) {}));
  leat::run(flow);
  CHECK(used == 2000 * size);
  CHECK(most_under_way <= 8 * size);  // blocks begin small
}

TEST_CASE("plain records that become large are held back by the credit, in packets of one record if need be") {
  using block = std::array<std::uint64_t, page / 8>;
  constexpr int count = sanitizers::slow ? 600 : 3000;
  for (unsigned const workers : {1u, 4u})
    for (std::size_t const batch : {0u, 500u}) {
      CAPTURE(workers);
      CAPTURE(batch);
      leat::options options;
      options.workers = workers;
      options.batch_size = batch;
      std::atomic<std::size_t> under_way{0};
      std::atomic<std::size_t> most{0};
      std::atomic<std::size_t> seen{0};
      leat::flow flow("plain");
      flow.input("in", leat::from::range(count)) | leat::map([&](int x) {
        most = std::max<std::size_t>(most, ++under_way);
        return block{static_cast<std::uint64_t>(x)};
      }) | leat::redistribute("spread") |
          leat::output("out", leat::to::for_each([&](block const&) {
                         --under_way;
                         ++seen;
                         std::this_thread::yield();
                       }));
      leat::run(flow, options);
      CHECK(seen == count);
      CHECK(most * page <= allowed(workers, page));
    }
}

namespace {

/// Between processes, in this one: what was written for another and has not been read there.
std::atomic<std::size_t> encoded_and_not_decoded{0};
std::atomic<std::size_t> most_encoded{0};

void count_encoded(std::size_t bytes) {
  std::size_t const now = encoded_and_not_decoded += bytes;
  for (std::size_t seen = most_encoded; seen < now && !most_encoded.compare_exchange_weak(seen, now);) {
  }
}

/// It says when it is encoded and when it is decoded.
template <class Content>
struct watched {
  Content content{};
  bool is_last = false;
  template <class A>
  void serialize(A& archive, unsigned) {
    archive & content & is_last;
    if constexpr (std::is_same_v<A, leat::output_archive>) count_encoded(bytes());
    if constexpr (std::is_same_v<A, leat::input_archive>) encoded_and_not_decoded -= bytes();
  }
  std::size_t bytes() const { return content.size() * sizeof(typename Content::value_type); }
};

/// The most that was under way between processes, where the receiver's step is slower than the sender's.
template <class Content, class Make>
std::size_t most_between_processes(leat::test::shape const& shape, int records, Make make) {
  encoded_and_not_decoded = most_encoded = 0;
  std::vector<int> got;
  leat::flow flow("between");
  flow.input("in", leat::from::range(records)) | leat::map([make](int x) { return watched<Content>{make(x)}; }) |
      leat::redistribute("spread") | leat::map([](watched<Content> const& w) {
        std::this_thread::yield();
        return static_cast<int>(w.content[0]);
      }) |
      leat::output("out", leat::to::collect(got));
  shape.run(flow, got);
  CHECK(got.size() == static_cast<std::size_t>(records));
  CHECK(encoded_and_not_decoded == 0);
  return most_encoded;
}

}  // namespace

TEST_CASE("between processes the bytes under way are the credit and one record, whatever the records own") {
  using kind = leat::test::shape::kind;
  using block = std::array<std::uint64_t, 8192>;
  for (leat::test::shape shape : leat::test::shapes()) {
    if (shape.processes == 1 || shape.runs == kind::real_processes) continue;
    CAPTURE(shape.name);
    std::size_t const channels = shape.worker_count() * (shape.worker_count() - shape.workers);
    shape.options.batch_size = 0;
    for (std::size_t const bytes : {std::size_t{4096}, std::size_t{64 * 1024}, std::size_t{1024 * 1024}}) {
      if (sanitizers::slow && bytes != 64 * 1024) continue;
      CAPTURE(bytes);
      shape.options.channel_bytes = bytes;
      auto const text = [](std::size_t size) {
        return [size](int x) { return std::string(size, static_cast<char>('a' + x % 26)); };
      };
      std::size_t const small = most_between_processes<std::string>(shape, 4000, text(1024));
      CHECK(small > 0);
      CHECK(small <= channels * (bytes + 1024));
      std::size_t const large = most_between_processes<std::string>(shape, 300, text(page));
      CHECK(large <= channels * (bytes + page));
      auto const block_of = [](int x) { return block{static_cast<std::uint64_t>(x)}; };
      std::size_t const plain = most_between_processes<block>(shape, 300, block_of);
      CHECK(plain <= channels * (bytes + sizeof(block)));
    }
  }
}
