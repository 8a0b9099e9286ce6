// SPDX-License-Identifier: BSL-1.0
#include <leat/run/main.hpp>
#include <leat/run/tcp.hpp>
#include <leat/version.hpp>

#include <leat/from/range.hpp>
#include <leat/op/map.hpp>
#include <leat/to/for_each.hpp>
#include <leat/to/out.hpp>
#include <leat/to/output.hpp>

#include "child.hpp"

#include <doctest/doctest.h>

#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <initializer_list>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

/// The arguments of a program.
class arguments {
 public:
  arguments(std::initializer_list<char const*> words) : words_{"/opt/numbers"} {
    words_.insert(words_.end(), words);
    words_.push_back(nullptr);
  }
  int count() const { return static_cast<int>(words_.size()) - 1; }
  char const* const* words() const { return words_.data(); }

 private:
  std::vector<char const*> words_;
};

struct result {
  explicit result(child& of) : status(of.ends()), out(of.out), err(of.err) {}
  int status;
  std::string out;
  std::string err;
};

/// A source that may not be touched.
class untouchable {
 public:
  using record = int;
  using position = leat::no_position;
  struct partition {
    bool next_batch(leat::emitter<int>&) { std::abort(); }
  };
  std::vector<std::string> list_parts() const { std::abort(); }
  partition build_part(std::string const&, std::optional<position>, leat::step_services const&) const { std::abort(); }
};

template <class Source>
leat::flow to_out(Source source) {
  leat::flow flow("numbers");
  flow.input("in", std::move(source)) | leat::map("tenfold", [](int n) { return 10 * n; }) |
      leat::output("out", leat::to::out());
  return flow;
}

/// Exit status, output and errors of a program that runs these numbers.
result run_numbers(std::initializer_list<char const*> words) {
  child process([&] {
    arguments const given(words);
    return leat::main(given.count(), given.words(), to_out(leat::from::range(3)));
  });
  return result(process);
}
result describe_only(std::initializer_list<char const*> words) {
  child process([&] {
    arguments const given(words);
    return leat::main(given.count(), given.words(), to_out(untouchable()));
  });
  return result(process);
}

std::string const usage =
    "usage: numbers [-w N] [-s SECONDS] [-r DIR] [-b SECONDS] [-p N] [-i N] [-a HOST:PORT;...] [--...]";
std::string const hint = usage + "   (numbers --help explains)\n";

}  // namespace

TEST_CASE("main: runs the flow and gives 0") {
  for (auto const& words :
       {std::initializer_list<char const*>{}, {"-w", "1"}, {"-w3", "-s0", "--batch-size=1"}, {"--"}}) {
    result const ran = run_numbers(words);
    CHECK(ran.status == 0);
    CHECK(ran.out == "0\n10\n20\n");
    CHECK(ran.err.empty());
  }
}

TEST_CASE("main: a picture is printed without touching a source") {
  for (auto const& [name, as] :
       {std::pair("--graph=mermaid", leat::picture::mermaid), std::pair("--graph=dot", leat::picture::dot),
        std::pair("--graph=json", leat::picture::json)}) {
    result const ran = describe_only({name, "-w", "2"});
    CHECK(ran.status == 0);
    CHECK(ran.out == leat::draw(to_out(untouchable()), as));
    CHECK(ran.err.empty());
  }
}

TEST_CASE("main: a program without recovery says what it lacks, and a store needs its directory") {
  result const lacks = describe_only({"-r", "store"});
  CHECK(lacks.status == 2);
  CHECK(lacks.err ==
        "numbers: this program cannot go on from a recovery store: it has to #include <leat/run/recovery.hpp>\n" +
            hint);
  CHECK(lacks.out.empty());
  result const where = describe_only({"--recovery-status"});
  CHECK(where.status == 2);
  CHECK(where.err == "numbers: --recovery-init and --recovery-status need the directory of the store: -r DIR\n" + hint);
}

TEST_CASE("main: help and version, whatever else is said") {
  for (char const* word : {"-h", "--help"}) {
    result const ran = describe_only({"-w", "none", "left over", word});
    CHECK(ran.status == 0);
    CHECK(ran.out.starts_with(usage + "\n"));
    CHECK(ran.err.empty());
  }
  result const version = describe_only({"--version", "left over"});
  CHECK(version.status == 0);
  CHECK(version.out == "numbers (leat " LEAT_VERSION ")\n");
}

TEST_CASE("main: wrong arguments give one line, a hint, and 2") {
  result const wrong = describe_only({"-w", "none"});
  CHECK(wrong.status == 2);
  CHECK(wrong.out.empty());
  CHECK(wrong.err == "numbers: -w: \"none\" is not a whole number\n" + hint);

  result const unknown = describe_only({"--worker=2"});
  CHECK(unknown.status == 2);
  CHECK(unknown.err ==
        "numbers: there is no flag \"--worker=2\"; the nearest is --workers-per-process, or -w N\n" + hint);

  result const left_over = describe_only({"hamlet.txt"});
  CHECK(left_over.status == 2);
  CHECK(left_over.err == "numbers: it takes no arguments, but was given \"hamlet.txt\"\n" + hint);

  result const result = describe_only({"hamlet.txt", "-s", "-1"});
  CHECK(result.err == "numbers: -s: \"-1\" is negative: it is a number of seconds, such as 10 or 0.5\n" + hint);
}

TEST_CASE("main: addresses at which TCP finds nobody are wrong arguments") {
  result const listed = describe_only({"-i0", "-a", "::1:2101;two:2101"});
  CHECK(listed.status == 2);
  CHECK(listed.err == "numbers: -a: \"::1:2101\" is not an address such as host:2101 or [::1]:2101\n" + hint);

  result const listens = describe_only({"-i0", "-a", "one:2101;two:2101", "--listen=one:http"});
  CHECK(listens.status == 2);
  CHECK(listens.err == "numbers: --listen: \"one:http\" is not an address such as host:2101 or [::1]:2101\n" + hint);
}

TEST_CASE("main: an address that a launcher lists and TCP cannot use is wrong at once") {
  std::array<int, 2> announced{};
  std::array<int, 2> listed{};
  REQUIRE(::pipe(announced.data()) == 0);
  REQUIRE(::pipe(listed.data()) == 0);
  child process([&] {
    std::string const announces = "--announce-fd=" + std::to_string(announced[1]);
    std::string const reads = "--addresses-fd=" + std::to_string(listed[0]);
    arguments const given({"-i0", "--listen=127.0.0.1:0", announces.c_str(), reads.c_str()});
    return leat::main(given.count(), given.words(), to_out(untouchable()));
  });
  std::string list;
  for (char next = 0; ::read(announced[0], &next, 1) == 1 && next != '\n';) list += next;
  list += ";::1:2101\n";
  REQUIRE(::write(listed[1], list.data(), list.size()) == static_cast<ssize_t>(list.size()));
  result const ran(process);
  CHECK(ran.status == 2);
  CHECK(ran.err == "numbers: --addresses-fd: \"::1:2101\" is not an address such as host:2101 or [::1]:2101\n" + hint);
  for (int const descriptor : {announced[0], announced[1], listed[0], listed[1]}) ::close(descriptor);
}

TEST_CASE("main: a program with arguments of its own") {
  auto const program = [](std::initializer_list<char const*> words) {
    child process([&] {
      arguments const given(words);
      leat::command_line const cli(given.count(), given.words(), "COUNT\n  COUNT  how many numbers");
      if (cli.rest().size() != 1) return cli.refuse("it takes one argument");
      return leat::main(cli, to_out(leat::from::range(std::atoi(cli.rest().front().c_str()))));
    });
    return result(process);
  };
  std::string const own_hint = usage + " COUNT   (numbers --help explains)\n";
  CHECK(program({"2"}).out == "0\n10\n");
  CHECK(program({"-w2", "1", "-s", "1"}).out == "0\n");
  result const without = program({});
  CHECK(without.status == 2);
  CHECK(without.err == "numbers: it takes one argument\n" + own_hint);
  result const wrong = program({"2", "-w0"});
  CHECK(wrong.status == 2);
  CHECK(wrong.out.empty());
  CHECK(wrong.err == "numbers: -w: \"0\" is too few: 1 at least\n" + own_hint);
  result const doubly_wrong = program({"-w0"});
  CHECK(doubly_wrong.err == wrong.err);
  for (auto const& words : {std::initializer_list<char const*>{"--help"}, {"2", "--help"}}) {
    result const help = program(words);
    CHECK(help.status == 0);
    CHECK(help.out.starts_with(usage + " COUNT\n  COUNT  how many numbers\n"));
    CHECK(help.err.empty());
  }
  CHECK(program({"--version"}).out == "numbers (leat " LEAT_VERSION ")\n");
}

TEST_CASE("main: a failure is one message with step, place, worker, epoch and every cause, and 1") {
  int line = 0;
  child process([&] {
    arguments const given({});
    leat::flow flow("failing");
    flow.input("in", leat::from::range(3)) | leat::map("odd", [](int n) {
      if (n != 1) return n;
      try {
        throw std::logic_error("the second one");
      } catch (...) {
        std::throw_with_nested(std::runtime_error("cannot do this"));
      }
    }) | leat::output("out", leat::to::for_each([](int) {}));
    return leat::main(given.count(), given.words(), flow);
  });
  line = __LINE__ - 10;
  result const ran(process);
  CHECK(ran.status == 1);
  CHECK(ran.out.empty());
  CHECK(ran.err == "numbers: step \"failing.odd\" (map, " __FILE__ ":" + std::to_string(line) +
                       ") failed on worker 0 in epoch 1 at 1: cannot do this\n  because: the second one\n");
}

TEST_CASE("main: a failure does not show the record where a flag or the environment says so") {
  auto const error_text = [](std::initializer_list<char const*> words, char const* variable) {
    child process([&] {
      if (variable != nullptr) ::setenv("LEAT_HIDE_RECORDS", variable, 1);
      arguments const given(words);
      leat::flow flow("failing");
      flow.input("in", leat::from::range(1000, 1002)) |
          leat::map("odd", [](int n) { return n == 1001 ? throw std::runtime_error("cannot do this") : n; }) |
          leat::output("out", leat::to::for_each([](int) {}));
      return leat::main(given.count(), given.words(), flow);
    });
    result const ran(process);
    CHECK(ran.status == 1);
    return ran.err.substr(ran.err.find(") failed on "));
  };
  std::string const shown = ") failed on worker 0 in epoch 1 at 1001: cannot do this\n";
  std::string const hidden = ") failed on worker 0 in epoch 1: cannot do this\n";
  CHECK(error_text({}, nullptr) == shown);
  CHECK(error_text({"--hide-records"}, nullptr) == hidden);
  CHECK(error_text({}, "1") == hidden);
  CHECK(error_text({}, "yes") == hidden);
  CHECK(error_text({}, "0") == shown);
  CHECK(error_text({"--hide-records"}, "no") == hidden);
}

TEST_CASE("main: what controls a terminal is escaped in a message, its lines stay lines") {
  child process([] {
    arguments const given({});
    leat::flow flow("failing");
    flow.input("in", leat::from::range(3)) | leat::map([](int n) -> int {
      throw std::runtime_error("\x1b]0;title\a\x1b[2J" + std::to_string(n) + "\nmore");
    }) | leat::output("out", leat::to::for_each([](int) {}));
    return leat::main(given.count(), given.words(), flow);
  });
  result const ran(process);
  CHECK(ran.status == 1);
  CHECK(ran.err.ends_with("\\x1b]0;title\\x07\\x1b[2J0\nmore\n"));
}

TEST_CASE("main: a flow that cannot be run gives 1") {
  child process([] {
    arguments const given({});
    return leat::main(given.count(), given.words(), leat::flow("empty"));
  });
  result const ran(process);
  CHECK(ran.status == 1);
  CHECK(ran.err == "numbers: flow \"empty\" has no input: begin it with flow.input(name, source)\n");
}

TEST_CASE("main: a flow that is described when it is needed") {
  auto const program = [](std::initializer_list<char const*> words, char const* name) {
    child process([&] {
      arguments const given(words);
      leat::command_line const cli(given.count(), given.words(), "COUNT");
      return leat::main(cli, [name](leat::command_line const& own) {
        leat::flow flow("numbers");
        int const count = own.rest().empty() ? 0 : std::atoi(own.rest().front().c_str());
        flow.input(name, leat::from::range(count)) | leat::output("out", leat::to::out());
        return flow;
      });
    });
    return result(process);
  };
  CHECK(program({"2"}, "in").out == "0\n1\n");
  CHECK(program({"--version"}, "in").status == 0);
  result const wrong = program({"2"}, "a.b");
  CHECK(wrong.status == 1);
  CHECK(wrong.err.starts_with("numbers: the name of a step, \"a.b\", may not contain a full stop"));
  CHECK(wrong.err.ends_with("\n"));
  CHECK(program({"--help"}, "a.b").status == 0);
}

namespace {

leat::flow described() { return to_out(leat::from::range(2)); }
leat::flow described_by(leat::command_line const& cli) {
  if (cli.rest().size() != 1) throw leat::usage_error("expected how many numbers");
  return to_out(leat::from::range(std::atoi(cli.rest().front().c_str())));
}

/// Of a program that gives `main` a function and nothing else.
template <class Describe>
result run_described(std::initializer_list<char const*> words, Describe describe) {
  child process([&] {
    arguments const given(words);
    return leat::main(given.count(), given.words(), describe);
  });
  return result(process);
}

}  // namespace

TEST_CASE("main: a flow that is not finished is not drawn, as it is not run") {
  auto const no_output = [] {
    leat::flow flow("numbers");
    static_cast<void>(flow.input("in", untouchable()) | leat::map("tenfold", [](int n) { return 10 * n; }));
    return flow;
  };
  auto const nothing_follows = [] {
    leat::flow flow("numbers");
    leat::stream numbers = flow.input("in", untouchable());
    numbers | leat::output("out", leat::to::out());
    static_cast<void>(numbers | leat::map("tenfold", [](int n) { return 10 * n; }));
    return flow;
  };
  auto const no_input = [] { return leat::flow("numbers"); };
  auto const refused = [](auto const& describe, std::string const& sentence) {
    for (auto const& words : {std::initializer_list<char const*>{},
                              {"--graph=mermaid"},
                              {"--graph=dot"},
                              {"--graph=json"},
                              {"--graph=mermaid", "-p", "2"}}) {
      result const ran = run_described(words, describe);
      CHECK(ran.status == 1);
      CHECK(ran.out.empty());
      CHECK(ran.err.starts_with("numbers: " + sentence));
    }
  };
  refused(no_output, "flow \"numbers\" has no output: end it with | output(name, sink)\n");
  refused(nothing_follows, "nothing follows step \"numbers.tenfold\" (");
  refused(no_input, "flow \"numbers\" has no input: begin it with flow.input(name, source)\n");
}

TEST_CASE("main: a function that describes the flow, without arguments of its own and with") {
  CHECK(run_described({"-w", "2"}, described).out == "0\n10\n");
  CHECK(run_described({"--graph=json"}, described).out == leat::draw(described(), leat::picture::json));
  result const left_over = run_described({"hamlet.txt"}, described);
  CHECK(left_over.status == 2);
  CHECK(left_over.err == "numbers: it takes no arguments, but was given \"hamlet.txt\"\n" + hint);

  CHECK(run_described({"1"}, described_by).out == "0\n");
  result const without = run_described({}, described_by);
  CHECK(without.status == 2);
  CHECK(without.err == "numbers: expected how many numbers\n" + hint);
  result const unknown = run_described({"--wrokers=3", "1"}, described_by);
  CHECK(unknown.status == 2);
  CHECK(unknown.out.empty());
  CHECK(unknown.err ==
        "numbers: there is no flag \"--wrokers=3\"; the nearest is --workers-per-process, or -w N\n" + hint);

  leat::options defaults;
  defaults.workers = 3;
  child process([&] {
    arguments const given({});
    return leat::main(
        given.count(), given.words(),
        [](leat::command_line const& cli) {
          std::printf("%u\n", cli.options().workers);
          return described();
        },
        defaults);
  });
  CHECK(result(process).out == "3\n0\n10\n");
}

TEST_CASE("main: what goes wrong while the flow is described is one message, and 1") {
  auto const full_stop = [] {
    leat::flow flow("numbers");
    flow.input("a.b", leat::from::range(2)) | leat::output("out", leat::to::out());
    return flow;
  };
  result const misnamed = run_described({}, full_stop);
  CHECK(misnamed.status == 1);
  CHECK(misnamed.out.empty());
  CHECK(misnamed.err.starts_with("numbers: the name of a step, \"a.b\", may not contain a full stop"));
  CHECK(misnamed.err.find('\n') == misnamed.err.size() - 1);

  result const thrown = run_described({}, []() -> leat::flow { throw std::runtime_error("no such file"); });
  CHECK(thrown.status == 1);
  CHECK(thrown.err == "numbers: while the flow was described: no such file\n");
  result const odd = run_described({}, []() -> leat::flow { throw 5; });
  CHECK(odd.status == 1);
  CHECK(odd.err == "numbers: the flow cannot be described: an exception that is not a std::exception\n");
  CHECK(run_described({"--help"}, []() -> leat::flow { throw 5; }).status == 0);
}

TEST_CASE("main: a signal is an orderly end, and 0") {
  for (int const number : {SIGINT, SIGTERM}) {
    child process([] {
      arguments const given({"-w2"});
      leat::flow flow("endless");
      flow.input("in", leat::from::range(std::uint64_t{1} << 62)) |
          leat::output("out", leat::to::for_each([told = false](std::uint64_t) mutable {
                         if (!told) std::puts("ready");
                         if (!told) std::fflush(stdout);
                         told = true;
                       }));
      return leat::main(given.count(), given.words(), flow);
    });
    REQUIRE(process.says("ready"));
    process.send(number);
    result const ran(process);
    CHECK(ran.status == 0);
    CHECK(ran.err.empty());
  }
}

TEST_CASE("main: a flow that has ended gives 0, whatever one that is stopped is to give") {
  CHECK(run_numbers({"--stopped-status=75"}).status == 0);
  child process([] {
    arguments const given({"--stopped-status=75"});
    leat::flow flow("endless");
    flow.input("in", leat::from::range(std::uint64_t{1} << 62)) |
        leat::output("out", leat::to::for_each([](std::uint64_t n) {
                       if (n == 0) ::raise(SIGTERM);
                     }));
    return leat::main(given.count(), given.words(), flow);
  });
  result const ran(process);
  CHECK(ran.status == 75);
  CHECK(ran.err.empty());
}

TEST_CASE("main: what cannot be printed gives 1") {
  child process([] {
    if (std::freopen("/dev/full", "w", stdout) == nullptr) return 98;
    arguments const given({"--help"});
    return leat::main(given.count(), given.words(), to_out(untouchable()));
  });
  CHECK(result(process).status == 1);
}

TEST_CASE("main: a run whose functions print what cannot be written gives 1, and says so") {
  for (char const* const instead : {"/dev/full", "/dev/null"}) {
    child process([&] {
      if (std::freopen(instead, "w", stdout) == nullptr) return 98;
      leat::flow flow("numbers");
      flow.input("in", leat::from::range(3)) |
          leat::output("out", leat::to::for_each([](int number) { std::printf("%d\n", number); }));
      arguments const given({});
      return leat::main(given.count(), given.words(), flow);
    });
    result const ran(process);
    bool const full = std::string(instead) == "/dev/full";
    CHECK(ran.status == (full ? 1 : 0));
    CHECK(ran.err == (full ? "numbers: some of what was printed cannot be written to standard output: No space left on "
                             "device\n"
                           : ""));
  }
}
