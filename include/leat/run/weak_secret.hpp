// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace leat::detail {

/// How many of the first bytes of a secret do not follow from those before them; no more than are needed are counted. A
/// byte follows that equals its neighbour, or is one more or less, as in `aaaa` and `1234`; one that ends a pair of
/// bytes that came before, as in what is repeated; and a word that everybody tries first is one byte.
[[gnu::cold]] std::size_t unforeseen_bytes(std::string_view secret, std::size_t needed);

/// Why this cannot be the secret of a cluster; empty when it can. Only what is obviously weak is seen: whoever listens
/// can try words until one fits.
[[gnu::cold]] std::string weakness_of(std::string_view secret);

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/run/weak_secret.ipp>
#endif
