// SPDX-License-Identifier: BSL-1.0
#include <leat/state/keyed_state.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

using leat::slot_count;
using leat::slot_ownership;
using leat::slot_range;
using leat::detail::keep_unsaved;
using leat::detail::keyed_state;

namespace {

constexpr slot_range all_slots{0, slot_count};

std::uint64_t mixed(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

/// Numbers that look random, the same in every run.
class sequence {
 public:
  explicit sequence(std::uint64_t seed) : at_(seed) {}
  std::uint64_t operator()() { return mixed(at_++); }
  std::uint64_t below(std::uint64_t limit) { return (*this)() % limit; }

 private:
  std::uint64_t at_;
};

/// How the test hashes: `spread` as it should be; `one_slot` puts all keys into one table; `same_tag` makes every key
/// of a slot collide at the end of its table, so that probing wraps around.
enum class hashing { spread, one_slot, same_tag };

std::uint64_t hash_of(std::uint64_t key, hashing mode) {
  std::uint64_t const h = mixed(key ^ 0x5151);
  if (mode == hashing::one_slot) return (h & ~std::uint64_t{4095}) | 77;
  if (mode == hashing::same_tag) return 0xffff'ffff'0000'0000u | (h & 3);
  return h;
}

/// A value whose copies, moves and end are counted, and that can refuse to be made.
struct counted {
  counted() {
    if (refuse_after-- == 0) throw std::runtime_error("no more");
    ++alive;
  }
  counted(counted&& other) noexcept : number(std::move(other.number)) { ++alive; }
  counted& operator=(counted&&) noexcept = default;
  ~counted() { --alive; }

  static inline int alive = 0;
  static inline int refuse_after = -1;
  std::unique_ptr<std::uint64_t> number = std::make_unique<std::uint64_t>(0);
};

/// Equal, but without an order.
struct point {
  int x, y;
  friend bool operator==(point const&, point const&) = default;
};

struct only_key {
  explicit only_key(std::uint64_t n) : number(std::make_unique<std::uint64_t>(n)) {}
  friend bool operator==(only_key const& a, only_key const& b) { return *a.number == *b.number; }
  std::unique_ptr<std::uint64_t> number;
};

std::string name_of(std::uint64_t number) { return "a key that is long enough for the heap " + std::to_string(number); }

/// Batches of random keys, each counted or forgotten, beside the same in a std::unordered_map.
template <class K, class S, class KeyOf, class Value>
void against_a_map(hashing mode, std::uint64_t keys, std::size_t batches, KeyOf key_of, Value value) {
  sequence random(keys + static_cast<std::uint64_t>(mode));
  keyed_state<K, S, keep_unsaved<S>> table(all_slots);
  std::unordered_map<std::uint64_t, std::uint64_t> expected;
  std::size_t wrong = 0;
  for (std::size_t batch = 0; batch != batches; ++batch) {
    std::size_t const count = random.below(100);
    std::vector<std::uint64_t> hashes;
    std::vector<std::uint64_t> numbers;
    std::vector<K> batch_keys;
    for (std::size_t i = 0; i != count; ++i) {
      numbers.push_back(random.below(keys));
      hashes.push_back(hash_of(numbers.back(), mode));
      batch_keys.push_back(key_of(numbers.back()));
    }
    std::uint64_t const forget_one_in = batch % 3 + 2;
    std::size_t calls = 0;
    table.visit(
        hashes.data(), count, [&](std::size_t i) -> K const& { return batch_keys[i]; },
        [&](auto& cell, std::size_t i) {
          wrong += calls++ != i || !(cell.key() == batch_keys[i]);
          auto const [at, added] = expected.try_emplace(numbers[i], 0);
          wrong += cell.fresh() != added || value(cell.state()) != at->second;
          ++value(cell.state());
          ++at->second;
          if (random.below(forget_one_in) == 0) {
            cell.forget();
            cell.forget();
            wrong += !cell.forgotten();
            expected.erase(at);
          }
        });
    wrong += calls != count || table.keys() != expected.size();
  }
  CHECK(wrong == 0);

  for (std::uint64_t number = 0; number != keys; ++number) {
    auto const at = expected.find(number);
    S const* const found = table.find(hash_of(number, mode), key_of(number));
    wrong += at == expected.end() ? found != nullptr : found == nullptr || value(*found) != at->second;
  }
  CHECK(wrong == 0);

  std::size_t visited = 0;
  table.for_each([&](K const&, S& state) { visited += value(state) != 0; });
  CHECK(visited == expected.size());
}

template <class K, class S, class KeyOf, class Value>
void against_a_map_in_every_way(KeyOf key_of, Value value) {
  against_a_map<K, S>(hashing::spread, 60'000, 800, key_of, value);
  against_a_map<K, S>(hashing::spread, 50, 400, key_of, value);
  against_a_map<K, S>(hashing::one_slot, 3'000, 800, key_of, value);
  against_a_map<K, S>(hashing::one_slot, 30, 400, key_of, value);
  against_a_map<K, S>(hashing::same_tag, 200, 600, key_of, value);
  against_a_map<K, S>(hashing::same_tag, 12, 600, key_of, value);
}

}  // namespace

TEST_CASE("keyed_state agrees with std::unordered_map: numbers") {
  against_a_map_in_every_way<std::uint64_t, std::uint64_t>([](std::uint64_t n) { return n; },
                                                           [](auto& state) -> auto& { return state; });
}

TEST_CASE("keyed_state agrees with std::unordered_map: string keys, owning states, and destroys them") {
  against_a_map_in_every_way<std::string, counted>(name_of, [](auto& state) -> auto& { return *state.number; });
  CHECK(counted::alive == 0);
}

TEST_CASE("keyed_state agrees with std::unordered_map: states that are aligned beyond malloc") {
  struct alignas(64) wide {
    std::uint64_t number = 0;
  };
  against_a_map<std::uint64_t, wide>(
      hashing::spread, 20'000, 300, [](std::uint64_t n) { return n; },
      [](auto& state) -> auto& {
        CHECK(reinterpret_cast<std::uintptr_t>(&state) % 64 == 0);
        return state.number;
      });
}

TEST_CASE("a forgotten key met again in the same batch is fresh, whatever was written to it") {
  keyed_state<std::uint64_t, std::vector<int>> table(all_slots);
  std::vector<std::uint64_t> const hashes(40, mixed(5));
  std::vector<std::size_t> fresh;
  table.visit(
      hashes.data(), hashes.size(), [](std::size_t) { return std::uint64_t{5}; },
      [&](auto& cell, std::size_t i) {
        if (cell.fresh()) {
          fresh.push_back(i);
          CHECK(cell.state().empty());
        }
        cell.state().push_back(1);
        if (i % 10 == 9) {
          cell.forget();
          cell.state().assign(100, 2);
        }
      });
  CHECK(fresh == std::vector<std::size_t>{0, 10, 20, 30});
  CHECK(table.keys() == 0);
  CHECK(table.find(mixed(5), 5) == nullptr);
}

TEST_CASE("a large batch of new keys makes the tables grow under the addresses that were kept") {
  keyed_state<std::uint64_t, std::uint64_t> table({77, 78});
  std::vector<std::uint64_t> hashes;
  for (std::uint64_t i = 0; i != 20'000; ++i) hashes.push_back(hash_of(i / 2, hashing::one_slot));
  auto const key_at = [](std::size_t i) { return std::uint64_t{i / 2}; };
  std::size_t fresh = 0;
  table.visit(hashes.data(), hashes.size(), key_at, [&](auto& cell, std::size_t i) {
    fresh += cell.fresh();
    cell.state() += i;
  });
  CHECK(fresh == 10'000);
  CHECK(table.keys() == 10'000);
  std::size_t wrong = 0;
  for (std::uint64_t i = 0; i != 10'000; ++i) {
    std::uint64_t const* const sum = table.find(hash_of(i, hashing::one_slot), i);
    wrong += sum == nullptr || *sum != 4 * i + 1;
  }
  CHECK(wrong == 0);
}

TEST_CASE("keys that move, and states that need a factory") {
  struct balance {
    explicit balance(int start) : amount(start) {}
    int amount;
  };
  struct keep_hundred {
    balance make() const { return balance(100); }
  };
  keyed_state<only_key, balance, keep_hundred> table(all_slots);
  for (std::uint64_t round = 0; round != 2; ++round)
    for (std::uint64_t i = 0; i != 5'000; ++i)
      table.at(mixed(i), only_key(i), [](auto& cell) { ++cell.state().amount; });
  CHECK(table.keys() == 5'000);
  only_key const last(4'999);
  REQUIRE(table.find(mixed(4'999), last) != nullptr);
  CHECK(table.find(mixed(4'999), last)->amount == 102);

  only_key known(1);
  table.at(mixed(1), std::move(known), [](auto&) {});
  CHECK_MESSAGE(known.number != nullptr, "a key that is there already is not moved from");
}

TEST_CASE("if_known meets a key without adding it, and may forget it") {
  keyed_state<std::string, int> table(all_slots);
  CHECK_FALSE(table.if_known(mixed(1), "one", [](auto&) { FAIL("there is no such key"); }));
  CHECK(table.keys() == 0);
  table.at(mixed(1), std::string("one"), [](auto& cell) { cell.state() = 7; });
  CHECK(table.if_known(mixed(1), "one", [](auto& cell) {
    CHECK(cell.state() == 7);
    CHECK_FALSE(cell.fresh());
    cell.forget();
  }));
  CHECK(table.keys() == 0);
  CHECK_FALSE(table.if_known(mixed(1), "one", [](auto&) {}));
}

TEST_CASE("visiting in key order goes on where it stopped, and keys may be forgotten on the way") {
  for (bool const forget : {false, true}) {
    keyed_state<std::string, std::uint64_t> table(all_slots);
    std::map<std::string, std::uint64_t> expected;
    for (std::uint64_t i = 0; i != 3'000; ++i) {
      expected[name_of(i)] = i;
      table.at(hash_of(i, hashing::one_slot), name_of(i), [&](auto& cell) { cell.state() = i; });
    }
    std::vector<std::pair<std::string, std::uint64_t>> visited;
    std::size_t pieces = 1;
    while (table.visit_in_key_order(7, [&](auto& cell) {
      visited.emplace_back(cell.key(), cell.state());
      if (forget) cell.forget();
    }))
      ++pieces;
    CHECK(pieces == 429);
    CHECK(std::equal(visited.begin(), visited.end(), expected.begin(), expected.end(),
                     [](auto const& a, auto const& b) { return a.first == b.first && a.second == b.second; }));
    CHECK(table.keys() == (forget ? 0 : 3'000));

    table.at(mixed(1), std::string("one more"), [](auto& cell) { CHECK(cell.fresh()); });
    std::size_t second = 0;
    CHECK_FALSE(table.visit_in_key_order(10'000, [&](auto&) { ++second; }));
    CHECK(second == table.keys());
  }
}

TEST_CASE("what a visit does not forget is found behind it, wherever it lay in its table") {
  for (hashing const how : {hashing::spread, hashing::one_slot, hashing::same_tag}) {
    keyed_state<std::string, std::uint64_t> table(all_slots);
    for (std::uint64_t i = 0; i != 3'000; ++i)
      table.at(hash_of(i, how), name_of(i), [&](auto& cell) { cell.state() = i; });
    while (table.visit_in_key_order(100, [](auto& cell) {
      if (cell.state() % 3 != 0) cell.forget();
    })) {
    }
    CHECK(table.keys() == 1'000);
    for (std::uint64_t i = 0; i != 3'000; ++i) {
      CAPTURE(i);
      bool const found = table.if_known(hash_of(i, how), name_of(i), [&](auto& cell) { CHECK(cell.state() == i); });
      REQUIRE(found == (i % 3 == 0));
    }
  }
}

TEST_CASE("between the pieces of a visit known keys may be met, and new ones are refused") {
  keyed_state<std::uint64_t, int> table(all_slots);
  auto const add = [&](std::uint64_t key) { table.at(mixed(key), key, [](auto& cell) { ++cell.state(); }); };
  for (std::uint64_t i = 0; i != 100; ++i) add(i);
  std::vector<std::uint64_t> visited;
  auto const visit = [&](auto& cell) { visited.push_back(cell.key()); };
  CHECK(table.visit_in_key_order(10, visit));
  add(50);
  CHECK(table.if_known(mixed(60), 60, [](auto& cell) { cell.forget(); }));
  CHECK_THROWS_AS(add(1'000), std::logic_error);
  CHECK_THROWS_AS(add(60), std::logic_error);
  CHECK_FALSE(table.visit_in_key_order(100, visit));
  CHECK(visited.size() == 99);
  CHECK(std::is_sorted(visited.begin(), visited.end()));
  CHECK(std::find(visited.begin(), visited.end(), 60) == visited.end());
  add(60);
  CHECK(table.keys() == 100);
}

TEST_CASE("keys without an order are visited in one that does not depend on how they came") {
  auto const order_of = [](bool backwards) {
    keyed_state<point, int, keep_unsaved<int>> table(all_slots);
    for (int i = 0; i != 500; ++i) {
      int const n = backwards ? 499 - i : i;
      table.at(mixed(static_cast<std::uint64_t>(n)), point{n, 1}, [](auto&) {});
    }
    std::vector<int> order;
    while (table.visit_in_key_order(3, [&](auto& cell) { order.push_back(cell.key().x); })) continue;
    return order;
  };
  std::vector<int> const order = order_of(false);
  CHECK(order.size() == 500);
  CHECK(order == order_of(true));
}

TEST_CASE("an empty table is visited at once") {
  keyed_state<std::uint64_t, int> table({5, 5});
  CHECK_FALSE(table.visit_in_key_order(1, [](auto&) { FAIL("there is nothing"); }));
  table.for_each([](std::uint64_t, int&) { FAIL("there is nothing"); });
  table.visit(
      nullptr, 0, [](std::size_t) { return std::uint64_t{0}; }, [](auto&, std::size_t) { FAIL("there is nothing"); });
  CHECK(table.keys() == 0);
}

TEST_CASE("workers own every slot once") {
  for (unsigned const workers : {1u, 2u, 3u, 7u, 100u, 4096u, 5000u}) {
    std::size_t wrong = 0;
    unsigned next = 0;
    for (unsigned worker = 0; worker != workers; ++worker) {
      slot_range const owned = slot_ownership(workers).slots_of(worker);
      wrong += owned.lo != next;
      for (; next != owned.hi; ++next) wrong += slot_ownership(workers).owner(next) != worker;
    }
    CHECK(wrong == 0);
    CHECK(next == slot_count);
  }
}

TEST_CASE("slots are dropped as units, and only those that are owned") {
  slot_range const owned{1000, 2000};
  keyed_state<std::string, counted, keep_unsaved<counted>> table(owned);
  std::map<unsigned, std::size_t> expected;
  for (std::uint64_t i = 0; i != 40'000; ++i) {
    unsigned const slot = leat::slot_of(mixed(i));
    if (!owned.contains(slot)) continue;
    ++expected[slot];
    table.at(mixed(i), name_of(i), [](auto&) {});
  }
  std::size_t first_half = 0;
  for (unsigned slot = owned.lo; slot != 1500; ++slot) first_half += expected[slot];
  std::size_t const total = table.keys();
  CHECK(counted::alive == static_cast<int>(total));

  table.drop({1500, 4096});
  CHECK(table.keys() == first_half);
  CHECK(counted::alive == static_cast<int>(first_half));
  table.drop({0, 10});
  CHECK(table.keys() == first_half);
  table.drop(all_slots);
  CHECK(table.keys() == 0);
  CHECK(counted::alive == 0);
  table.at((mixed(0) & ~std::uint64_t{4095}) | 1999, std::string("again"), [](auto& cell) { CHECK(cell.fresh()); });
  CHECK(table.keys() == 1);
}

TEST_CASE("dropping slots ends a visit, and forgotten keys in them are no longer looked for") {
  keyed_state<std::string, counted, keep_unsaved<counted>> table(all_slots);
  for (std::uint64_t i = 0; i != 1'000; ++i) table.at(mixed(i), name_of(i), [](auto&) {});
  CHECK(table.visit_in_key_order(500, [](auto& cell) { cell.forget(); }));
  CHECK(table.keys() == 500);
  table.drop(all_slots);
  CHECK(table.keys() == 0);
  CHECK(counted::alive == 0);
  for (std::uint64_t i = 0; i != 1'000; ++i) table.at(mixed(i), name_of(i), [](auto&) {});
  CHECK(table.keys() == 1'000);
}

TEST_CASE("a function that throws leaves the table as it was, and what it forgot before is forgotten") {
  {
    keyed_state<std::string, counted, keep_unsaved<counted>> table(all_slots);
    std::vector<std::string> keys;
    std::vector<std::uint64_t> hashes;
    for (std::uint64_t i = 0; i != 200; ++i) {
      keys.push_back(name_of(i));
      hashes.push_back(hash_of(i, hashing::one_slot));
    }
    auto const key_at = [&](std::size_t i) -> std::string const& { return keys[i]; };
    CHECK_THROWS_AS(table.visit(hashes.data(), keys.size(), key_at,
                                [](auto& cell, std::size_t i) {
                                  if (i % 2 == 0) cell.forget();
                                  if (i == 100) throw std::runtime_error("a user's mistake");
                                }),
                    std::runtime_error);
    CHECK(table.keys() == 50);
    std::size_t fresh = 0;
    table.visit(hashes.data(), keys.size(), key_at, [&](auto& cell, std::size_t) { fresh += cell.fresh(); });
    CHECK(fresh == 150);
    CHECK(table.keys() == 200);
  }
  CHECK(counted::alive == 0);
}

TEST_CASE("a state that cannot be made is not added") {
  {
    keyed_state<std::string, counted, keep_unsaved<counted>> table(all_slots);
    for (std::uint64_t i = 0; i != 20; ++i) table.at(hash_of(i, hashing::one_slot), name_of(i), [](auto&) {});
    table.at(hash_of(3, hashing::one_slot), name_of(3), [](auto& cell) { cell.forget(); });
    for (std::uint64_t const key : {std::uint64_t{3}, std::uint64_t{500}}) {
      counted::refuse_after = 0;
      CHECK_THROWS_AS(table.at(hash_of(key, hashing::one_slot), name_of(key), [](auto&) {}), std::runtime_error);
      counted::refuse_after = -1;
    }
    CHECK(table.keys() == 19);
    table.at(hash_of(500, hashing::one_slot), name_of(500), [](auto& cell) { CHECK(cell.fresh()); });
    CHECK(table.keys() == 20);
  }
  CHECK(counted::alive == 0);
}

TEST_CASE("a move that throws while a table grows loses no memory") {
  struct restless {
    restless() { ++alive(); }
    restless(restless&& other) : text(std::move(other.text)) {
      if (moves_left()-- == 0) throw std::runtime_error("will not move");
      ++alive();
    }
    restless& operator=(restless&&) = delete;
    ~restless() { --alive(); }
    static int& alive() {
      static int count = 0;
      return count;
    }
    static int& moves_left() {
      static int count = 1'000;
      return count;
    }
    std::string text = name_of(1);
  };
  {
    keyed_state<std::string, restless, keep_unsaved<restless>> table(all_slots);
    auto const fill = [&] {
      for (std::uint64_t i = 0; i != 5'000; ++i) table.at(hash_of(i, hashing::one_slot), name_of(i), [](auto&) {});
    };
    CHECK_THROWS_AS(fill(), std::runtime_error);
  }
  CHECK(restless::alive() == 0);
}
