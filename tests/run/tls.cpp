// SPDX-License-Identifier: BSL-1.0
#include <leat/run/tls.hpp>

#include <doctest/doctest.h>

#include <leat/error.hpp>
#include <leat/flow.hpp>
#include <leat/from/range.hpp>
#include <leat/op/map.hpp>
#include <leat/run/command_line.hpp>
#include <leat/run/run.hpp>
#include <leat/state/count_final.hpp>
#include <leat/route/redistribute.hpp>
#include <leat/to/collect.hpp>
#include <leat/to/output.hpp>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "fixture/free_address.hpp"
#include "fixture/memory_link.hpp"
#include "from/scratch.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using leat::test::free_address;

namespace {

using key_pair = std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)>;
using certificate = std::unique_ptr<X509, void (*)(X509*)>;

void extend(X509* made, X509* signer, int what, char const* value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, signer, made, nullptr, nullptr, 0);
  X509_EXTENSION* const extension = ::X509V3_EXT_conf_nid(nullptr, &context, what, value);
  REQUIRE(extension != nullptr);
  ::X509_add_ext(made, extension, -1);
  ::X509_EXTENSION_free(extension);
}

/// Somebody with a key and a certificate; one who has signed it, or who signs others.
struct party {
  explicit party(char const* name, party const* authority = nullptr, long valid_seconds = 3600,
                 char const* names = "IP:127.0.0.1,DNS:localhost")
      : key(EVP_EC_gen("P-256"), ::EVP_PKEY_free), shown(::X509_new(), ::X509_free) {
    X509* const made = shown.get();
    ::X509_set_version(made, 2);
    ASN1_INTEGER_set(::X509_get_serialNumber(made), ++serial);
    ::X509_gmtime_adj(X509_getm_notBefore(made), -7200);
    ::X509_gmtime_adj(X509_getm_notAfter(made), valid_seconds);
    ::X509_NAME_add_entry_by_txt(::X509_get_subject_name(made), "CN", MBSTRING_ASC,
                                 reinterpret_cast<unsigned char const*>(name), -1, -1, 0);
    X509* const signer = authority != nullptr ? authority->shown.get() : made;
    ::X509_set_issuer_name(made, ::X509_get_subject_name(signer));
    ::X509_set_pubkey(made, key.get());
    if (authority != nullptr)
      extend(made, signer, NID_subject_alt_name, names);
    else
      extend(made, signer, NID_basic_constraints, "critical,CA:TRUE");
    REQUIRE(::X509_sign(made, authority != nullptr ? authority->key.get() : key.get(), ::EVP_sha256()) != 0);
  }
  static inline long serial = 0;
  key_pair key;
  certificate shown;
};

/// The files of one process.
leat::tls_files files_of(scratch const& in, std::string const& name, party const& who, party const& authority) {
  leat::tls_files const files{in.path(name + ".crt"), in.path(name + ".key"), in.path(name + ".authority")};
  auto const write = [](std::string const& path, auto&& put) {
    std::FILE* const file = std::fopen(path.c_str(), "w");
    REQUIRE(file != nullptr);
    put(file);
    std::fclose(file);
  };
  write(files.certificate, [&](std::FILE* f) { ::PEM_write_X509(f, who.shown.get()); });
  write(files.key, [&](std::FILE* f) { ::PEM_write_PrivateKey(f, who.key.get(), nullptr, nullptr, 0, nullptr, nullptr); });
  write(files.authority, [&](std::FILE* f) { ::PEM_write_X509(f, authority.shown.get()); });
  return files;
}

/// Runs a count as two processes; gives what each failed of, or the counts.
struct two_processes {
  std::vector<std::pair<int, std::uint64_t>> counts;
  std::array<std::string, 2> failures;

  two_processes(std::array<leat::tls_files, 2> const& files, std::string const& host = "127.0.0.1",
                std::chrono::nanoseconds patience = std::chrono::seconds(60)) {
    leat::flow flow("count");
    flow.input("in", leat::from::range(100'000)) | leat::count_final("rest", [](int x) { return x % 7; }) |
        leat::output("out", leat::to::collect(counts));
    std::vector<std::string> addresses;
    for (int i = 0; i != 2; ++i) {
      std::string const free = free_address();
      addresses.push_back(host + free.substr(free.rfind(':')));
    }
    auto const run_one = [&](unsigned i) {
      leat::options how;
      how.addresses = addresses;
      how.process = i;
      how.tls = files[i];
      how.formation_timeout = patience;
      try {
        leat::run(flow, how);
      } catch (std::exception const& error) {
        failures[i] = error.what();
      }
    };
    std::thread other(run_one, 1u);
    run_one(0);
    other.join();
  }
};

bool mentions(std::string const& text, char const* words) { return text.find(words) != std::string::npos; }

/// Both ends of a connection through memory, behind TLS.
struct encrypted_pair {
  explicit encrypted_pair(std::size_t capacity) {
    auto [a, b] = leat::test::memory_links(capacity);
    auto const context = leat::detail::make_tls_context(files_of(folder, "one", one, authority));
    std::string const name = "localhost";
    dialed = std::make_unique<leat::detail::tls_connection>(std::move(a), context, &name);
    accepted = std::make_unique<leat::detail::tls_connection>(std::move(b), context, nullptr);
  }
  scratch folder;
  party authority{"authority"};
  party one{"one", &authority};
  std::unique_ptr<leat::connection> dialed;
  std::unique_ptr<leat::connection> accepted;
};

}  // namespace

TEST_CASE("two processes with certificates of one authority make a cluster without a secret") {
  scratch folder;
  party const authority("authority");
  party const one("one", &authority);
  party const two("two", &authority);
  for (char const* const host : {"127.0.0.1", "localhost"}) {
    two_processes both({files_of(folder, "one", one, authority), files_of(folder, "two", two, authority)}, host);
    CHECK(both.failures[0] == "");
    CHECK(both.failures[1] == "");
    REQUIRE(both.counts.size() == 7);
    for (auto const& [rest, count] : both.counts) CHECK(count == (rest < 5 ? 14286 : 14285));
  }
}

TEST_CASE("a certificate that is not good keeps the cluster from forming, and the text says why") {
  scratch folder;
  party const authority("authority");
  party const other("other authority");
  party const one("one", &authority);
  party const stranger("stranger", &other);
  party const old("old", &authority, -60);
  party const elsewhere("elsewhere", &authority, 3600, "DNS:elsewhere.example");
  leat::tls_files const good = files_of(folder, "one", one, authority);
  auto const second = [&](char const* name, party const& who, party const& trusts) {
    two_processes both({good, files_of(folder, name, who, trusts)}, "127.0.0.1", std::chrono::seconds(1));
    CHECK(both.counts.empty());
    CHECK(!both.failures[1].empty());
    return both.failures[0];
  };
  CHECK(mentions(second("stranger", stranger, authority), "its certificate is not good: unable to get local issuer"));
  CHECK(mentions(second("old", old, authority), "its certificate is not good: certificate has expired"));
  CHECK(mentions(second("elsewhere", elsewhere, authority), "its certificate is not good: IP address mismatch"));
  // The second one does not trust the first, and tells it.
  CHECK(mentions(second("two", party("two", &authority), other), "unknown ca"));
}

TEST_CASE("who does not speak TLS is turned away, and the cluster forms all the same") {
  scratch folder;
  party const authority("authority");
  party const one("one", &authority);
  leat::tls_files const files = files_of(folder, "one", one, authority);
  auto const net = std::make_shared<leat::tcp_network>();
  leat::tls_network door(net, files);
  std::string const address = free_address();
  CHECK_FALSE(door.listen(address));
  std::unique_ptr<leat::connection> const plain = leat::tcp_network().dial(address);
  std::string const words(200, 'x');
  leat::connection::piece const all(std::as_bytes(std::span(words)));
  while (plain->send({&all, 1}) == 0) {
  }
  std::unique_ptr<leat::connection> got;
  while (!got) got = door.accept();
  std::array<std::byte, 100> room{};
  while (got->open()) CHECK(got->receive(room) == 0);
  CHECK(mentions(got->trouble(), "TLS: wrong version number"));
}

TEST_CASE("what is sent arrives, whatever the room below and the size of the pieces") {
  for (std::size_t const capacity : {std::size_t{700}, std::size_t{100'000}}) {
    encrypted_pair both(capacity);
    std::string sent(300'000, ' ');
    for (std::size_t i = 0; i != sent.size(); ++i) sent[i] = static_cast<char>(i * 7 + i / 1000);
    std::string received;
    std::size_t at = 0;
    std::array<std::byte, 5000> room{};
    while (received.size() != sent.size()) {
      REQUIRE(both.dialed->trouble() == "");
      REQUIRE(both.accepted->trouble() == "");
      std::span<std::byte const> const rest = std::as_bytes(std::span(sent)).subspan(at);
      std::size_t const middle = std::min<std::size_t>(rest.size(), 333);
      std::array<leat::connection::piece, 2> const pieces{rest.first(middle), rest.subspan(middle)};
      at += both.dialed->send(pieces);
      std::size_t const got = both.accepted->receive(room);
      received.append(reinterpret_cast<char const*>(room.data()), got);
      both.dialed->receive({});
    }
    CHECK(received == sent);
    both.dialed.reset();
    while (both.accepted->open()) both.accepted->receive(room);
    CHECK(both.accepted->trouble() == "it was closed by the other side");
  }
}

TEST_CASE("files that cannot be used are named") {
  scratch folder;
  party const authority("authority");
  party const one("one", &authority);
  party const two("two", &authority);
  leat::tls_files const good = files_of(folder, "one", one, authority);
  auto const refusal = [](leat::tls_files const& files) {
    std::string const certificate = "--tls-certificate=" + files.certificate;
    std::string const key = "--tls-key=" + files.key;
    std::string const signer = "--tls-authority=" + files.authority;
    std::array<char const*, 7> const words{"flow", "-i0", "-aa:1;b:2", certificate.c_str(), key.c_str(), signer.c_str()};
    return leat::command_line(6, words.data()).fault();
  };
  CHECK(refusal(good) == "");
  leat::tls_files bad = good;
  bad.key = files_of(folder, "two", two, authority).key;
  CHECK(mentions(refusal(bad), ("key " + bad.key).c_str()));
  bad = good;
  bad.certificate = folder.path("absent");
  CHECK(mentions(refusal(bad), ("TLS: certificate " + bad.certificate + ": ").c_str()));
  bad = good;
  bad.authority.clear();
  CHECK(refusal(bad) == "TLS needs three files: --tls-certificate, --tls-key and --tls-authority");
}
