// SPDX-License-Identifier: BSL-1.0
#include <leat/run/net/tcp_connection.hpp>
#include <leat/run/tls.hpp>

#include <doctest/doctest.h>
#include <asio/connect.hpp>

#include <leat/error.hpp>
#include <leat/flow.hpp>
#include <leat/from/iterable.hpp>
#include <leat/route/redistribute.hpp>
#include <leat/run/cli/command_line.hpp>
#include <leat/run/run.hpp>
#include <leat/to/collect.hpp>
#include <leat/to/output.hpp>

#include "fixture/certificates.hpp"
#include "fixture/free_address.hpp"
#include "fixture/watched_cluster.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <numeric>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using leat::test::certificates;
using leat::test::free_address;
using leat::test::stranger;
using leat::test::watched_cluster;

namespace {

struct outcome {
  std::string first;
  std::string second;
  std::vector<int> got;
  int status = 0;  ///< of the first, where it failed of the cluster
};

/// Spreads numbers over two processes, that are as `change` makes them.
outcome run_two(std::vector<int> const& numbers, std::function<void(leat::options&, leat::options&)> const& change) {
  outcome all;
  leat::flow flow("numbers");
  flow.input("in", leat::from::iterable(numbers)) | leat::redistribute("spread") |
      leat::output("out", leat::to::collect(all.got));
  leat::options zero;
  zero.addresses = {free_address(), free_address()};
  zero.formation_timeout = std::chrono::seconds(10);
  leat::options one = zero;
  one.process = 1;
  change(zero, one);
  auto const run = [&flow](leat::options const& how, std::string& failure, int& status) {
    try {
      leat::run(flow, how);
    } catch (leat::cluster_error const& error) {
      failure = error.what();
      status = static_cast<int>(error.exit_status);
    } catch (std::exception const& error) {
      failure = error.what();
    }
  };
  int ignored = 0;
  std::thread second([&] { run(one, all.second, ignored); });
  run(zero, all.first, all.status);
  second.join();
  std::sort(all.got.begin(), all.got.end());
  return all;
}

/// What somebody might say who is of no cluster: another protocol, no TLS, a hello of TLS that is none, nothing.
std::vector<std::string> noises() {
  return {"GET / HTTP/1.1\r\n\r\n", std::string("leat\r\n\x1a\n") + std::string(88, '\0'),
          std::string("\x16\x03\x01\x40\x00\x01", 6) + std::string(20'000, '\xff'), ""};
}

bool contains(std::string const& text, std::string const& part) { return text.find(part) != std::string::npos; }

/// What a program whose command line has these files says of it.
std::string fault(leat::options const& how) {
  std::string const all[] = {"--tls-certificate=" + how.tls.certificate, "--tls-key=" + how.tls.key,
                             "--tls-authority=" + how.tls.authority};
  char const* const words[] = {"flow", all[0].c_str(), all[1].c_str(), all[2].c_str()};
  return leat::command_line(4, words).fault();
}

/// TCP, where others come before anybody of the cluster does.
class crowded final : public leat::network {
 public:
  explicit crowded(std::function<void(std::string const&)> come) : come_(std::move(come)) {}
  bool listen(std::string const& address) override {
    bool const open_to_others = tcp_.listen(address);
    come_(address);
    return open_to_others;
  }
  std::unique_ptr<leat::connection> accept() override { return tcp_.accept(); }
  std::unique_ptr<leat::connection> connect(std::string const& address) override { return tcp_.connect(address); }
  int descriptor() const override { return tcp_.descriptor(); }

 private:
  leat::tcp_network tcp_;
  std::function<void(std::string const&)> come_;
};

/// Memory that holds little and tears what it is given.
struct pipe {
  std::deque<std::byte> bytes;
  bool ended = false;
};
class pipe_end final : public leat::connection {
 public:
  pipe_end(std::shared_ptr<pipe> out, std::shared_ptr<pipe> in, std::size_t room)
      : out_(std::move(out)), in_(std::move(in)), room_(room) {}
  ~pipe_end() override { out_->ended = true; }
  std::size_t send(std::span<piece const> pieces) override {
    std::size_t taken = 0;
    for (piece const& one : pieces)
      for (std::byte const each : one) {
        if (out_->bytes.size() >= room_) return taken;
        out_->bytes.push_back(each);
        ++taken;
      }
    return taken;
  }
  std::size_t receive(std::span<std::byte> into) override {
    std::size_t const count = std::min(into.size(), in_->bytes.size());
    std::copy_n(in_->bytes.begin(), count, into.begin());
    in_->bytes.erase(in_->bytes.begin(), in_->bytes.begin() + static_cast<std::ptrdiff_t>(count));
    return count;
  }
  bool open() const override { return !in_->ended || !in_->bytes.empty(); }

 private:
  std::shared_ptr<pipe> out_;
  std::shared_ptr<pipe> in_;
  std::size_t room_;
};
class pipe_network final : public leat::network {
 public:
  explicit pipe_network(std::size_t room) : room_(room) {}
  bool listen(std::string const&) override { return false; }
  std::unique_ptr<leat::connection> accept() override { return std::make_unique<pipe_end>(one_, two_, room_); }
  std::unique_ptr<leat::connection> connect(std::string const&) override {
    return std::make_unique<pipe_end>(two_, one_, room_);
  }
  std::shared_ptr<pipe> one_ = std::make_shared<pipe>();
  std::shared_ptr<pipe> two_ = std::make_shared<pipe>();

 private:
  std::size_t room_;
};

}  // namespace

TEST_CASE("two processes with certificates form a cluster, and other machines may connect without a secret") {
  certificates some;
  std::vector<int> numbers(1'000'000);
  std::iota(numbers.begin(), numbers.end(), 0);
  outcome const all = run_two(numbers, [&](leat::options& zero, leat::options& one) {
    one.addresses[1].replace(0, 9, "0.0.0.0");
    zero.addresses = one.addresses;
    some.give(zero);
    some.give(one, "IP:0.0.0.0");
  });
  CHECK(all.first == "");
  CHECK(all.second == "");
  CHECK(all.got == numbers);
}

TEST_CASE("strangers who speak TLS badly or not at all disturb nothing while a cluster comes together") {
  certificates some;
  asio::io_context io;
  std::vector<asio::ip::tcp::socket> strangers;
  outcome const all = run_two({3, 1, 2}, [&](leat::options& zero, leat::options& one) {
    some.give(zero);
    some.give(one);
    one.link = std::make_shared<crowded>([&](std::string const& at) {
      auto const place = leat::detail::split_address(at);
      for (std::string const& noise : noises()) {
        strangers.emplace_back(io);
        asio::connect(strangers.back(), asio::ip::tcp::resolver(io).resolve(place->host, place->port));
        asio::error_code refused;
        strangers.back().write_some(asio::buffer(noise), refused);
      }
    });
  });
  CHECK(all.first == "");
  CHECK(all.got == std::vector<int>{1, 2, 3});
}

TEST_CASE("strangers at the doors of a cluster that runs over TLS disturb nothing, nor does another's certificate") {
  certificates some;
  watched_cluster all(2, "");
  for (unsigned i = 0; i != 2; ++i) {
    leat::options how;
    some.give(how);
    all.tls.push_back(how.tls);
  }
  for (unsigned i = 0; i != 2; ++i) all.start(i);
  all.begun.wait(false);
  asio::io_context io;
  for (std::string const& address : all.common.addresses) {
    for (int i = 0; i != 100; ++i) stranger(io, address);  // as a scan of ports does
    for (std::string const& noise : noises()) {
      stranger one(io, address);
      one.log(noise);
      one.hear_the_rest();
    }
    // One of the cluster's certificates is good for TLS, and no more: who has it, or another, is not let in.
    certificates others;
    for (certificates* const theirs : {&some, &others}) {
      leat::options how;
      theirs->give(how);
      how.tls.authority = all.tls[0].authority;
      auto const tcp = std::make_shared<leat::tcp_network>();
      std::shared_ptr<leat::network> const secure = leat::detail::support_of_clusters().encrypt(tcp, how);
      std::unique_ptr<leat::connection> const to = secure->connect(address);
      std::vector<std::byte> const nonsense(300);
      leat::connection::piece const words(nonsense);
      std::vector<std::byte> heard(5000);
      while (to->open()) {
        to->send({&words, 1});
        to->receive(heard);
      }
    }
  }
  all.end();
  CHECK(all.failures == std::vector<std::string>(2));
  CHECK(all.is_whole());
}

TEST_CASE("a secret is asked for inside TLS too") {
  certificates some;
  outcome const all = run_two({1, 2, 3}, [&](leat::options& zero, leat::options& one) {
    some.give(zero);
    some.give(one);
    one.formation_timeout = std::chrono::milliseconds(500);
    zero.secret = "a secret of two programs";
    one.secret = "a secret of another one";
  });
  CHECK(contains(all.first, "its secret is not this one's"));
}

TEST_CASE("a certificate of another authority is refused by whoever sees it, and both say why") {
  certificates ours;
  certificates others("another");
  certificates of_the_same_name;
  for (certificates* const wrong : {&others, &of_the_same_name})
    for (bool const dialing_side_is_wrong : {true, false}) {
      CAPTURE(dialing_side_is_wrong);
      outcome const all = run_two({1, 2, 3}, [&](leat::options& zero, leat::options& one) {
        (dialing_side_is_wrong ? *wrong : ours).give(zero);
        (dialing_side_is_wrong ? ours : *wrong).give(one);
        // Who is wrong trusts the other one.
        zero.tls.authority = dialing_side_is_wrong ? one.tls.authority : zero.tls.authority;
        one.tls.authority = dialing_side_is_wrong ? one.tls.authority : zero.tls.authority;
        zero.formation_timeout = std::chrono::seconds(1);
        one.formation_timeout = std::chrono::milliseconds(1500);  // it is there until the other gives up
      });
      CHECK(all.status == 76);
      CHECK(contains(all.first, "process 1 ("));
      CHECK(contains(all.first, dialing_side_is_wrong ? "it does not accept this process's certificate: "
                                                      : "its certificate is not accepted: "));
    }
}

TEST_CASE("a certificate has to name the host that is dialed, and whoever dials has to be of the list") {
  certificates some;
  outcome all = run_two({1}, [&](leat::options& zero, leat::options& one) {
    some.give(zero);
    some.give(one, "IP:127.0.0.2,DNS:elsewhere");
    zero.formation_timeout = std::chrono::seconds(1);
    one.formation_timeout = std::chrono::milliseconds(1500);
  });
  CHECK(all.status == 76);
  CHECK(contains(all.first, "TLS: its certificate is not for 127.0.0.1"));
  all = run_two({1}, [&](leat::options& zero, leat::options& one) {
    some.give(zero, "DNS:elsewhere");
    some.give(one);
    zero.formation_timeout = std::chrono::seconds(1);
    one.formation_timeout = std::chrono::milliseconds(1500);
  });
  CHECK(all.status == 76);
  CHECK(contains(all.first, "it does not accept this process's certificate"));
}

TEST_CASE("who does not speak TLS is told of and not let in") {
  certificates some;
  for (bool const dialing_side_is_plain : {true, false}) {
    CAPTURE(dialing_side_is_plain);
    outcome const all = run_two({1}, [&](leat::options& zero, leat::options& one) {
      some.give(dialing_side_is_plain ? one : zero);
      zero.formation_timeout = one.formation_timeout = std::chrono::milliseconds(500);
    });
    CHECK(all.status == 75);
    CHECK(contains(all.second, "the cluster did not form"));
    if (!dialing_side_is_plain) CHECK(contains(all.first, "TLS: wrong version number"));
  }
}

TEST_CASE("files that cannot serve are found out at the start, by name") {
  certificates some;
  leat::options good;
  some.give(good);
  CHECK(fault(good) == "");

  leat::options wrong = good;
  wrong.tls.authority = "";
  CHECK(fault(wrong) == "TLS needs three files: --tls-certificate, --tls-key and --tls-authority");
  wrong = good;
  wrong.tls.certificate = "/nowhere.pem";
  CHECK(fault(wrong) == "TLS: certificate /nowhere.pem: No such file or directory");
  wrong = good;
  wrong.tls.certificate = good.tls.key;
  CHECK(contains(fault(wrong), "TLS: certificate " + good.tls.key + ": no start line"));
  leat::options other;
  some.give(other);
  wrong = good;
  wrong.tls.key = other.tls.key;
  CHECK(fault(wrong) == "TLS: key " + other.tls.key + ": key values mismatch");
  some.give(wrong, "IP:127.0.0.1", -60);
  CHECK(fault(wrong) == "TLS: certificate " + wrong.tls.certificate + ": it has expired");
  ::chmod(good.tls.key.c_str(), 0644);
  CHECK(fault(good) == "TLS: key " + good.tls.key + ": everybody may read it: chmod 600 it");
}

TEST_CASE("over a link that takes few bytes at a time nothing is lost, doubled or changed") {
  certificates some;
  leat::options how;
  some.give(how, "DNS:there");
  how.addresses = {"there", "there"};
  for (std::size_t const room : {std::size_t{1}, std::size_t{1000}, std::size_t{100'000}}) {
    CAPTURE(room);
    auto const pipes = std::make_shared<pipe_network>(room);
    std::shared_ptr<leat::network> const secure = leat::detail::support_of_clusters().encrypt(pipes, how);
    std::unique_ptr<leat::connection> from = secure->connect("there");
    std::unique_ptr<leat::connection> const to = secure->accept();
    std::vector<std::byte> sent(200'000);
    for (std::size_t i = 0; i != sent.size(); ++i) sent[i] = static_cast<std::byte>(i * i % 251);
    std::vector<std::byte> got;
    std::vector<std::byte> part(777);
    std::size_t done = 0;
    while (to->open()) {
      if (from && done == sent.size()) from.reset();
      if (from) {
        std::span<std::byte const> const rest = std::span(sent).subspan(done);
        leat::connection::piece const pieces[] = {rest.first(rest.size() / 3), rest.subspan(rest.size() / 3)};
        done += from->send(pieces);
        from->receive(part);
      }
      to->send({});
      std::size_t const count = to->receive(part);
      got.insert(got.end(), part.begin(), part.begin() + static_cast<std::ptrdiff_t>(count));
    }
    CHECK(got == sent);
    if (room > 1000) CHECK(to->error() == "it was closed by the other side");
  }
}

TEST_CASE("an end without the goodbye of TLS is trouble") {
  certificates some;
  leat::options how;
  some.give(how, "DNS:there");
  how.addresses = {"there", "there"};
  auto const pipes = std::make_shared<pipe_network>(100'000);
  std::shared_ptr<leat::network> const secure = leat::detail::support_of_clusters().encrypt(pipes, how);
  std::unique_ptr<leat::connection> const from = secure->connect("there");
  std::unique_ptr<leat::connection> const to = secure->accept();
  std::vector<std::byte> room(100);
  for (int i = 0; i != 10; ++i) {
    from->receive(room);
    to->receive(room);
  }
  CHECK(to->open());
  pipes->one_->ended = pipes->two_->ended = true;
  CHECK(to->receive(room) == 0);
  CHECK_FALSE(to->open());
  CHECK(contains(to->error(), "it ended without the goodbye of TLS"));
}
