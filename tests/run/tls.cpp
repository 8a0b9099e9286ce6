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
  outcome result;
  leat::flow flow("numbers");
  flow.input("in", leat::from::iterable(numbers)) | leat::redistribute("spread") |
      leat::output("out", leat::to::collect(result.got));
  leat::options process_0;
  process_0.addresses = {free_address(), free_address()};
  process_0.formation_timeout = std::chrono::seconds(10);
  leat::options process_1 = process_0;
  process_1.process = 1;
  change(process_0, process_1);
  auto const run = [&flow](leat::options const& options, std::string& failure, int& status) {
    try {
      leat::run(flow, options);
    } catch (leat::cluster_error const& error) {
      failure = error.what();
      status = static_cast<int>(error.exit_status);
    } catch (std::exception const& error) {
      failure = error.what();
    }
  };
  int ignored = 0;
  std::thread second([&] { run(process_1, result.second, ignored); });
  run(process_0, result.first, result.status);
  second.join();
  std::sort(result.got.begin(), result.got.end());
  return result;
}

/// What somebody might say who is of no cluster: another protocol, no TLS, a hello of TLS that is none, nothing.
std::vector<std::string> noises() {
  return {"GET / HTTP/1.1\r\n\r\n", std::string("leat\r\n\x1a\n") + std::string(88, '\0'),
          std::string("\x16\x03\x01\x40\x00\x01", 6) + std::string(20'000, '\xff'), ""};
}

bool contains(std::string const& text, std::string const& part) { return text.find(part) != std::string::npos; }

/// What a program whose command line has these files says of it.
std::string fault(leat::options const& options) {
  std::string const arguments[] = {"--tls-certificate=" + options.tls.certificate, "--tls-key=" + options.tls.key,
                                   "--tls-authority=" + options.tls.authority};
  char const* const words[] = {"flow", arguments[0].c_str(), arguments[1].c_str(), arguments[2].c_str()};
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
    for (piece const& part : pieces)
      for (std::byte const byte : part) {
        if (out_->bytes.size() >= room_) return taken;
        out_->bytes.push_back(byte);
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
  std::unique_ptr<leat::connection> accept() override { return std::make_unique<pipe_end>(first_, second_, room_); }
  std::unique_ptr<leat::connection> connect(std::string const&) override {
    return std::make_unique<pipe_end>(second_, first_, room_);
  }
  std::shared_ptr<pipe> first_ = std::make_shared<pipe>();
  std::shared_ptr<pipe> second_ = std::make_shared<pipe>();

 private:
  std::size_t room_;
};

}  // namespace

TEST_CASE("two processes with certificates form a cluster, and other machines may connect without a secret") {
  certificates certificates;
  std::vector<int> numbers(1'000'000);
  std::iota(numbers.begin(), numbers.end(), 0);
  outcome const result = run_two(numbers, [&](leat::options& process_0, leat::options& process_1) {
    process_1.addresses[1].replace(0, 9, "0.0.0.0");
    process_0.addresses = process_1.addresses;
    certificates.give(process_0);
    certificates.give(process_1, "IP:0.0.0.0");
  });
  CHECK(result.first == "");
  CHECK(result.second == "");
  CHECK(result.got == numbers);
}

TEST_CASE("strangers who speak TLS badly or not at all disturb nothing while a cluster comes together") {
  certificates certificates;
  asio::io_context io;
  std::vector<asio::ip::tcp::socket> strangers;
  outcome const result = run_two({3, 1, 2}, [&](leat::options& process_0, leat::options& process_1) {
    certificates.give(process_0);
    certificates.give(process_1);
    process_1.link = std::make_shared<crowded>([&](std::string const& at) {
      auto const place = leat::detail::split_address(at);
      for (std::string const& noise : noises()) {
        strangers.emplace_back(io);
        asio::connect(strangers.back(), asio::ip::tcp::resolver(io).resolve(place->host, place->port));
        asio::error_code refused;
        strangers.back().write_some(asio::buffer(noise), refused);
      }
    });
  });
  CHECK(result.first == "");
  CHECK(result.got == std::vector<int>{1, 2, 3});
}

TEST_CASE("strangers at the doors of a cluster that runs over TLS disturb nothing, nor does another's certificate") {
  certificates files;
  watched_cluster cluster(2, "");
  for (unsigned i = 0; i != 2; ++i) {
    leat::options options;
    files.give(options);
    cluster.tls.push_back(options.tls);
  }
  for (unsigned i = 0; i != 2; ++i) cluster.start(i);
  cluster.begun.wait(false);
  asio::io_context io;
  for (std::string const& address : cluster.common.addresses) {
    for (int i = 0; i != 100; ++i) stranger(io, address);  // as a scan of ports does
    for (std::string const& noise : noises()) {
      stranger stranger(io, address);
      stranger.log(noise);
      stranger.hear_the_rest();
    }
    // One of the cluster's certificates is good for TLS, and no more: who has it, or another, is not let in.
    certificates others;
    for (certificates* const theirs : {&files, &others}) {
      leat::options options;
      theirs->give(options);
      options.tls.authority = cluster.tls[0].authority;
      auto const tcp = std::make_shared<leat::tcp_network>();
      std::shared_ptr<leat::network> const secure = leat::detail::support_of_clusters().encrypt(tcp, options);
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
  cluster.end();
  CHECK(cluster.failures == std::vector<std::string>(2));
  CHECK(cluster.is_whole());
}

TEST_CASE("a secret is asked for inside TLS too") {
  certificates certificates;
  outcome const result = run_two({1, 2, 3}, [&](leat::options& process_0, leat::options& process_1) {
    certificates.give(process_0);
    certificates.give(process_1);
    process_1.formation_timeout = std::chrono::milliseconds(500);
    process_0.secret = "a secret of two programs";
    process_1.secret = "a secret of another one";
  });
  CHECK(contains(result.first, "its secret is not this one's"));
}

TEST_CASE("a certificate of another authority is refused by whoever sees it, and both say why") {
  certificates ours;
  certificates others("another");
  certificates of_the_same_name;
  for (certificates* const wrong : {&others, &of_the_same_name})
    for (bool const dialing_side_is_wrong : {true, false}) {
      CAPTURE(dialing_side_is_wrong);
      outcome const result = run_two({1, 2, 3}, [&](leat::options& process_0, leat::options& process_1) {
        (dialing_side_is_wrong ? *wrong : ours).give(process_0);
        (dialing_side_is_wrong ? ours : *wrong).give(process_1);
        // Who is wrong trusts the other one.
        process_0.tls.authority = dialing_side_is_wrong ? process_1.tls.authority : process_0.tls.authority;
        process_1.tls.authority = dialing_side_is_wrong ? process_1.tls.authority : process_0.tls.authority;
        process_0.formation_timeout = std::chrono::seconds(1);
        process_1.formation_timeout = std::chrono::milliseconds(1500);  // it is there until the other gives up
      });
      CHECK(result.status == 76);
      CHECK(contains(result.first, "process 1 ("));
      CHECK(contains(result.first, dialing_side_is_wrong ? "it does not accept this process's certificate: "
                                                         : "its certificate is not accepted: "));
    }
}

TEST_CASE("a certificate has to name the host that is dialed, and whoever dials has to be of the list") {
  certificates certificates;
  outcome result = run_two({1}, [&](leat::options& process_0, leat::options& process_1) {
    certificates.give(process_0);
    certificates.give(process_1, "IP:127.0.0.2,DNS:elsewhere");
    process_0.formation_timeout = std::chrono::seconds(1);
    process_1.formation_timeout = std::chrono::milliseconds(1500);
  });
  CHECK(result.status == 76);
  CHECK(contains(result.first, "TLS: its certificate is not for 127.0.0.1"));
  result = run_two({1}, [&](leat::options& process_0, leat::options& process_1) {
    certificates.give(process_0, "DNS:elsewhere");
    certificates.give(process_1);
    process_0.formation_timeout = std::chrono::seconds(1);
    process_1.formation_timeout = std::chrono::milliseconds(1500);
  });
  CHECK(result.status == 76);
  CHECK(contains(result.first, "it does not accept this process's certificate"));
}

TEST_CASE("who does not speak TLS is told of and not let in") {
  certificates certificates;
  for (bool const dialing_side_is_plain : {true, false}) {
    CAPTURE(dialing_side_is_plain);
    outcome const result = run_two({1}, [&](leat::options& process_0, leat::options& process_1) {
      certificates.give(dialing_side_is_plain ? process_1 : process_0);
      process_0.formation_timeout = process_1.formation_timeout = std::chrono::milliseconds(500);
    });
    CHECK(result.status == 75);
    CHECK(contains(result.second, "the cluster did not form"));
    if (!dialing_side_is_plain) CHECK(contains(result.first, "TLS: wrong version number"));
  }
}

TEST_CASE("files that cannot serve are found out at the start, by name") {
  certificates certificates;
  leat::options good;
  certificates.give(good);
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
  certificates.give(other);
  wrong = good;
  wrong.tls.key = other.tls.key;
  CHECK(fault(wrong) == "TLS: key " + other.tls.key + ": key values mismatch");
  certificates.give(wrong, "IP:127.0.0.1", -60);
  CHECK(fault(wrong) == "TLS: certificate " + wrong.tls.certificate + ": it has expired");
  ::chmod(good.tls.key.c_str(), 0644);
  CHECK(fault(good) == "TLS: key " + good.tls.key + ": everybody may read it: chmod 600 it");
}

TEST_CASE("over a link that takes few bytes at a time nothing is lost, doubled or changed") {
  certificates certificates;
  leat::options options;
  certificates.give(options, "DNS:there");
  options.addresses = {"there", "there"};
  for (std::size_t const room : {std::size_t{1}, std::size_t{1000}, std::size_t{100'000}}) {
    CAPTURE(room);
    auto const pipes = std::make_shared<pipe_network>(room);
    std::shared_ptr<leat::network> const secure = leat::detail::support_of_clusters().encrypt(pipes, options);
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
  certificates certificates;
  leat::options options;
  certificates.give(options, "DNS:there");
  options.addresses = {"there", "there"};
  auto const pipes = std::make_shared<pipe_network>(100'000);
  std::shared_ptr<leat::network> const secure = leat::detail::support_of_clusters().encrypt(pipes, options);
  std::unique_ptr<leat::connection> const from = secure->connect("there");
  std::unique_ptr<leat::connection> const to = secure->accept();
  std::vector<std::byte> room(100);
  for (int i = 0; i != 10; ++i) {
    from->receive(room);
    to->receive(room);
  }
  CHECK(to->open());
  pipes->first_->ended = pipes->second_->ended = true;
  CHECK(to->receive(room) == 0);
  CHECK_FALSE(to->open());
  CHECK(contains(to->error(), "it ended without the goodbye of TLS"));
}
