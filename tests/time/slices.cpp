// SPDX-License-Identifier: BSL-1.0
#include <leat/time/slices.hpp>
#include <leat/time/window_content.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <utility>
#include <vector>
#ifdef __GLIBC__
#include <malloc.h>
#endif

/// The tables of a step whose windows close for all keys together, with the snapshots of them.

using leat::key_hash;
using leat::slot_count;
using leat::slot_of;
using leat::slot_range;
using leat::window_id;
using leat::detail::part_sink;
using leat::detail::state_part;

namespace {

/// A sum.
struct summed : leat::detail::keeps_itself<int> {};

using table = leat::detail::slices<std::string, summed>;
/// The sum of a key in a window, and whether the window has spoken.
using contents = std::map<std::pair<window_id, std::string>, std::pair<int, bool>>;

constexpr slot_range all_slots{0, slot_count};
constexpr std::size_t no_limit = std::numeric_limits<std::size_t>::max();

/// Keeps parts as a store does: what stands before a full part is needed no more.
class parts_in_memory final : public part_sink {
 public:
  void take(state_part const& part) override {
    auto& of_slot = parts_[part.slot];
    if (part.full) of_slot.clear();
    of_slot.emplace_back(part.bytes.begin(), part.bytes.end());
    rows += part.rows;
  }
  void load(table& into) const {
    for (auto const& [slot, parts] : parts_)
      if (into.owned().contains(slot))
        for (auto const& bytes : parts) into.load(slot, bytes);
    into.settle();
  }
  /// Of keys that may have other slots now.
  void load_anywhere(table& into) const {
    for (auto const& [slot, parts] : parts_)
      for (auto const& bytes : parts) into.load(table::slots_of_then, bytes);
    into.settle();
  }

  std::size_t rows = 0;

 private:
  std::map<unsigned, std::vector<std::vector<std::byte>>> parts_;
};

/// Some in one of two slots, with many others; some in slots of their own.
std::string const& name_of(std::size_t number) {
  static std::vector<std::string> names;
  for (std::size_t i = 0; names.size() <= number; ++i) {
    std::string const name = "key " + std::to_string(i);
    bool const fits = names.size() % 3 == 0 || slot_of(key_hash(name)) % (slot_count / 2) == 0;
    if (fits && std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  return names[number];
}

void add(table& to, window_id id, std::string const& key, int number) {
  std::uint64_t const hash = key_hash(key);
  to.visit(
      id, &hash, 1, [&](std::size_t) -> std::string const& { return key; },
      [&](auto& met, std::size_t) {
        if (met.fresh())
          met.state().begin(int(number));
        else
          met.state().kept() += number;
        met.state().marks.add(false);
      });
}

/// Takes all out, in the order in which windows and keys speak at an end.
contents taken_from(table& all) {
  contents found;
  window_id last = std::numeric_limits<window_id>::min();
  for (; !all.empty(); all.close_first()) {
    window_id const id = all.first().keep().id;
    CHECK(id > last);
    last = id;
    std::string const* before = nullptr;
    auto const take = [&](auto& met) {
      CHECK((before == nullptr || *before < met.key()));
      before = &found.emplace(std::pair(id, met.key()), std::pair(met.state().kept(), met.state().marks.spoken))
                    .first->first.second;
    };
    while (all.visit_first(3, take, [] { return true; })) continue;
  }
  return found;
}

contents loaded(parts_in_memory const& parts, std::vector<slot_range> const& ranges, bool anywhere = false) {
  contents found;
  for (slot_range const range : ranges) {
    summed content;
    table part(range, content);
    if (anywhere)
      parts.load_anywhere(part);
    else
      parts.load(part);
    found.merge(taken_from(part));
  }
  return found;
}

contents spoken(contents all) {
  for (auto& [place, kept] : all) kept.second = true;
  return all;
}

std::uint64_t next(std::uint64_t& chance) {
  chance = chance * 6364136223846793005u + 1442695040888963407u;
  return chance >> 33;
}

}  // namespace

TEST_CASE("slices: a window that has spoken is gone, and its table serves another one") {
  summed content;
  table all(all_slots, content);
  for (window_id id = 0; id != 20; ++id) {
    for (std::size_t i = 0; i != 50; ++i) add(all, id, name_of(i), static_cast<int>(i));
    add(all, id + 1, name_of(60), 1);
    CHECK(all.keys() == (id == 0 ? 51 : 52));
    CHECK(all.first().keep().id == id);
    std::size_t said = 0;
    int sum = 0;
    while (std::size_t const some =
               all.take_some_of_first([&](std::string const&, auto& entry) { sum += entry.kept(); }))
      said += some;
    CHECK(said == (id == 0 ? 50 : 51));
    CHECK(sum == 50 * 49 / 2 + (id == 0 ? 0 : 1));
    CHECK(all.keys() == 1);
  }
}

#ifdef __GLIBC__
TEST_CASE("slices: what a burst of open windows has needed is given back once they have closed") {
  auto const in_use = [] { return mallinfo2().uordblks; };  // with a sanitizer it is always 0
  summed content;
  table all(all_slots, content);
  name_of(50);
  std::size_t const before = in_use();
  auto const add_many = [&](window_id id) {
    for (std::size_t i = 0; i != 50; ++i) add(all, id, name_of(i), 1);
  };
  add_many(0);
  std::size_t const of_each = in_use() - before;
  for (window_id id = 1; id != 100; ++id) add_many(id);
  for (int closed = 0; closed != 99; ++closed)
    while (all.take_some_of_first([](std::string const&, auto&) {}) != 0) continue;
  CHECK(all.keys() == 50);
  CHECK(in_use() - before <= 10 * of_each);
}
#endif

TEST_CASE("slices: a snapshot has them as they were at the barrier, whatever becomes of them before it is written") {
  for (std::uint64_t seed = 0; seed != 60; ++seed) {
    CAPTURE(seed);
    std::uint64_t chance = seed * 7919 + 1;
    summed content;
    table all(all_slots, content);
    parts_in_memory parts;
    all.track(parts);
    contents now;
    contents at_barrier;
    window_id first = 0;
    for (std::uint64_t epoch = 1; epoch != 9; ++epoch) {
      for (int step = 0; step != 60; ++step) {
        std::uint64_t const what = next(chance) % 30;
        if (what == 0 && !all.empty()) {
          window_id const closing = all.first().keep().id;
          while (all.take_some_of_first([](std::string const&, auto&) {}) != 0) continue;
          std::erase_if(now, [&](auto const& each) { return each.first.first == closing; });
          first = closing + 1;
        } else if (what == 1) {
          all.want_full(slot_of(key_hash(name_of(next(chance) % 40))));
        } else if (what < 4) {
          all.sweep(next(chance) % 40);
        } else {
          window_id const id = first + static_cast<window_id>(next(chance) % 3);
          std::string const& key = name_of(next(chance) % 40);
          int const number = static_cast<int>(next(chance) % 9);
          add(all, id, key, number);
          now[{id, key}].first += number;
        }
      }
      all.sweep(no_limit);
      if (epoch != 1) {
        CHECK(loaded(parts, {all_slots}) == at_barrier);
        CHECK(loaded(parts, {{0, 1}, {1, 1500}, {1500, slot_count}}) == at_barrier);
        CHECK(loaded(parts, {{0, 2048}, {2048, slot_count}}, true) == at_barrier);
      }
      bool const ends = epoch == 8;
      if (ends) all.want_all();
      all.barrier(epoch);
      if (ends) all.mark_spoken();
      at_barrier = now;
    }
    taken_from(all);  // all speak at an end, which the snapshot has as they were before, and that they have spoken
    all.sweep(no_limit);
    CHECK(loaded(parts, {all_slots}) == spoken(at_barrier));
  }
}

TEST_CASE("slices: what has not changed is not written again") {
  summed content;
  table all(all_slots, content);
  parts_in_memory parts;
  all.track(parts);
  for (std::size_t i = 0; i != 100; ++i)
    for (window_id id = 0; id != 3; ++id) add(all, id, name_of(i), 1);
  all.barrier(1);
  all.sweep(no_limit);
  CHECK(parts.rows == 300);
  for (std::size_t i = 0; i != 10; ++i) add(all, 2, name_of(i), 1);
  all.barrier(2);
  all.sweep(no_limit);
  CHECK(parts.rows == 310);
  for (std::size_t i = 200; i != 240; ++i) add(all, 1, name_of(i), 1);
  while (all.take_some_of_first([](std::string const&, auto&) {}) != 0) continue;
  while (all.take_some_of_first([](std::string const&, auto&) {}) != 0) continue;
  all.barrier(3);
  all.sweep(no_limit);
  CHECK(parts.rows == 510);  // that 200 are gone; of the 40 nobody has to know
}
