// SPDX-License-Identifier: BSL-1.0
#include <leat/run/tls.hpp>

#include <asio/connect.hpp>
#include <doctest/doctest.h>

#include <leat/error.hpp>
#include <leat/flow.hpp>
#include <leat/from/iterable.hpp>
#include <leat/route/redistribute.hpp>
#include <leat/run/command_line.hpp>
#include <leat/run/run.hpp>
#include <leat/to/collect.hpp>
#include <leat/to/output.hpp>

#include "fixture/free_address.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <exception>
#include <filesystem>
#include <functional>
#include <memory>
#include <numeric>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using leat::detail::openssl_free;
using leat::test::free_address;

namespace {

/// A folder for the time of a test.
class scratch {
 public:
  scratch() {
    std::string name = (std::filesystem::temp_directory_path() / "leat-tls-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  scratch(scratch const&) = delete;
  scratch& operator=(scratch const&) = delete;
  ~scratch() { std::filesystem::remove_all(path_); }
  std::string operator/(std::string const& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

struct identity {
  std::unique_ptr<EVP_PKEY, openssl_free<&EVP_PKEY_free>> key{EVP_EC_gen("P-256")};
  std::unique_ptr<X509, openssl_free<&X509_free>> certificate{X509_new()};

  void write(std::string const& certificate_file, std::string const& key_file) const {
    std::FILE* file = std::fopen(certificate_file.c_str(), "we");
    PEM_write_X509(file, certificate.get());
    std::fclose(file);
    file = std::fopen(key_file.c_str(), "we");
    PEM_write_PrivateKey(file, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    std::fclose(file);
    ::chmod(key_file.c_str(), 0600);
  }
};

void add(X509* to, int what, std::string const& value) {
  X509_EXTENSION* const made = X509V3_EXT_conf_nid(nullptr, nullptr, what, value.c_str());
  X509_add_ext(to, made, -1);
  X509_EXTENSION_free(made);
}

/// By itself where there is no authority. Valid from an hour ago until so many seconds from now.
identity certified(std::string const& name, std::string const& hosts, identity const* by, long seconds = 3600) {
  identity made;
  X509* const text = made.certificate.get();
  X509_set_version(text, 2);
  static long number = 1;
  ASN1_INTEGER_set(X509_get_serialNumber(text), number++);
  X509_gmtime_adj(X509_getm_notBefore(text), -3600);
  X509_gmtime_adj(X509_getm_notAfter(text), seconds);
  X509_set_pubkey(text, made.key.get());
  X509_NAME_add_entry_by_txt(X509_get_subject_name(text), "CN", MBSTRING_ASC,
                             reinterpret_cast<unsigned char const*>(name.c_str()), -1, -1, 0);
  X509_set_issuer_name(text, X509_get_subject_name(by != nullptr ? by->certificate.get() : text));
  if (by == nullptr)
    add(text, NID_basic_constraints, "critical,CA:TRUE");
  else
    add(text, NID_subject_alt_name, hosts);
  X509_sign(text, by != nullptr ? by->key.get() : made.key.get(), EVP_sha256());
  return made;
}

/// An authority and what it signs, as files.
class certificates {
 public:
  explicit certificates(std::string const& name = "authority") : authority_(certified(name, "", nullptr)) {
    authority_.write(folder_ / "authority.pem", folder_ / "authority.key");
  }
  void give(leat::options& how, std::string const& hosts = "IP:127.0.0.1", long seconds = 3600) {
    std::string const name = std::to_string(count_++);
    certified("process", hosts, &authority_, seconds).write(folder_ / (name + ".pem"), folder_ / (name + ".key"));
    how.tls.certificate = folder_ / (name + ".pem");
    how.tls.key = folder_ / (name + ".key");
    how.tls.authority = folder_ / "authority.pem";
  }

 private:
  scratch folder_;
  identity authority_;
  unsigned count_ = 0;
};

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
  std::unique_ptr<leat::connection> dial(std::string const& address) override { return tcp_.dial(address); }
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
  std::unique_ptr<leat::connection> dial(std::string const&) override {
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
      for (std::string const& noise : {std::string("GET / HTTP/1.1\r\n\r\n"), std::string("leat\r\n\x1a\n") + std::string(88, '\0'),
                                       std::string("\x16\x03\x01\x40\x00\x01", 6) + std::string(20'000, '\xff'), std::string()}) {
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
        one.formation_timeout = std::chrono::milliseconds(500);
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
    one.formation_timeout = std::chrono::milliseconds(500);
  });
  CHECK(all.status == 76);
  CHECK(contains(all.first, "TLS: its certificate is not for 127.0.0.1"));
  all = run_two({1}, [&](leat::options& zero, leat::options& one) {
    some.give(zero, "DNS:elsewhere");
    some.give(one);
    one.formation_timeout = std::chrono::milliseconds(500);
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
    std::unique_ptr<leat::connection> from = secure->dial("there");
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
    if (room > 1000) CHECK(to->trouble() == "it was closed by the other side");
  }
}

TEST_CASE("an end without the goodbye of TLS is trouble") {
  certificates some;
  leat::options how;
  some.give(how, "DNS:there");
  how.addresses = {"there", "there"};
  auto const pipes = std::make_shared<pipe_network>(100'000);
  std::shared_ptr<leat::network> const secure = leat::detail::support_of_clusters().encrypt(pipes, how);
  std::unique_ptr<leat::connection> const from = secure->dial("there");
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
  CHECK(contains(to->trouble(), "it ended without the goodbye of TLS"));
}
