// SPDX-License-Identifier: BSL-1.0
#include <leat/detail/list.hpp>
#include <leat/detail/sort_names.hpp>

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

TEST_CASE("list: elements keep their order through growth and erasure, and may be movable only") {
  leat::detail::list<std::unique_ptr<int>> list;
  for (int i = 0; i != 100; ++i) list.push_back(std::make_unique<int>(i));
  list.erase(0);
  list.erase(50);
  leat::detail::list<std::unique_ptr<int>> const moved = std::move(list);
  REQUIRE(moved.size() == 98);
  CHECK(*moved.front() == 1);
  CHECK(*moved[49] == 50);
  CHECK(*moved[50] == 52);
  CHECK(*moved.back() == 99);
}

TEST_CASE("list: plain elements are moved as bytes") {
  leat::detail::list<int> list;
  for (int i = 0; i != 1000; ++i) list.push_back(i);
  int sum = 0;
  for (int const each : list) sum += each;
  CHECK(sum == 499500);
  CHECK(*list.rbegin() == 999);
}

namespace {
class counted {
 public:
  explicit counted(int& alive) : alive_(&alive) { ++*alive_; }
  counted(counted const&) = delete;
  counted& operator=(counted const&) = delete;
  virtual ~counted() { --*alive_; }

 private:
  int* alive_;
};
class counted_too final : public counted {
 public:
  using counted::counted;
};
}  // namespace

TEST_CASE("owners: objects stay where they are and end with their owner") {
  int alive = 0;
  {
    leat::detail::owners<counted> list;
    counted const* const first = &list.add<counted_too>(alive);
    for (int i = 0; i != 20; ++i) list.add(alive);
    CHECK(list.front() == first);
    CHECK(alive == 21);
    list.erase(0);
    CHECK(alive == 20);
  }
  CHECK(alive == 0);
}

TEST_CASE("pointer_queue: first in, first out, whenever it grows") {
  std::vector<int> numbers(1000);
  leat::detail::pointer_queue queue;
  CHECK(queue.empty());
  std::size_t put = 0;
  std::size_t got = 0;
  while (got != numbers.size()) {
    for (int i = 0; i != 3 && put != numbers.size(); ++i) queue.push_back(&numbers[put++]);
    for (int i = 0; i != 2 && !queue.empty(); ++i, queue.pop_front()) REQUIRE(queue.front() == &numbers[got++]);
  }
  CHECK(queue.empty());
}

TEST_CASE("sort_names: ascending order, whatever the order before") {
  for (std::size_t count : {std::size_t{0}, std::size_t{1}, std::size_t{2}, std::size_t{97}}) {
    std::vector<std::string> names;
    for (std::size_t i = 0; i != count; ++i) names.push_back("name_" + std::to_string(i * 37 % 89));
    leat::detail::sort_names(names);
    REQUIRE(names.size() == count);
    for (std::size_t i = 1; i < count; ++i) CHECK(names[i - 1] <= names[i]);
  }
}
