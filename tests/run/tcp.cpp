// SPDX-License-Identifier: BSL-1.0
#include <leat/run/tcp.hpp>

#include <doctest/doctest.h>
#include <asio/connect.hpp>
#include <asio/read.hpp>
#include <asio/write.hpp>

#include <leat/error.hpp>
#include <leat/flow.hpp>
#include <leat/from/generate.hpp>
#include <leat/from/iterable.hpp>
#include <leat/op/map.hpp>
#include <leat/op/waiting.hpp>
#include <leat/route/redistribute.hpp>
#include <leat/run/run.hpp>
#include <leat/to/collect.hpp>
#include <leat/to/output.hpp>

#include "fixture/free_address.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <numeric>
#include <optional>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

using leat::detail::split_address;
using leat::test::free_address;
using tcp = asio::ip::tcp;

namespace {

/// Runs a flow as one process of two until it ends; gives what it failed of.
struct process {
  process(leat::flow const& flow, leat::options options)
      : thread_([&flow, this, options = std::move(options)] {
          try {
            leat::run(flow, options);
          } catch (std::exception const& error) {
            failure_ = error.what();
          }
        }) {}
  std::string failure() {
    if (thread_.joinable()) thread_.join();
    return failure_;
  }
  ~process() { failure(); }

 private:
  std::string failure_;
  std::thread thread_;
};

leat::options of_two(unsigned number, std::vector<std::string> const& addresses) {
  leat::options options;
  options.addresses = addresses;
  options.process = number;
  return options;
}

tcp::socket connected_to(asio::io_context& io, std::string const& address) {
  auto const to = split_address(address);
  tcp::socket socket(io);
  asio::connect(socket, tcp::resolver(io).resolve(to->host, to->port));
  return socket;
}

/// Whether the other side closes this connection.
bool is_closed(tcp::socket& socket) {
  std::array<char, 256> room{};
  asio::error_code error;
  while (!error) socket.read_some(asio::buffer(room), error);
  return true;
}

/// Runs until it is told to stop, and says when it has begun.
struct endless {
  std::atomic<bool>* begun;
  leat::task<> operator()(leat::emitter<int>& out) const {
    for (int i = 0;; ++i) {
      out(i);
      begun->store(true);
      begun->notify_all();
      co_await leat::sleep(std::chrono::milliseconds(1));
    }
  }
};

/// Names that are looked up for as long as the test likes.
std::atomic<bool> answers{false};
leat::detail::resolved_addresses answered_late(std::string const& host, std::string const& port, int flags) {
  answers.wait(false);
  if (host == "nobody") return {{}, "unknown"};
  return leat::detail::look_up("127.0.0.1", port, flags);
}
void answer() {
  answers.store(true);
  answers.notify_all();
}

/// A name that is known from the third question on.
std::atomic<int> questions{0};
leat::detail::resolved_addresses known_later(std::string const& host, std::string const& port, int) {
  if (host == "moved") return leat::detail::look_up("192.0.2.1", port);
  if (++questions < 3) return {{}, "Name or service not known"};
  return leat::detail::look_up("127.0.0.1", port);
}

/// Why it cannot listen there, once its name has been looked up; empty when it can.
std::string listening_fails(leat::tcp_network& net, std::string const& address) {
  for (;;) try {
      bool const open_to_others = net.listen(address);
      CHECK_FALSE(open_to_others);
      return "";
    } catch (leat::no_such_place_yet const& cause) {
      std::string const reason = cause.what();
      if (!reason.ends_with("its name is still being looked up")) return reason;
      std::this_thread::yield();
    }
}

/// Rings when a connection calls.
struct bell {
  explicit bell(leat::connection& of) {
    of.on_ready([this] {
      rung.store(true);
      rung.notify_all();
    });
  }
  std::atomic<bool> rung{false};
};

}  // namespace

TEST_CASE("an address is a host and a port") {
  auto const read = [](std::string const& text) {
    auto const parts = split_address(text);
    return parts ? parts->host + " " + parts->port : std::string("none");
  };
  CHECK(read("one:2101") == "one 2101");
  CHECK(read("[::1]:80") == "::1 80");
  CHECK(read("pod-0.set.name.svc:1") == "pod-0.set.name.svc 1");
  for (std::string const bad : {"", ":", "one", "one:", ":80", "::1:80", "[]:80", "one:http", "one:80x"}) {
    CAPTURE(bad);
    CHECK(read(bad) == "none");
  }
}

TEST_CASE("who cannot listen says where and why") {
  asio::io_context io;
  tcp::acceptor const taken(io, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  std::string const address = "127.0.0.1:" + std::to_string(taken.local_endpoint().port());
  leat::tcp_network net;
  CHECK_THROWS_WITH_AS(net.listen(address),
                       ("cannot listen at " + address +
                        ": Address already in use: perhaps by another process with the number of "
                        "this one, or by an earlier run")
                           .c_str(),
                       leat::cluster_error);
  CHECK_THROWS_AS(net.listen("nonsense"), leat::cluster_error);
}

TEST_CASE("who cannot listen because its own name leads nowhere yet may try again, and a process does") {
  questions = 0;
  leat::tcp_network net(std::chrono::seconds(15), &known_later);
  CHECK(listening_fails(net, "own.name:0") == "cannot listen at own.name:0: Name or service not known");
  CHECK(listening_fails(net, "moved:0") == "cannot listen at moved:0: Cannot assign requested address");
  CHECK_THROWS_WITH(net.listen("192.0.2.1:0"), "cannot listen at 192.0.2.1:0: Cannot assign requested address");
  CHECK(listening_fails(net, "own.name:0") != "");
  CHECK(listening_fails(net, "own.name:0") == "");
  CHECK_FALSE(net.listens_at().empty());

  questions = 0;
  std::vector<int> got;
  leat::flow flow("own name");
  flow.input("in", leat::from::iterable(std::vector<int>(100, 1))) | leat::redistribute("spread") |
      leat::output("out", leat::to::collect(got));
  std::vector<std::string> const addresses{free_address(), "localhost:" + free_address().substr(10)};
  leat::options process_1 = of_two(1, addresses);
  process_1.link = std::make_shared<leat::tcp_network>(std::chrono::seconds(15), &known_later);
  {
    process second(flow, process_1);
    process first(flow, of_two(0, addresses));
    CHECK(first.failure() == "");
    CHECK(second.failure() == "");
  }
  CHECK(got.size() == 100);
}

TEST_CASE("a slow answer to the question where to listen holds up neither what goes on nor a stop") {
  answers = false;
  leat::tcp_network net(std::chrono::seconds(15), &answered_late);
  CHECK_THROWS_WITH_AS(net.listen("own.name:0"), "cannot listen at own.name:0: its name is still being looked up",
                       leat::no_such_place_yet);
  answer();
  CHECK(listening_fails(net, "own.name:0") == "");
}

TEST_CASE("loopback is not open to others, all interfaces are") {
  leat::tcp_network here;
  CHECK_FALSE(here.listen(free_address()));
  leat::tcp_network everywhere;
  CHECK(everywhere.listen("0.0.0.0:0"));
}

TEST_CASE("a cluster with a secret, over IPv6 and by name") {
  std::vector<int> numbers(10'000);
  std::iota(numbers.begin(), numbers.end(), 0);
  std::string const port_of_one = free_address().substr(10);
  for (std::string const& other : {"localhost:" + port_of_one, "[::1]:" + port_of_one}) {
    CAPTURE(other);
    std::vector<int> got;
    leat::flow flow("secret");
    flow.input("in", leat::from::iterable(numbers)) | leat::redistribute("spread") |
        leat::output("out", leat::to::collect(got));
    std::vector<std::string> const addresses{free_address(), other};
    leat::options process_0 = of_two(0, addresses);
    leat::options process_1 = of_two(1, addresses);
    process_0.secret = process_1.secret = "a secret of two programs";
    process second(flow, process_1);
    process first(flow, process_0);
    CHECK(first.failure() == "");
    CHECK(second.failure() == "");
    std::sort(got.begin(), got.end());
    CHECK(got == numbers);
  }
}

TEST_CASE("strangers at the door of a running cluster change nothing") {
  std::vector<int> got;
  std::atomic<bool> begun{false};
  std::stop_source stop;
  leat::flow flow("watched");
  flow.input("in", leat::from::generate(endless{&begun})) | leat::redistribute("spread") |
      leat::output("out", leat::to::collect(got));
  std::vector<std::string> const addresses{free_address(), free_address()};
  leat::options process_0 = of_two(0, addresses);
  process_0.stop = stop.get_token();
  process second(flow, of_two(1, addresses));
  process first(flow, process_0);
  begun.wait(false);

  asio::io_context io;
  for (std::string const& address : addresses)
    for (std::string const& noise :
         {std::string("GET / HTTP/1.1\r\n\r\n") + std::string(200, ' '), std::string(300'000, '\xff'),
          std::string("leat\r\n\x1a\n") + std::string(200, '\0')}) {
      tcp::socket stranger = connected_to(io, address);
      asio::error_code refused;
      asio::write(stranger, asio::buffer(noise), refused);
      stranger.shutdown(tcp::socket::shutdown_send, refused);
      CHECK(is_closed(stranger));
    }
  stop.request_stop();
  CHECK(first.failure() == "");
  CHECK(second.failure() == "");
  CHECK(!got.empty());
}

TEST_CASE("what fails in one process is what both fail of") {
  std::vector<int> got;
  leat::flow flow("bad");
  flow.input("in", leat::from::iterable(std::vector<int>(1000, 1))) | leat::redistribute("spread") |
      leat::map("boom",
                [n = 0](int x) mutable {
                  if (++n == 300) throw std::runtime_error("the three hundredth came");
                  return x;
                }) |
      leat::output("out", leat::to::collect(got));
  std::vector<std::string> const addresses{free_address(), free_address()};
  process second(flow, of_two(1, addresses));
  process first(flow, of_two(0, addresses));
  CHECK(first.failure().find("the three hundredth came") != std::string::npos);
  CHECK(second.failure().find("the three hundredth came") != std::string::npos);
}

TEST_CASE("a name is looked up while the worker does other things") {
  answers = false;
  asio::io_context io;
  tcp::acceptor listens(io, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  leat::tcp_network net(std::chrono::seconds(15), &answered_late);
  std::array<std::byte, 1> byte{};
  auto const link = net.connect("a.name:" + std::to_string(listens.local_endpoint().port()));
  auto const unknown = net.connect("nobody:1");
  bell of_link(*link);
  bell of_unknown(*unknown);
  net.connect("dropped:1");
  CHECK(link->receive(byte) == 0);
  CHECK(link->open());
  CHECK(unknown->open());
  answer();
  of_link.rung.wait(false);
  of_unknown.rung.wait(false);
  unknown->receive(byte);
  CHECK_FALSE(unknown->open());
  CHECK(unknown->error() == "cannot look up nobody: unknown");
  link->receive(byte);
  tcp::socket other = listens.accept();
  leat::connection::piece const piece(byte);
  while (link->open() && link->send({&piece, 1}) == 0) {
  }
  CHECK(asio::read(other, asio::buffer(byte.data(), 1)) == 1);
}

TEST_CASE("a cluster comes together though the names take their time, and a stop does not wait for them") {
  for (bool const stopped : {false, true}) {
    CAPTURE(stopped);
    answers = false;
    std::vector<int> got;
    leat::flow flow("slow names");
    flow.input("in", leat::from::iterable(std::vector<int>(100, 1))) | leat::redistribute("spread") |
        leat::output("out", leat::to::collect(got));
    std::vector<std::string> const addresses{free_address(), "localhost:" + free_address().substr(10)};
    std::stop_source stop;
    leat::options process_0 = of_two(0, addresses);
    leat::options process_1 = of_two(1, addresses);
    process_0.stop = process_1.stop = stop.get_token();
    process_0.link = std::make_shared<leat::tcp_network>(std::chrono::seconds(15), &answered_late);
    process_1.link = std::make_shared<leat::tcp_network>(std::chrono::seconds(15), &answered_late);  // its own name
    {
      process second(flow, process_1);
      process first(flow, process_0);
      if (stopped)
        stop.request_stop();
      else
        answer();
      CHECK(first.failure() == "");
      CHECK(second.failure() == "");
    }
    answer();
    CHECK(got.size() == (stopped ? 0 : 100));
  }
}

TEST_CASE("a stop while others are waited for ends the wait") {
  std::vector<int> got;
  leat::flow flow("alone");
  flow.input("in", leat::from::iterable(std::vector<int>{1})) | leat::output("out", leat::to::collect(got));
  std::stop_source stop;
  leat::options options = of_two(0, {free_address(), free_address()});
  options.workers = 2;
  options.stop = stop.get_token();
  process waits(flow, options);
  stop.request_stop();
  CHECK(waits.failure() == "");
  CHECK(got.empty());
}

TEST_CASE("a cluster that does not come together says who is missing") {
  std::vector<int> got;
  leat::flow flow("alone");
  flow.input("in", leat::from::iterable(std::vector<int>{1})) | leat::output("out", leat::to::collect(got));
  std::vector<std::string> const addresses{free_address(), free_address()};
  leat::options options = of_two(0, addresses);
  options.formation_timeout = std::chrono::milliseconds(50);
  CHECK(process(flow, options).failure().find("process 1 (" + addresses[1] + "): Connection refused") !=
        std::string::npos);
}
