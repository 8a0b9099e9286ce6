// SPDX-License-Identifier: BSL-1.0
#include <doctest/doctest.h>

#include <leat/from/poll.hpp>
#include <leat/op/async_map.hpp>
#include <leat/op/enrich_cached.hpp>
#include <leat/op/filter_map.hpp>
#include <leat/op/flat_map.hpp>
#include <leat/op/function/owned_record.hpp>
#include <leat/op/key_on.hpp>
#include <leat/op/map.hpp>
#include <leat/op/map_value.hpp>
#include <leat/state/count_final.hpp>
#include <leat/state/fold_final.hpp>
#include <leat/state/stateful_flat_map.hpp>
#include <leat/state/stateful_map.hpp>

#include "op/flows.hpp"

#include <chrono>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace {

using leat::detail::record_made_of;
using leat::detail::shows_what_another_owns;

static_assert(std::is_same_v<record_made_of<std::string_view>, std::string>);
static_assert(std::is_same_v<record_made_of<std::u8string_view const&>, std::u8string>);
static_assert(std::is_same_v<record_made_of<std::pair<std::string_view, int>>, std::pair<std::string, int>>);
static_assert(std::is_same_v<record_made_of<std::tuple<int const&, std::optional<std::string_view>>>,
                             std::tuple<int, std::optional<std::string>>>);
static_assert(std::is_same_v<record_made_of<std::pair<int const, char>&&>, std::pair<int const, char>>);

static_assert(shows_what_another_owns<std::span<int>>);
static_assert(shows_what_another_owns<std::span<int const, 3>>);
static_assert(shows_what_another_owns<std::reference_wrapper<int>>);
static_assert(shows_what_another_owns<std::vector<std::string_view>>);
static_assert(shows_what_another_owns<std::pair<int, std::list<std::span<int>>>>);
static_assert(!shows_what_another_owns<std::string>);
static_assert(!shows_what_another_owns<std::vector<std::vector<int>>>);
static_assert(!shows_what_another_owns<std::unique_ptr<int>>);
static_assert(!shows_what_another_owns<std::shared_ptr<int[]>>);

/// Long enough not to lie inside the string object, so that a view of one that is gone shows something else.
std::vector<std::string> const lines{"a line that is long enough to be elsewhere",
                                     "another line that is long enough as well"};

template <class Out, class Describe>
void gives(std::vector<Out> const& wanted, Describe describe) {
  flows::however_run<Out, std::string>(lines, describe, [&](std::vector<Out> const& got, bool several) {
    CHECK(got == (several ? flows::sorted(wanted) : wanted));
  });
}

}  // namespace

TEST_CASE("what a function shows is owned where it is kept: views and references in pairs, tuples, optionals") {
  using sized = std::pair<std::string, std::size_t>;
  gives<sized>({{lines[0], lines[0].size()}, {lines[1], lines[1].size()}}, [](auto& s) {
    return s | leat::map(
                   [](std::string const& line) { return std::pair<std::string_view, std::size_t>(line, line.size()); });
  });
  gives<std::tuple<std::string>>({{lines[0]}, {lines[1]}}, [](auto& s) {
    return s | leat::map([](std::string const& line) { return std::tuple<std::string const&>(line); });
  });
  gives<std::pair<std::string, int>>({{lines[0], 1}, {lines[1], 1}}, [](auto& s) {
    return s | leat::filter_map([](std::string const& line) {
             return std::optional<std::pair<std::string_view, int>>(std::in_place, line, 1);
           });
  });
  gives<std::optional<std::string>>({lines[0], lines[1]}, [](auto& s) {
    return s | leat::map([](std::string const& line) { return std::optional<std::string_view>(line); });
  });
}

TEST_CASE("what a function shows is owned where it is kept: keys and values") {
  using key = std::pair<std::string, int>;
  gives<std::pair<key, char>>({{{lines[0], 7}, 'a'}, {{lines[1], 7}, 'a'}}, [](auto& s) {
    return s | leat::key_on([](std::string const& line) { return std::pair<std::string_view, int>(line, 7); }) |
           leat::map_value([](std::string const&) { return 'a'; });
  });
  using counted = std::pair<std::string, std::uint64_t>;
  gives<counted>({{lines[0], 1}, {lines[1], 1}}, [](auto& s) {
    return s | leat::count_final("count", [](std::string const& line) { return std::string_view(line); });
  });
  gives<std::pair<int, std::string>>({{0, "from a view"}}, [](auto& s) {
    return s | leat::key_on([](std::string const&) { return 0; }) |
           leat::fold_final(
               "fold", [] { return std::string_view("from a view"); },
               [](std::string& kept, std::string const&) { kept.shrink_to_fit(); });
  });
}

TEST_CASE("what a function shows is owned where it is kept: views of a state, which is changed by the next value") {
  // The state grows by the same piece whichever line comes first: among workers that is not said.
  std::string const piece = "a piece that is long enough to be elsewhere";
  std::string const two = piece + piece;
  using texts = std::pair<int, std::string>;
  auto const keyed = [](auto& s) { return s | leat::key_on([](std::string const&) { return 0; }); };
  gives<texts>({{0, piece}, {0, two}}, [&](auto& s) {
    return keyed(s) | leat::stateful_map("append", [piece](std::optional<std::string>& text, std::string const&) {
             text = text.value_or("") + piece;
             return std::string_view(*text);
           });
  });
  gives<texts>({{0, piece}, {0, two}}, [&](auto& s) {
    return keyed(s) | leat::stateful_map("append", [piece](std::optional<std::string> text, std::string const&) {
             std::optional<std::string> longer = text.value_or("") + piece;
             return std::pair<std::optional<std::string>, std::string>(longer, *longer);
           });
  });
  using with_size = std::pair<int, std::pair<std::string, std::size_t>>;
  gives<with_size>({{0, {piece, piece.size()}}, {0, {two, two.size()}}}, [&](auto& s) {
    return keyed(s) | leat::stateful_map("append", [piece](std::optional<std::string>& text, std::string const&) {
             text = text.value_or("") + piece;
             return std::pair<std::string_view, std::size_t>(*text, text->size());
           });
  });
  gives<texts>({{0, piece}, {0, two}}, [&](auto& s) {
    return keyed(s) | leat::stateful_flat_map("append", [piece](std::optional<std::string>& text, std::string const&) {
             text = text.value_or("") + piece;
             return std::vector<std::string_view>{*text};
           });
  });
}

TEST_CASE("what a function shows is owned where it is kept: views of a task's record, of a cache, of what is polled") {
  gives<std::string>({lines[0], lines[1]}, [](auto& s) {
    return s | leat::async_map("wait", [](std::string const& line) -> leat::task<std::string_view> { co_return line; });
  });
  gives<std::string>({lines[0], lines[1]}, [](auto& s) {
    return s |
           leat::async_map(
               "wait", [](std::string const& line) -> leat::task<std::string_view> { co_return line; },
               leat::as_outcome) |
           leat::map([](leat::outcome<std::string> const& got) { return *got.value; });
  });
  gives<std::string>({lines[0] + "!", lines[1] + "!"}, [](auto& s) {
    return s | leat::enrich_cached(
                   [text = std::string()](std::string const& line) mutable {
                     text = line + "!";
                     return std::string_view(text);
                   },
                   [](leat::ttl_cache<std::string, std::string>& cache, std::string const& line) {
                     for (std::string const& each : lines) cache.get(each);
                     return std::string_view(cache.get(line));
                   });
  });
  auto poll = [text = std::string()]() mutable {
    text = text.empty() ? lines[0] : lines[1];
    return std::string_view(text);
  };
  static_assert(std::is_same_v<leat::from::poll<decltype(poll)>::record, std::string>);
  auto seldom = [] { return std::optional<std::string_view>(); };
  static_assert(std::is_same_v<leat::from::poll<decltype(seldom)>::record, std::string>);
}
