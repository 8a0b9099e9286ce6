// SPDX-License-Identifier: BSL-1.0
#include <leat/state/keyed_state.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

using leat::key_hash;
using leat::slot_count;
using leat::slot_of;
using leat::slot_range;
using leat::detail::keep_unsaved;
using leat::detail::keyed_state;
using leat::detail::part_sink;
using leat::detail::state_base;
using leat::detail::state_part;

namespace {

constexpr slot_range all_slots{0, slot_count};
constexpr std::size_t no_limit = std::numeric_limits<std::size_t>::max();

using table = keyed_state<std::string, std::vector<int>>;
using contents = std::map<std::string, std::vector<int>>;

/// Keeps parts as a store does: what stands before a full part is needed no more.
class parts_in_memory final : public part_sink {
 public:
  void take(state_part const& part) override {
    auto& of_slot = parts_[part.slot];
    if (part.full) of_slot.clear();
    of_slot.push_back({part.rows, {part.bytes.begin(), part.bytes.end()}});
    rows += part.rows;
    epochs.push_back(part.epoch);
  }
  void load(state_base& into) const {
    for (auto const& [slot, parts] : parts_)
      if (into.owned().contains(slot))
        for (auto const& [count, bytes] : parts) {
          into.expect(slot, count);
          into.load(slot, bytes);
        }
  }
  std::size_t parts_of(unsigned slot) const { return parts_.at(slot).size(); }

  std::size_t rows = 0;
  std::vector<std::uint64_t> epochs;

 private:
  std::map<unsigned, std::vector<std::pair<std::size_t, std::vector<std::byte>>>> parts_;
};

std::string name_of(std::uint64_t number) { return "key " + std::to_string(number); }
/// Of two slots only.
std::string crowded_name_of(std::uint64_t number) {
  static std::vector<std::string> names;
  for (std::uint64_t i = 0; names.size() <= number; ++i)
    if (std::string const name = name_of(i); slot_of(key_hash(name)) % (slot_count / 2) == 0)
      if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  return names[number];
}

/// Adds a number to the state of a key.
void add(table& to, std::string const& key, int number) {
  to.at(key_hash(key), key, [number](auto& cell) { cell.state().push_back(number); });
}
void forget(table& in, std::string const& key) {
  in.if_known(key_hash(key), key, [](auto& cell) { cell.forget(); });
}

void add_contents(contents& to, table& of) {
  of.for_each([&](std::string const& key, std::vector<int> const& state) { to[key] = state; });
}

/// What two workers of another run would begin with.
contents loaded(parts_in_memory const& from) {
  contents result;
  for (slot_range const owned : {slot_range{0, 1'000}, slot_range{1'000, slot_count}}) {
    table half(owned);
    from.load(half);
    add_contents(result, half);
  }
  return result;
}

}  // namespace

TEST_CASE("slots that are dropped while a sweep is open are in its snapshot, and in no later one") {
  for (bool const full : {false, true}) {
    CAPTURE(full);
    parts_in_memory store;
    table state(all_slots);
    state.track(store);
    add(state, name_of(1), 1);
    add(state, name_of(2), 2);
    if (full)
      for (unsigned slot = 0; slot != slot_count; ++slot) state.want_full(slot);
    state.barrier(1);
    add(state, name_of(1), 3);
    state.drop(all_slots);
    CHECK(state.keys() == 0);
    while (!state.sweep(1)) {
    }
    CHECK(loaded(store) == contents{{name_of(1), {1}}, {name_of(2), {2}}});
    state.barrier(2);
    std::size_t const rows = store.rows;
    while (!state.sweep(1)) {
    }
    CHECK(store.rows == rows);
    CHECK(loaded(store) == contents{{name_of(1), {1}}, {name_of(2), {2}}});
  }
}

TEST_CASE("a sweep writes what changed before the barrier, as it was then, whatever happens until it is over") {
  for (std::uint64_t seed = 1; seed != 40; ++seed) {
    CAPTURE(seed);
    std::uint64_t at = seed;
    auto const below = [&at](std::uint64_t limit) {
      at = at * 6364136223846793005u + 1442695040888963407u;
      return (at >> 33) % limit;
    };
    std::uint64_t const keys = seed % 3 == 0 ? 6 : 300;
    auto const name = seed % 2 == 0 ? name_of : crowded_name_of;
    parts_in_memory store;
    table state(all_slots);
    state.track(store);
    contents now;
    contents at_barrier;
    bool open = false;
    for (std::uint64_t epoch = 1; epoch != 30;) {
      switch (below(10)) {
        case 0:
          if (below(3) != 0) break;
          for (std::uint64_t i = below(4); i != 0; --i) state.want_full(slot_of(key_hash(name(below(keys)))));
          state.barrier(epoch++);
          if (open) CHECK(loaded(store) == at_barrier);  // the barrier has finished the sweep before
          open = true;
          at_barrier = now;
          break;
        case 1:
        case 2:
          if (!open || !state.sweep(1 + below(60))) break;
          open = false;
          CHECK(loaded(store) == at_barrier);
          break;
        default: {
          std::string const key = name(below(keys));
          if (below(3) == 0) {
            forget(state, key);
            now.erase(key);
          } else {
            add(state, key, static_cast<int>(epoch));
            now[key].push_back(static_cast<int>(epoch));
          }
        }
      }
    }
    contents kept;
    add_contents(kept, state);
    CHECK(kept == now);
    CHECK(state.keys() == now.size());
  }
}

TEST_CASE("only what changed is written, and what no snapshot has leaves no trace") {
  parts_in_memory store;
  table state(all_slots);
  state.track(store);
  for (std::uint64_t i = 0; i != 100; ++i) add(state, name_of(i), 1);
  auto rows_of_epoch = [&, epoch = std::uint64_t{0}]() mutable {
    std::size_t const before = store.rows;
    state.barrier(++epoch);
    CHECK(state.sweep(no_limit));
    CHECK((store.epochs.empty() || store.epochs.back() <= epoch));
    return store.rows - before;
  };
  CHECK(rows_of_epoch() == 100);
  CHECK(rows_of_epoch() == 0);
  add(state, name_of(7), 2);
  add(state, name_of(7), 3);
  CHECK(rows_of_epoch() == 1);
  forget(state, name_of(7));
  CHECK_MESSAGE(rows_of_epoch() == 1, "that the key was forgotten");
  CHECK(rows_of_epoch() == 0);
  add(state, "a new key", 1);
  forget(state, "a new key");
  CHECK(rows_of_epoch() == 0);
  forget(state, name_of(8));
  add(state, name_of(8), 4);
  forget(state, name_of(8));
  CHECK(rows_of_epoch() == 1);
  CHECK(state.find(key_hash(name_of(9)), name_of(9)) != nullptr);
  state.for_each([](std::string const&, std::vector<int>&) {});
  CHECK_MESSAGE(rows_of_epoch() == 0, "looking is no change");
  CHECK(loaded(store).size() == 98);
  CHECK(state.keys() == 98);
}

TEST_CASE("a key that was forgotten many times in an epoch takes the room of one") {
  parts_in_memory store;
  table state(all_slots);
  state.track(store);
  add(state, "again", 1);
  state.barrier(1);
  CHECK(state.sweep(no_limit));
  for (int i = 0; i != 1'000; ++i) {
    forget(state, "again");
    add(state, "again", i);
  }
  std::size_t const before = store.rows;
  state.barrier(2);
  CHECK(state.sweep(no_limit));
  CHECK(store.rows == before + 1);
  CHECK(loaded(store) == contents{{"again", {999}}});
}

TEST_CASE("a slot that is wanted in full is written in full, once, and replaces its earlier parts") {
  parts_in_memory store;
  table state(all_slots);
  state.track(store);
  unsigned const slot = slot_of(key_hash(name_of(1)));
  contents expected;
  for (std::uint64_t epoch = 1; epoch != 9; ++epoch) {
    add(state, name_of(1), static_cast<int>(epoch));
    expected[name_of(1)].push_back(static_cast<int>(epoch));
    if (epoch == 8) state.want_full(slot);
    state.barrier(epoch);
    if (epoch == 8) add(state, name_of(1), 100);  // is not in this snapshot
    CHECK(state.sweep(no_limit));
  }
  CHECK(store.parts_of(slot) == 1);
  CHECK(loaded(store) == expected);
}

TEST_CASE("a slot of which all keys have changed is written in full without being asked") {
  parts_in_memory store;
  table state(all_slots);
  state.track(store);
  unsigned const slot = slot_of(key_hash(crowded_name_of(0)));
  REQUIRE(slot == slot_of(key_hash(crowded_name_of(1))));
  contents expected;
  for (int epoch = 1; epoch != 6; ++epoch) {
    for (std::uint64_t i = 0; i != 2; ++i) {
      add(state, crowded_name_of(i), epoch);
      expected[crowded_name_of(i)].push_back(epoch);
    }
    state.barrier(static_cast<std::uint64_t>(epoch));
    CHECK(state.sweep(no_limit));
    CHECK(store.parts_of(slot) == 1);
  }
  // One of them has not changed, and is forgotten before the sweep: the snapshot has it.
  add(state, crowded_name_of(0), 6);
  expected[crowded_name_of(0)].push_back(6);
  state.barrier(6);
  forget(state, crowded_name_of(1));
  CHECK(state.sweep(no_limit));
  CHECK(loaded(store) == expected);
}

TEST_CASE("extract writes slots as they are now, and sweeps do not notice") {
  parts_in_memory store;
  parts_in_memory extracted;
  table state(all_slots);
  state.track(store);
  for (std::uint64_t i = 0; i != 100; ++i) add(state, name_of(i), 1);
  state.barrier(1);
  contents const at_barrier = loaded(extracted);
  add(state, name_of(3), 2);
  forget(state, name_of(4));
  state.extract({0, 2'000}, extracted);
  state.extract({2'000, slot_count}, extracted);
  contents now;
  add_contents(now, state);
  CHECK(loaded(extracted) == now);
  CHECK(now.size() == 99);
  CHECK(state.sweep(no_limit));
  CHECK(loaded(store).size() == 100);
}

TEST_CASE("a sweep goes on where it stopped") {
  parts_in_memory store;
  table state(all_slots);
  state.track(store);
  for (std::uint64_t i = 0; i != 1'000; ++i) add(state, name_of(i), 1);
  CHECK(state.sweep(1));
  state.barrier(1);
  int slices = 1;
  while (!state.sweep(50)) ++slices;
  CHECK(slices > 50);
  CHECK(slices < 1'000);
  CHECK(loaded(store).size() == 1'000);
}

TEST_CASE("rows of another slot, of a slot that another worker owns, and what is no row are refused") {
  parts_in_memory store;
  table state(all_slots);
  state.track(store);
  add(state, "one", 1);
  std::vector<std::byte> row;
  struct last final : part_sink {
    explicit last(std::vector<std::byte>& to) : bytes(to) {}
    void take(state_part const& part) override { bytes.assign(part.bytes.begin(), part.bytes.end()); }
    std::vector<std::byte>& bytes;
  } into(row);
  state.extract(all_slots, into);
  unsigned const slot = slot_of(key_hash(std::string("one")));

  table other(all_slots);
  CHECK_THROWS_AS(other.load((slot + 1) % slot_count, row), leat::codec_error);
  CHECK_THROWS_AS(other.load(slot, std::span(row).first(row.size() - 1)), leat::codec_error);
  other.load(slot, row);
  CHECK(other.keys() == 1);
  auto const next = static_cast<std::uint16_t>(slot + 1);
  table elsewhere({next, slot_count});
  CHECK_THROWS_AS(elsewhere.load(slot, row), leat::codec_error);
}

TEST_CASE("a state that cannot be saved says so") {
  keyed_state<int, int, keep_unsaved<int>> state(all_slots);
  CHECK_THROWS_AS(state.load(0, {}), std::logic_error);
}
