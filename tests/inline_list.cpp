// SPDX-License-Identifier: BSL-1.0
#include <doctest/doctest.h>
#include <leat/detail/inline_list.hpp>

#include <cstddef>
#include <memory>
#include <random>
#include <utility>
#include <vector>

namespace {

using numbers = leat::detail::inline_list<std::unique_ptr<int>>;

std::vector<int> values_of(numbers const& list) {
  std::vector<int> values;
  for (std::unique_ptr<int> const& each : list) values.push_back(*each);
  return values;
}

}  // namespace

TEST_CASE("inline_list: one element lies in the list itself, several do not, and the last one comes back") {
  numbers list;
  auto const is_inside = [&list] {
    auto const* const first = reinterpret_cast<std::byte const*>(list.begin());
    auto const* const whole = reinterpret_cast<std::byte const*>(&list);
    return first >= whole && first < whole + sizeof list;
  };
  CHECK(list.empty());
  list.emplace_back(std::make_unique<int>(1));
  CHECK(is_inside());
  list.emplace(0, std::make_unique<int>(0));
  CHECK_FALSE(is_inside());
  list.erase(0);
  CHECK(is_inside());
  CHECK(values_of(list) == std::vector{1});
}

TEST_CASE("inline_list: holds what a vector would hold, whatever is done to it") {
  for (unsigned seed = 0; seed != 200; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    auto const below = [&random](std::size_t limit) { return random() % limit; };
    numbers list;
    std::vector<int> model;
    for (int step = 0; step != 60; ++step) {
      std::size_t const place = below(model.size() + 1);
      auto const at = model.begin() + static_cast<std::ptrdiff_t>(place);
      switch (below(6)) {
        case 0:
        case 1:
          list.emplace(place, std::make_unique<int>(step));
          model.insert(at, step);
          break;
        case 2:
          list.emplace_back(std::make_unique<int>(step));
          model.push_back(step);
          break;
        case 3: {
          std::size_t const count = below(model.size() - place + 1);
          list.erase(place, place + count);
          model.erase(at, at + static_cast<std::ptrdiff_t>(count));
          break;
        }
        case 4: {
          numbers moved(std::move(list));
          list = numbers();
          list = std::move(moved);
          break;
        }
        default:
          if (below(8) != 0) break;
          list.clear();
          model.clear();
      }
      REQUIRE(values_of(list) == model);
      REQUIRE(list.size() == model.size());
      REQUIRE(list.empty() == model.empty());
    }
  }
}
