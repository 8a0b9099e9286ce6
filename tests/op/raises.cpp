// SPDX-License-Identifier: BSL-1.0
#include <doctest/doctest.h>

#include <leat/op/filter.hpp>
#include <leat/op/raises.hpp>

#include "op/flows.hpp"

#include <string>
#include <vector>

namespace {

struct without_text {
  int value = 0;
};

}  // namespace

TEST_CASE("raises: a record ends the run and is shown (C31)") {
  leat::flow flow{"test_df"};
  flow.input("in", flows::dealt<int>({0})) | leat::raises("raises");
  for (unsigned workers : {1u, 4u}) {
    try {
      leat::run(flow, {.workers = workers});
      FAIL("it should have thrown");
    } catch (leat::run_error const& e) {
      CHECK(e.step == "test_df.raises");
      CHECK(std::string(e.what()).find("got an item: 0") != std::string::npos);
    }
  }
}

TEST_CASE("raises: a record without a text") {
  leat::flow flow{"test_df"};
  flow.input("in", flows::dealt<without_text>({without_text{}})) | leat::raises();
  CHECK_THROWS_WITH_AS(leat::run(flow), doctest::Contains("raises step got an item"), leat::run_error);
}

TEST_CASE("raises: no record, no error, and it counts as an output") {
  leat::flow flow{"test_df"};
  flow.input("in", flows::dealt<int>({1, 3})) | leat::filter([](int x) { return x % 2 == 0; }) | leat::raises("even");
  CHECK_NOTHROW(leat::run(flow));
}
