// SPDX-License-Identifier: BSL-1.0
#include <leat/run/weak_secret.hpp>

#include <doctest/doctest.h>

#include <leat/error.hpp>
#include <leat/flow.hpp>
#include <leat/from/iterable.hpp>
#include <leat/run/run.hpp>
#include <leat/run/tcp.hpp>
#include <leat/to/collect.hpp>
#include <leat/to/output.hpp>

#include <random>
#include <string>
#include <vector>

using leat::detail::weakness_of;

TEST_CASE("a secret that is obviously weak is refused, with what counts") {
  for (std::string const weak : {"aaaaaaaaaaaaaaaa", "0123456789abcdef", "12345678901234567890",
                                 "abcabcabcabcabcabcabc", "password12345678", "PasswordPassword", "changemechangeme",
                                 "xyxyxyxyxyxyxyxyxyxyxyxyxyxy", "0000000000000001", "secretsecretsecret1"}) {
    CAPTURE(weak);
    CHECK(weakness_of(weak).find("easy to guess: fewer than 9 of its bytes do not follow from those before them") !=
          std::string::npos);
  }
  CHECK(weakness_of("fifteen bytes..") == "the secret is shorter than 16 bytes");
  CHECK(weakness_of(std::string(16, '\0')) != "");
}

TEST_CASE("a secret of chance is never refused, nor a sentence") {
  std::minstd_rand chance(5);
  for (int i = 0; i != 2000; ++i) {
    std::string bytes, digits;
    for (int k = 0; k != 16; ++k) bytes += static_cast<char>(chance() >> 8);
    for (int k = 0; k != 32; ++k) digits += "0123456789abcdef"[(chance() >> 8) % 16];
    CHECK(weakness_of(bytes) == "");
    CHECK(weakness_of(digits) == "");
  }
  for (std::string const good : {"sixteen bytes or more", "a secret of two programs", "correct horse battery staple"})
    CHECK(weakness_of(good) == "");
}

TEST_CASE("a program that sets a weak secret is told so") {
  std::vector<int> got;
  leat::flow flow("weak");
  flow.input("in", leat::from::iterable(std::vector<int>{1})) | leat::output("out", leat::to::collect(got));
  leat::options options;
  options.addresses = {"127.0.0.1:1", "127.0.0.1:2"};
  options.secret = "1111222233334444";
  CHECK_THROWS_AS(leat::run(flow, options), leat::flow_error);
}
