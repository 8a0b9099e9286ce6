// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/concat.hpp>
#include <leat/run/weak_secret.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace leat::detail {

LEAT_COLD std::size_t unforeseen_bytes(std::string_view secret, std::size_t needed) {
  std::string text(secret);
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  for (std::string_view const word :
       {"password", "passwort", "passphrase", "secret", "qwertyuiop", "qwertzuiop", "qwerty", "asdfghjkl", "asdf",
        "zxcvbnm", "letmein", "changeme", "default", "example", "admin"})
    for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at))
      text.replace(at, word.size(), 1, word.front());
  std::size_t count = 0;
  for (std::size_t i = 0; i != text.size() && count != needed; ++i) {
    bool const run = i != 0 && text[i] - text[i - 1] <= 1 && text[i - 1] - text[i] <= 1;
    bool const repeated =
        i > 1 && std::string_view(text).substr(0, i).find(text.substr(i - 1, 2)) != std::string_view::npos;
    if (!run && !repeated) ++count;
  }
  return count;
}

LEAT_COLD std::string weakness_of(std::string_view secret) {
  constexpr std::size_t least = 16, needed = 9;
  if (secret.size() < least) return "the secret is shorter than 16 bytes";
  if (unforeseen_bytes(secret, needed) == needed) return {};
  return concat({"the secret is easy to guess: fewer than ", std::to_string(needed),
                 " of its bytes do not follow from those before them (aaaa, 1234, what is repeated, words such as "
                 "password): `openssl rand -hex 32` makes a good one"});
}

}  // namespace leat::detail
