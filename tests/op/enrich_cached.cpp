// SPDX-License-Identifier: BSL-1.0
#include <doctest/doctest.h>

#include <leat/op/enrich_cached.hpp>

#include "op/flows.hpp"

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

using namespace std::chrono_literals;

namespace {

using generic = decltype([](auto key) { return key; });
using types_of_generic = leat::detail::getter_types<leat::detail::signature_of<generic>::type>;
static_assert(std::is_void_v<types_of_generic::key>);

}  // namespace

TEST_CASE("ttl_cache: fetched again only when older than its time to live") {
  int fetched = 0;
  auto getter = [&fetched](std::string const& key) { return key + std::to_string(++fetched); };
  leat::detail::getting_cache<std::string, std::string, decltype(getter)> cache(getter, 10s);
  leat::steady_time const start{};
  cache.sample(start);
  CHECK(cache.get("k") == "k1");
  CHECK(cache.get(std::string_view("k")) == "k1");
  cache.sample(start + 10s);
  CHECK(cache.get("k") == "k1");
  cache.sample(start + 10s + 1ns);
  CHECK(cache.get("k") == "k2");
  cache.sample(start + 20s);
  CHECK(cache.get("k") == "k2");
  cache.remove("k");
  CHECK(cache.get("k") == "k3");
  CHECK_THROWS_AS(cache.remove("other"), std::out_of_range);
}

TEST_CASE("ttl_cache: for ever by default; a getter that fails leaves nothing behind") {
  bool broken = true;
  auto getter = [&broken](int key) {
    if (broken) throw std::runtime_error("no answer");
    return key * 2;
  };
  leat::detail::getting_cache<int, int, decltype(getter)> cache(getter, std::chrono::nanoseconds::max());
  CHECK_THROWS_WITH(cache.get(1), "no answer");
  broken = false;
  CHECK(cache.get(1) == 2);
  broken = true;
  cache.sample(leat::steady_time::max());
  CHECK(cache.get(1) == 2);
}

TEST_CASE("enrich_cached: one look-up per key, worker and step") {
  static std::atomic<int> fetched;
  flows::however_run<std::string, int>(
      {1, 2, 1, 2, 1, 2, 1, 2},
      [](auto& s) {
        fetched = 0;
        return s | leat::enrich_cached(
                       "names", [](int id) { return "n" + std::to_string(id) + (++fetched > 100 ? "?" : ""); },
                       [](leat::ttl_cache<int, std::string>& cache, int id) { return cache.get(id) + "!"; }, 1h);
      },
      [](std::vector<std::string> const& got, bool several) {
        CHECK(flows::sorted(got) == std::vector<std::string>{"n1!", "n1!", "n1!", "n1!", "n2!", "n2!", "n2!", "n2!"});
        CHECK(fetched == (several ? 4 : 2));
      });
}

TEST_CASE("enrich_cached: a generic mapper, a key that is a view, removal; an error names the step") {
  auto const got = flows::through<std::string, std::string>({"a", "b", "a"}, [](auto s) {
    return s |
           leat::enrich_cached([n = 0](std::string_view key) mutable { return std::string(key) + std::to_string(++n); },
                               [](auto& cache, std::string record) {
                                 std::string known = cache.get(record);
                                 cache.remove(record);
                                 return known;
                               });
  });
  CHECK(got == std::vector<std::string>{"a1", "b2", "a3"});

  leat::flow flow{"test"};
  std::vector<int> empty;
  flow.input("in", flows::dealt<int>({1})) |
      leat::enrich_cached(
          "geo", [](int x) { return x; },
          [](auto& cache, int x) {
            cache.remove(x);
            return x;
          }) |
      leat::output("out", leat::to::collect(empty));
  try {
    leat::run(flow);
    FAIL("it should have thrown");
  } catch (leat::run_error const& e) {
    CHECK(e.step == "test.geo");
  }
}
