// SPDX-License-Identifier: BSL-1.0
#include <leat/flow.hpp>
#include <leat/from/lines.hpp>
#include <leat/from/source.hpp>
#include <leat/op/emitter.hpp>
#include <leat/op/key_on.hpp>
#include <leat/op/map.hpp>
#include <leat/recovery/sqlite_store.hpp>
#include <leat/route/exchange/to_partitions.hpp>
#include <leat/run/files.hpp>
#include <leat/run/recovery.hpp>
#include <leat/run/run.hpp>
#include <leat/state/stateful_map.hpp>
#include <leat/to/lines.hpp>
#include <leat/to/output.hpp>

#include "fixture/label.hpp"
#include "fixture/scratch.hpp"
#include "fixture/stored_runs.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

/// What an earlier program has kept is read by a later one, whose types have grown. `account<0>`, `account<1>` and
/// `account<2>` are one type of a user's, as three programs have it.
namespace {

using leat::test::error_of;
using leat::test::has;
using leat::test::label;
using leat::test::on;

using namespace std::chrono_literals;

template <unsigned Version>
struct account {
  std::int32_t count = 0;
  std::string last = "none";
  std::int64_t letters = -1;

  template <class Archive>
  void serialize(Archive& archive, unsigned version) {
    archive & count;
    if (version >= 1) archive & last;
    if (version >= 2) archive & letters;
  }
  void see(std::string const& word) {
    ++count;
    last = word;
    letters = (letters < 0 ? 100 : letters) + static_cast<std::int64_t>(word.size());
  }
  std::string text() const {
    std::string result = std::to_string(count);
    if (Version >= 1) result += " " + last;
    if (Version >= 2) result += " " + std::to_string(letters);
    return result;
  }
};

/// A number of which a later program knows the currency.
template <unsigned Version>
struct money {
  std::int32_t units = 0;
  std::string currency = "old";

  template <class Archive>
  void serialize(Archive& archive, unsigned version) {
    archive & units;
    if (version >= 1) archive & currency;
  }
};

/// Types with numbers of their own inside of one that has another, or none.
template <unsigned Version, unsigned OfMoney, unsigned OfLabel>
struct wallet {
  std::map<label<OfLabel>, std::vector<money<OfMoney>>> content;
  bool sealed = false;

  template <class Archive>
  void serialize(Archive& archive, unsigned version) {
    if (version >= 3) archive & sealed;
    archive & content;
  }
  void see(std::string const& word) {
    content[{word.substr(0, 1), 7}].push_back({static_cast<int>(word.size()), "new"});
  }
  std::string text() const {
    std::string result = sealed ? "sealed" : "open";
    for (auto const& [key, coins] : content) {
      result += " " + key.name + std::to_string(key.kind);
      for (auto const& coin : coins) result += " " + std::to_string(coin.units) + coin.currency;
    }
    return result;
  }
};

/// A source whose position grows: the second program counts what it has read, too.
template <unsigned Version>
struct place {
  std::int32_t next = 0;
  std::int32_t read = 40;

  template <class Archive>
  void serialize(Archive& archive, unsigned version) {
    archive & next;
    if (version >= 1) archive & read;
  }
};
template <unsigned Version>
class numbers {
 public:
  using record = std::string;
  using position = place<Version>;

  class partition {
   public:
    partition(position from, std::int32_t end) : at_(from), end_(end) {}
    bool next_batch(leat::emitter<std::string>& out) {
      if (at_.next == end_) return false;
      ++at_.read;
      out(std::to_string(at_.next++) + (Version == 0 ? "" : " " + std::to_string(at_.read)));
      return true;
    }
    position snapshot() const { return at_; }

   private:
    position at_;
    std::int32_t end_;
  };

  explicit numbers(std::int32_t end) : end_(end) {}
  std::vector<std::string> list_parts() const { return {"numbers"}; }
  partition build_part(std::string const&, std::optional<position> from, leat::step_services const&) const {
    return {from.value_or(position()), end_};
  }

 private:
  std::int32_t end_;
};

/// A type that is met only where a value before it says so, which nobody can see beforehand.
template <unsigned Version>
struct behind_a_choice {
  std::int32_t count = 0;
  account<1> rest;

  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive & count;
    if (count == 2) archive & rest;
  }
  void see(std::string const&) { ++count; }
  std::string text() const { return std::to_string(count); }
};

}  // namespace

namespace leat {

template <unsigned Version>
inline constexpr unsigned codec_version<account<Version>> = Version;
template <unsigned Version>
inline constexpr unsigned codec_version<money<Version>> = Version;
template <unsigned Version>
inline constexpr unsigned codec_version<place<Version>> = Version;
template <unsigned Version, unsigned OfMoney, unsigned OfLabel>
inline constexpr unsigned codec_version<wallet<Version, OfMoney, OfLabel>> = Version;

}  // namespace leat

namespace {

template <class State>
leat::flow words(scratch const& folder) {
  leat::flow flow("words");
  flow.input("in", leat::from::lines(folder.path("in"))) | leat::key_on("by beginning", [](std::string const& word) {
    return word.substr(0, 1);
  }) | leat::stateful_map("count", [](std::optional<State>& seen, std::string const& word) {
    if (!seen) seen.emplace();
    seen->see(word);
    return word + ": " + seen->text();
  }) | leat::map("line", [](std::pair<std::string, std::string> const& each) {
    return each.second;
  }) | leat::output("out", leat::to::lines(folder.path("out")));
  return flow;
}

template <unsigned Version>
leat::flow counting_up(scratch const& folder, int end) {
  leat::flow flow("numbers");
  flow.input("in", numbers<Version>(end)) | leat::output("out", leat::to::lines(folder.path("out")));
  return flow;
}

/// What each program writes, of one that is started after the other, on input that grows.
class programs {
 public:
  programs() { leat::make_recovery_store(folder.path("store"), 2); }

  template <class State>
  std::string run(std::string const& more_input, unsigned workers = 1) {
    input_ += more_input;
    folder.write("in", input_);
    leat::run(words<State>(folder), on(folder, workers));
    std::string const all = folder.read("out");
    std::string const added = all.substr(written_);
    written_ = all.size();
    return added;
  }
  template <class State>
  std::string refusal() {
    input_ += "zero\n";
    folder.write("in", input_);
    return error_of(words<State>(folder), on(folder));
  }
  /// What rows of the step are made of.
  std::vector<std::string> kept() const {
    std::vector<std::string> result;
    leat::detail::sqlite_stores stores(leat::detail::machine_files(), 0ms);
    for (auto const& found : stores.find(folder.path("store"))) {
      leat::detail::kept_steps const steps = stores.open(found)->steps();
      if (auto const of = steps.find("words.count"); of != steps.end())
        result.insert(result.end(), of->second.begin(), of->second.end());
    }
    std::sort(result.begin(), result.end());
    result.erase(std::unique(result.begin(), result.end()), result.end());
    return result;
  }

  scratch const folder;

 private:
  std::string input_;
  std::size_t written_ = 0;
};

}  // namespace

TEST_CASE("versions: a state that grows twice") {
  for (unsigned const workers : {1u, 3u}) {
    CAPTURE(workers);
    programs started;
    CHECK(started.run<account<0>>("ab\nac\nx\n").size() == std::string("ab: 1\nac: 2\nx: 1\n").size());
    CHECK(started.run<account<1>>("ad\n", workers) == "ad: 3 ad\n");
    // Only the key that was met has a word.
    CHECK(started.run<account<2>>("ae\n", workers) == "ae: 4 ae 102\n");
    CHECK(started.run<account<2>>("xy\n") == "xy: 2 xy 102\n");
    CHECK(started.run<account<2>>("af\n", workers) == "af: 5 af 104\n");
  }
}

TEST_CASE("versions: a state that grows by two numbers at once") {
  programs started;
  started.run<account<0>>("ab\nac\nx\n");
  CHECK(started.run<account<2>>("ad\n", 2) == "ad: 3 ad 102\n");
  CHECK(started.run<account<2>>("x\nae\n") == "x: 2 x 101\nae: 4 ae 104\n");
}

TEST_CASE("versions: what an earlier program has kept is soon written anew") {
  programs started;
  started.run<account<0>>("ab\nx\n");
  CHECK(started.kept() == std::vector<std::string>{"T(S(c1) {i4})"});
  started.run<account<1>>("ac\n");
  started.run<account<1>>("ad\n");
  CHECK(started.kept() == std::vector<std::string>{"T(S(c1) {1: i4 S(c1)})"});
}

TEST_CASE("versions: types inside others have numbers of their own, keys of a map too") {
  programs started;
  CHECK(started.run<wallet<0, 0, 0>>("ab\n") == "ab: open a7 2new\n");
  CHECK(started.run<wallet<0, 1, 0>>("abc\n", 2) == "abc: open a7 2old 3new\n");
  CHECK(started.run<wallet<0, 1, 1>>("abcd\n") == "abcd: open a7 2old 3new 4new\n");
  CHECK(started.run<wallet<3, 1, 1>>("a\n", 2) == "a: open a7 2old 3new 4new 1new\n");
  CHECK(started.run<wallet<3, 1, 1>>("") == "");
  CHECK(started.kept() == std::vector<std::string>{"T(S(c1) {3: z1 M(T({1: S(c1) u1} V({1: i4 S(c1)})))})"});
}

TEST_CASE("versions: what a newer program has kept is refused, and so is what is made of something else") {
  programs started;
  started.run<account<2>>("ab\n");
  std::string const of_store = "the recovery store \"" + started.folder.path("store/part-");
  std::string const said = started.refusal<account<1>>();
  CHECK(has(said, of_store));
  CHECK(has(said,
            "has rows or positions of this step that a newer program has kept, made of T(S(c1) {2: i4 S(c1) i8}), and "
            "this one knows them made of T(S(c1) {1: i4 S(c1)}): start that program, or go on from a copy of the store "
            "that is older"));
  CHECK(has(
      started.refusal<wallet<2, 0, 0>>(),
      "that are made of T(S(c1) {2: i4 S(c1) i8}), and now they are made of T(S(c1) {2: M(T({S(c1)} V({i4})))}): "));
  CHECK(
      has(started.refusal<wallet<3, 0, 0>>(), "that are made of T(S(c1) {2: i4 S(c1) i8}), and now they are made of"));
  CHECK(started.run<account<2>>("ac\n") == "zero: 1 zero 104\nzero: 2 zero 108\nzero: 3 zero 112\nac: 2 ac 104\n");
}

TEST_CASE("versions: a position that grows") {
  scratch const folder;
  leat::make_recovery_store(folder.path("store"), 1);
  leat::run(counting_up<0>(folder, 2), on(folder));
  leat::run(counting_up<1>(folder, 3), on(folder));
  leat::run(counting_up<1>(folder, 4), on(folder, 2));
  CHECK(folder.read("out") == "0\n1\n2 41\n3 42\n");
  CHECK(has(error_of(counting_up<0>(folder, 5), on(folder)),
            "that a newer program has kept, made of {1: i4 i4}, and this one knows them made of {i4}: "));
}

TEST_CASE("versions: a number that nobody can know is not guessed") {
  programs started;
  started.run<behind_a_choice<0>>("a\na\n");
  CHECK(has(started.refusal<behind_a_choice<0>>(), "its place depends on the values before it"));
}
