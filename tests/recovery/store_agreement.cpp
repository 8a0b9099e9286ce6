// SPDX-License-Identifier: BSL-1.0
#include <leat/recovery/store_agreement.hpp>

#include <leat/leat.hpp>
#include <leat/run/files.hpp>

#include "../fixture/scratch.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// What a run says of itself when it begins.
namespace {

std::string said_of(leat::flow const& flow, leat::detail::resume_point const& from = {}) {
  leat::file_system& files = leat::detail::machine_files();
  leat::detail::partition_lists listed;
  for (leat::detail::node const* each : flow.description().nodes())
    if (each->has_partitions()) listed.emplace_back(static_cast<std::uint32_t>(each->id), each->list_parts(files));
  return leat::detail::start_of_run(flow.description(), listed, files, "DIR", from);
}

/// The words about one step that is followed by a sink of which nothing is lost.
template <class Step>
std::string said_of_step(scratch const& folder, Step step) {
  leat::flow flow("f");
  flow.input("in", leat::from::iterable(std::vector<std::pair<int, int>>{})) | std::move(step) |
      leat::map("text", [](auto const&) { return std::string(); }) |
      leat::output("out", leat::to::lines(folder.path("out")));
  std::string const said = said_of(flow);
  std::string const always =
      R"(leat: recovery: nothing is in the store yet (run 1, DIR); exactly once: "f.in", "f.out")";
  CHECK_MESSAGE(said.starts_with(always), said);
  return said.substr(always.size());
}

using pair = std::pair<int, int>;

}  // namespace

TEST_CASE("recovery: a run says what it goes on from, and what it promises of inputs and outputs") {
  scratch const folder;
  std::string const pipe = folder.path("pipe");
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  std::vector<std::string> lines;
  leat::flow flow("f");
  int n = 0;
  leat::stream in = flow.input("file", leat::from::lines(folder.write("in", "")));
  flow.input("pipe", leat::from::lines(pipe)) | leat::output("collected", leat::to::collect(lines));
  flow.input("clock", leat::from::poll(std::chrono::seconds(1), [] { return std::string("now"); })) |
      leat::output("lines", leat::to::lines(folder.path("out")));
  in | leat::output("into pipe", leat::to::lines(pipe));
  in | leat::output("each", leat::to::for_each([](std::string const&) {}));
  in | leat::output("summed", leat::to::for_each([n](std::string const&) mutable { ++n; }));
  CHECK(said_of(flow, {12, 2, 3}) ==
        "leat: recovery: on from epoch 12 (run 3, DIR); exactly once: \"f.file\", \"f.lines\"; at least once: "
        "\"f.collected\", \"f.into pipe\", \"f.each\"; from the beginning again: \"f.clock\"; cannot be read again: "
        "\"f.pipe\"; begins anew: \"f.summed\"");
}

TEST_CASE("recovery: a run names the steps whose memory no store keeps, and no others") {
  scratch const folder;
  auto const anew = [&](auto step) { CHECK(said_of_step(folder, std::move(step)) == R"(; begins anew: "f.s")"); };
  auto const kept = [&](auto step) { CHECK(said_of_step(folder, std::move(step)) == ""); };
  int n = 0;
  SUBCASE("functions that may keep something in themselves") {
    anew(leat::map("s", [n](pair p) mutable { return pair(p.first, ++n); }));
    anew(leat::map("s", [n](auto p) mutable { return pair(p.first, ++n); }));
    anew(leat::filter("s", [n](pair const&) mutable { return ++n > 1; }));
    anew(leat::filter_map("s", [n](pair p) mutable { return ++n > 1 ? std::optional(p) : std::nullopt; }));
    anew(leat::flat_map("s", [n](pair p) mutable { return std::vector{pair(p.first, ++n)}; }));
    anew(leat::flat_map<pair>("s", [n](pair p, auto& emit) mutable { emit(pair(p.first, ++n)); }));
    anew(leat::map_value("s", [n](int v) mutable { return v + ++n; }));
    anew(leat::filter_value("s", [n](int const& v) mutable { return v > ++n; }));
    anew(leat::filter_map_value("s", [n](int v) mutable { return v > ++n ? std::optional(v) : std::nullopt; }));
    anew(leat::flat_map_value("s", [n](int v) mutable { return std::vector{v + ++n}; }));
    anew(leat::inspect("s", [n](pair const&) mutable { ++n; }));
    anew(leat::key_on("s", [n](pair const&) mutable { return ++n; }));
    anew(leat::async_map("s", [n](pair p) mutable -> leat::task<pair> { co_return pair(p.first, ++n); }));
    anew(leat::stateful_map("s", [n](std::optional<int>& seen, int v) mutable { return seen.emplace(v + ++n); }));
    anew(leat::fold_final("s", [] { return 0; }, [n](int& sum, int v) mutable { sum += v + ++n; }));
    anew(leat::reduce_final("s", [n](int a, int b) mutable { return a + b + ++n; }));
  }
  SUBCASE("steps with a memory of their own") {
    anew(leat::step("s", [](leat::inlet<pair>&, leat::outlet<pair>&) -> leat::task<> { co_return; }));
    anew(leat::flat_map_batch<pair>("s", [](std::span<pair const> batch, auto& emit) {
      for (pair const& each : batch) emit(each);
    }));
    anew(leat::enrich_cached("s", [](int key) { return key; }, [](auto& cache, pair p) { return cache.get(p.first); }));
  }
  SUBCASE("functions that keep nothing, and state by key") {
    kept(leat::map("s", [n](pair p) { return pair(p.first, n); }));
    kept(leat::map("s", [n](auto p) { return pair(p.first, n); }));
    kept(leat::map("s", [](pair p) mutable { return p; }));
    kept(leat::map("s", &pair::first));
    kept(leat::flat_map<pair>("s", [n](pair p, auto& emit) { emit(pair(p.first, n)); }));
    kept(leat::inspect("s", [n](auto const&) { (void)n; }));
    kept(leat::key_rm("s"));
    kept(leat::stateful_map("s", [n](std::optional<int>& seen, int v) { return seen.emplace(v + n); }));
    kept(leat::reduce_final("s", std::plus<>()));
  }
}

TEST_CASE("recovery: of a branch and a count it is the function's step that is named") {
  scratch const folder;
  int n = 0;
  leat::flow flow("f");
  auto [large, small] = flow.input("in", leat::from::iterable(std::vector<int>{})) |
                        leat::branch("size", [n](int const&) mutable { return ++n > 1; });
  std::move(large) | leat::output("large", leat::to::lines(folder.path("large")));
  std::move(small) | leat::count_final("count", [n](int v) mutable { return v + ++n; }) |
      leat::output("small", leat::to::lines(folder.path("small")));
  std::string const said = said_of(flow);
  CHECK_MESSAGE(said.ends_with(R"(; begins anew: "f.size", "f.count.key")"), said);
}
