// SPDX-License-Identifier: BSL-1.0
#include <leat/route/partitions.hpp>

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

using leat::detail::assign_partitions;
using assigned = std::vector<std::pair<std::string, unsigned>>;
using offers = std::vector<std::vector<std::string>>;

TEST_CASE("partitions that all workers have go round") {
  std::vector<std::string> const five{"p1", "p2", "p3", "p4", "p5"};
  CHECK(assign_partitions(offers(3, five)) == assigned{{"p1", 0}, {"p2", 1}, {"p3", 2}, {"p4", 0}, {"p5", 1}});
}

TEST_CASE("what fewest workers have comes first, then names; ties go to the lowest worker") {
  CHECK(assign_partitions({{"A", "B", "C"}, {"A", "C"}}) == assigned{{"B", 0}, {"A", 1}, {"C", 0}});
}

TEST_CASE("a partition that one worker has is that worker's") {
  CHECK(assign_partitions({{}, {"x", "y"}, {}}) == assigned{{"x", 1}, {"y", 1}});
}

TEST_CASE("a partition that is named twice by a worker is one") {
  CHECK(assign_partitions({{"x", "x"}, {"x"}}) == assigned{{"x", 0}});
}

TEST_CASE("no partitions, no owners") { CHECK(assign_partitions(offers(4)).empty()); }
