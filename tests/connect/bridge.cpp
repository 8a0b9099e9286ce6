// SPDX-License-Identifier: BSL-1.0
#include <doctest/doctest.h>
#include <leat/connect/bridge.hpp>
#include <leat/flow.hpp>
#include <leat/from/iterable.hpp>
#include <leat/op/async_map.hpp>
#include <leat/run/cli/settings.hpp>
#include <leat/run/run.hpp>
#include <leat/to/collect.hpp>
#include <leat/to/for_each.hpp>
#include <leat/to/output.hpp>

#include "fixture/counting.hpp"
#include "fixture/stand_in_bridge.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using leat::test::caller;
using leat::test::stand_in_bridge;

namespace {

constexpr std::uint8_t result = 3;
constexpr std::uint8_t failed = 4;
constexpr std::uint8_t unavailable = 5;

leat::bridge_options options_of(std::string address, std::string secret = std::string(leat::test::bridge_secret)) {
  leat::bridge_options options;
  options.address = std::move(address);
  options.secret = std::move(secret);
  return options;
}

leat::call_options tried(unsigned tries, std::chrono::nanoseconds within = 1min) {
  leat::call_options options;
  options.tries = tries;
  options.within = within;
  return options;
}

int number_in(std::span<std::byte const> argument) { return leat::decode<int>(argument); }

void twice(caller& from, std::uint64_t call, std::span<std::byte const> argument) {
  from.result(call, 2 * number_in(argument));
}

/// What becomes of the numbers up to n, in order: the answer, or what went wrong.
std::vector<std::string> asked(leat::bridge const& python, int n, leat::call_options const& limits,
                               unsigned workers = 1) {
  std::vector<leat::outcome<int>> seen;
  leat::flow flow("asks");
  flow.input("in", leat::from::iterable(leat::test::up_to(n))) |
      leat::async_map("ask", python.function<int(int)>("f", limits), leat::as_outcome) |
      leat::output("out", leat::to::collect(seen));
  leat::options options;
  options.workers = workers;
  leat::run(flow, options);
  std::vector<std::string> said;
  for (leat::outcome<int> const& each : seen) said.push_back(each ? std::to_string(*each.value) : each.error);
  return said;
}

std::vector<std::string> asked(std::string const& address, int n, leat::call_options const& limits) {
  return asked(leat::bridge(options_of(address)), n, limits);
}

bool is_in(std::string const& part, std::string const& text) { return text.find(part) != std::string::npos; }

struct reading {
  std::string metric;
  double value = 0;
  template <class A>
  void serialize(A& archive, unsigned) {
    archive & metric & value;
  }
};

}  // namespace

TEST_CASE("bridge: each record is answered, in order, over one connection of all workers") {
  stand_in_bridge server(twice);
  std::vector<std::string> wanted;
  for (int i = 0; i != 1000; ++i) wanted.push_back(std::to_string(2 * i));
  CHECK(asked(server.address(), 1000, tried(1)) == wanted);
  CHECK(server.connections == 1);
  CHECK(asked(leat::bridge(options_of(server.address())), 1000, tried(1), 3).size() == 1000);
  CHECK(server.connections == 2);
}

TEST_CASE("bridge: the other side is told the types, and of several functions which one is meant") {
  stand_in_bridge server([&](caller& from, std::uint64_t call, std::span<std::byte const> argument) {
    from.result(call, argument.size() == 4 ? std::optional<double>() : std::optional<double>(0.5));
  });
  leat::bridge const python(options_of(server.address()));
  std::vector<std::optional<double>> seen;
  leat::flow flow("two");
  flow.input("readings", leat::from::iterable(std::vector<reading>{{"disk", 1}})) |
      leat::async_map("score", python.function<std::optional<double>(reading const&)>("score")) |
      leat::output("out", leat::to::collect(seen));
  flow.input("numbers", leat::from::iterable(std::vector<int>{1})) |
      leat::async_map("look up", python.function<std::optional<double>(int)>("look up")) |
      leat::output("out 2", leat::to::collect(seen));
  leat::run(flow);
  CHECK(seen.size() == 2);
  CHECK(server.defined() == std::vector<std::string>{"score\n{S(c1) f8}\nO(f8)", "look up\ni4\nO(f8)"});
}

TEST_CASE("bridge: what the function raises is of its record, and is not tried again") {
  std::atomic<int> calls{0};
  stand_in_bridge server([&](caller& from, std::uint64_t call, std::span<std::byte const> argument) {
    ++calls;
    if (number_in(argument) == 1)
      from.text(call, failed, "f raised ValueError: odd");
    else
      twice(from, call, argument);
  });
  CHECK(asked(server.address(), 3, tried(5)) == std::vector<std::string>{"0", "f raised ValueError: odd", "4"});
  CHECK(calls == 3);
}

TEST_CASE("bridge: without outcomes a failure ends the run, and names the step") {
  stand_in_bridge server([](caller& from, std::uint64_t call, auto) { from.text(call, failed, "f raised nothing"); });
  leat::bridge const python(options_of(server.address()));
  leat::flow flow("asks");
  flow.input("in", leat::from::iterable(std::vector<int>{1})) | leat::async_map("ask", python.function<int(int)>("f")) |
      leat::output("out", leat::to::for_each([](int) {}));
  try {
    leat::run(flow);
    FAIL("the run should have failed");
  } catch (leat::run_error const& e) {
    CHECK(e.step == "asks.ask");
    CHECK_THROWS_WITH_AS(std::rethrow_if_nested(e), "f raised nothing", leat::call_error);
  }
}

TEST_CASE("bridge: what could not be called is tried again, as often as was asked") {
  for (unsigned const tries : {1u, 3u}) {
    std::atomic<int> calls{0};
    stand_in_bridge server([&](caller& from, std::uint64_t call, std::span<std::byte const> argument) {
      if (++calls <= 2)
        from.text(call, unavailable, "the actor is gone");
      else
        twice(from, call, argument);
    });
    CHECK(asked(server.address(), 1, tried(tries)).front() == (tries == 1 ? "the actor is gone" : "0"));
    CHECK(calls == static_cast<int>(tries));
  }
}

TEST_CASE("bridge: a try that is not answered in time") {
  std::atomic<int> calls{0};
  SUBCASE("was the last") {
    stand_in_bridge server([&](caller& from, std::uint64_t call, std::span<std::byte const> argument) {
      if (++calls == 1) twice(from, call, argument);
    });
    leat::bridge const python(options_of(server.address()));
    CHECK(asked(python, 1, tried(1)).front() == "0");  // it is connected
    std::string const text = asked(python, 1, tried(2, 50ms)).front();
    CHECK(text == "the bridge at " + server.address() + " has not answered within 50 ms, in the last of 2 tries");
  }
  SUBCASE("is followed by others, and its own answer comes too late") {
    std::uint64_t first = 0;
    stand_in_bridge server([&](caller& from, std::uint64_t call, std::span<std::byte const> argument) {
      if (++calls == 1) {
        first = call;
        return;
      }
      from.result(first, 77);
      twice(from, call, argument);
    });
    CHECK(asked(server.address(), 1, tried(1000, 300ms)) == std::vector<std::string>{"0"});
    CHECK(server.connections == 1);
  }
}

TEST_CASE("bridge: a record that async_map has given up is asked about no more") {
  std::atomic<int> calls{0};
  stand_in_bridge server([&](caller&, std::uint64_t, auto) { ++calls; });
  leat::bridge_options options = options_of(server.address());
  options.in_flight = 2;
  leat::bridge const python(options);
  std::vector<leat::outcome<int>> seen;
  leat::flow flow("late");
  flow.input("in", leat::from::iterable(leat::test::up_to(10))) |
      leat::async_map("ask", python.function<int(int)>("f", tried(1, 1h)), leat::as_outcome, leat::within(50ms)) |
      leat::output("out", leat::to::collect(seen));
  leat::run(flow);
  CHECK(seen.size() == 10);
  for (leat::outcome<int> const& each : seen) CHECK(each.timed_out);
  CHECK(calls <= 2);
}

TEST_CASE("bridge: no more calls are under way than it was given") {
  std::mutex mutex;
  std::vector<std::pair<std::uint64_t, int>> waiting;
  int most = 0;
  stand_in_bridge server([&](caller& from, std::uint64_t call, std::span<std::byte const> argument) {
    std::lock_guard const lock(mutex);
    waiting.emplace_back(call, number_in(argument));
    most = (std::max)(most, static_cast<int>(waiting.size()));
    if (waiting.size() != 5 && waiting.back().second < 95) return;
    for (auto const& [number, value] : std::exchange(waiting, {})) from.result(number, value);
  });
  leat::bridge_options options = options_of(server.address());
  options.in_flight = 5;
  CHECK(asked(leat::bridge(options), 100, tried(1), 1).size() == 100);
  CHECK(most == 5);
}

TEST_CASE("bridge: a connection that breaks") {
  std::atomic<int> calls{0};
  stand_in_bridge server([&](caller& from, std::uint64_t call, std::span<std::byte const> argument) {
    if (++calls == 1)
      from.hang_up();
    else
      twice(from, call, argument);
  });
  SUBCASE("fails the records that it had") {
    leat::bridge const python(options_of(server.address()));
    std::string const text = asked(python, 1, tried(1)).front();
    CHECK(text == "the bridge at " + server.address() + " was lost: it closed the connection");
    CHECK(asked(python, 1, tried(1)).front() == "0");  // and serves the next ones
  }
  SUBCASE("or is made again for them") {
    CHECK(asked(server.address(), 2, tried(2)) == std::vector<std::string>{"0", "2"});
    CHECK(server.connections == 2);
  }
}

TEST_CASE("bridge: however often the connection breaks, each record is answered once") {
  std::atomic<int> calls{0};
  stand_in_bridge server([&](caller& from, std::uint64_t call, std::span<std::byte const> argument) {
    if (++calls % 40 == 0)
      from.hang_up();
    else
      twice(from, call, argument);
  });
  std::vector<std::string> wanted;
  for (int i = 0; i != 300; ++i) wanted.push_back(std::to_string(2 * i));
  CHECK(asked(server.address(), 300, tried(1000)) == wanted);
  CHECK(server.connections > 5);
}

TEST_CASE("bridge: nobody is there") {
  std::string address;
  {
    address = stand_in_bridge(twice).address();
  }
  std::string const text = asked(address, 1, tried(1, 100ms)).front();
  CHECK(text == "no connection to the bridge at " + address + " within 100 ms: Connection refused");
  CHECK(is_in("its name cannot be looked up", asked("no-such-host.invalid:1", 1, tried(1, 2s)).front()));
  CHECK(is_in("No such file", asked("unix:/nonexistent/bridge", 1, tried(1, 100ms)).front()));
}

TEST_CASE("bridge: a wrong secret is found out by both sides at once") {
  std::string const other = "another sentence, 93af";
  SUBCASE("the bridge does not let the program in") {
    stand_in_bridge server(twice);
    leat::bridge const python(options_of(server.address(), other));
    CHECK(asked(python, 2, tried(3, 1h)) ==
          std::vector<std::string>(
              2, "the bridge at " + server.address() + " cannot be used: it has another secret than this program"));
  }
  SUBCASE("nor does the program believe who only says that all is well") {
    stand_in_bridge server(twice, [](caller& from) {
      std::array<std::byte, 48> hello{};
      std::array<std::byte, 32> proof{};
      from.receive(hello);
      from.send(hello);
      from.receive(proof);
      std::byte const accepted{1};
      from.send({&accepted, 1});
      from.send(proof);  // its own words
    });
    CHECK(is_in("it does not know the secret of this program", asked(server.address(), 1, tried(1, 1h)).front()));
  }
}

TEST_CASE("bridge: who is no bridge is found out") {
  stand_in_bridge server(twice, [](caller& from) { from.send(std::as_bytes(std::span("SSH-2.0-OpenSSH_9.2\r\n"))); });
  CHECK(is_in("what answers there is no bridge", asked(server.address(), 1, tried(1, 1h)).front()));
}

TEST_CASE("bridge: one that does not keep to the protocol loses the connection, and the records have had a try") {
  std::string why;
  std::function<void(caller&, std::uint64_t)> misbehave;
  SUBCASE("it answers what nobody has asked") {
    misbehave = [](caller& from, std::uint64_t call) { from.result(call + 1000, 1); };
    why = "was lost: it answers a call that nobody has made";
  }
  SUBCASE("it announces an answer that is too large") {
    misbehave = [](caller& from, std::uint64_t) {
      std::array<std::byte, 13> header{};
      std::uint32_t const size = (16u << 20) + 1;
      std::memcpy(header.data(), &size, sizeof size);
      from.send(header);
    };
    why = "was lost: it announces an answer of 16777217 bytes; 16777216 is the most";
  }
  SUBCASE("its words have been altered") {
    misbehave = [](caller& from, std::uint64_t call) {
      std::array<std::byte, 13 + 4 + 16> frame{};
      frame[0] = std::byte{4};
      std::memcpy(frame.data() + 4, &call, sizeof call);
      frame[12] = std::byte{result};
      from.send(frame);
    };
    why = "was lost: what it says was altered on its way";
  }
  SUBCASE("it says something of an unknown kind") {
    misbehave = [](caller& from, std::uint64_t call) { from.text(call, 9, ""); };
    why = "was lost: it sends a frame of the unknown kind 9";
  }
  std::atomic<int> calls{0};
  stand_in_bridge server([&](caller& from, std::uint64_t call, std::span<std::byte const> argument) {
    if (++calls == 1)
      misbehave(from, call);
    else
      twice(from, call, argument);
  });
  leat::bridge const python(options_of(server.address()));
  CHECK(is_in(why, asked(python, 1, tried(1)).front()));
  CHECK(asked(python, 1, tried(1)).front() == "0");
}

TEST_CASE("bridge: an answer that is no value of the type is a failure of its record") {
  stand_in_bridge server([](caller& from, std::uint64_t call, auto) { from.result(call, std::string("abc")); });
  CHECK(is_in("bytes", asked(server.address(), 1, tried(1)).front()));
}

TEST_CASE("bridge: large arguments and results, and a record that is too large") {
  stand_in_bridge server([](caller& from, std::uint64_t call, std::span<std::byte const> argument) {
    from.reply(call, result, argument);
  });
  leat::bridge const python(options_of(server.address()));
  std::vector<leat::outcome<std::string>> seen;
  leat::flow flow("large");
  std::vector<std::string> const records{std::string(5'000'000, 'x'), std::string(17'000'000, 'y'), "z"};
  flow.input("in", leat::from::iterable(records)) |
      leat::async_map("echo", python.function<std::string(std::string)>("echo"), leat::as_outcome) |
      leat::output("out", leat::to::collect(seen));
  leat::run(flow);
  REQUIRE(seen.size() == 3);
  CHECK((seen[0] && *seen[0].value == records[0]));
  CHECK(seen[1].error == "the record has 17000004 bytes, and 16777212 is the most that is sent to a bridge");
  CHECK((seen[2] && *seen[2].value == "z"));
}

TEST_CASE("bridge: a flow that ends while calls are under way does not wait for them") {
  stand_in_bridge server([](caller&, std::uint64_t, auto) {});
  leat::bridge const python(options_of(server.address()));
  leat::flow flow("fails");
  flow.input("in", leat::from::iterable(leat::test::up_to(10))) |
      leat::async_map("ask",
                      [f = python.function<int(int)>("f", tried(1, 1h))](int i) -> leat::task<int> {
                        if (i == 9) throw std::runtime_error("enough");
                        co_return co_await f(i);
                      }) |
      leat::output("out", leat::to::for_each([](int) {}));
  CHECK_THROWS_AS(leat::run(flow), leat::run_error);
}

TEST_CASE("bridge: mistakes are said where they are made") {
  auto const refused = [](std::string const& address, std::string const& secret, std::string const& sentence) {
    CHECK_THROWS_WITH_AS(leat::bridge(options_of(address, secret)), sentence.c_str(), leat::flow_error);
  };
  std::string const good(leat::test::bridge_secret);
  refused("localhost", good, "the bridge at \"localhost\": this is no address such as host:2101 or unix:/run/bridge");
  refused("unix:", good, "the bridge at \"unix:\": the path of the socket is missing behind unix:");
  refused("unix:" + std::string(200, 'x'), good,
          "the bridge at \"unix:" + std::string(200, 'x') + "\": the path is too long for a socket");
  CHECK_THROWS_WITH_AS(leat::bridge(options_of("localhost:1", "short")), doctest::Contains("its secret: "),
                       leat::flow_error);
  leat::bridge_options none = options_of("localhost:1");
  none.in_flight = 0;
  CHECK_THROWS_WITH_AS(leat::bridge{none}, doctest::Contains("in_flight = 0 lets no call through"), leat::flow_error);
  leat::bridge const python(options_of("localhost:1"));
  CHECK_THROWS_WITH_AS(python.function<int(int)>("f", tried(0)), doctest::Contains("tries = 0"), leat::flow_error);
  CHECK_THROWS_WITH_AS(python.function<int(int)>("f", tried(1, 0s)), doctest::Contains("within = 0"), leat::flow_error);
  CHECK_THROWS_WITH_AS(python.function<int(int)>(""), doctest::Contains("name of a function"), leat::flow_error);
  ::unsetenv("LEAT_BRIDGE");
  CHECK_THROWS_WITH_AS(leat::bridge(), doctest::Contains("LEAT_BRIDGE is not set"), leat::usage_error);
}
