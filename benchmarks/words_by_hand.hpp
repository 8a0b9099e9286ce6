// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <fcntl.h>
#include <unistd.h>
// Its functions inline.
#ifndef XXH_INLINE_ALL
#define XXH_INLINE_ALL
#endif
#include <xxhash.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// What a hand-written program that counts names in a file is made of.
namespace by_hand {

/// Values by name: open addressing with linear probing, the hash beside each entry, the names in large pieces.
template <class Value>
class name_table {
 public:
  struct entry {
    std::uint64_t hash = 0;
    char const* name = nullptr;  ///< null: the entry is empty
    std::size_t length = 0;
    Value value{};
    std::string_view text() const { return {name, length}; }
  };

  name_table() : entries_(1024) {}

  Value& operator[](std::string_view name) {
    std::uint64_t const hash = XXH3_64bits(name.data(), name.size());
    entry& at = place(hash, name);
    if (at.name == nullptr) {
      if (2 * ++used_ > entries_.size()) {
        grow();
        return add(place(hash, name), hash, name);
      }
      return add(at, hash, name);
    }
    return at.value;
  }

  /// The entries that are not empty.
  std::vector<entry const*> entries() const {
    std::vector<entry const*> result;
    result.reserve(used_);
    for (entry const& at : entries_)
      if (at.name != nullptr) result.push_back(&at);
    return result;
  }

 private:
  static constexpr std::size_t piece_size = 1 << 20;

  entry& place(std::uint64_t hash, std::string_view name) {
    std::size_t const mask = entries_.size() - 1;
    for (std::size_t i = hash & mask;; i = (i + 1) & mask) {
      entry& at = entries_[i];
      if (at.name == nullptr ||
          (at.hash == hash && at.length == name.size() && std::memcmp(at.name, name.data(), name.size()) == 0))
        return at;
    }
  }
  Value& add(entry& at, std::uint64_t hash, std::string_view name) {
    if (left_ < name.size()) {
      left_ = std::max(piece_size, name.size());
      pieces_.push_back(std::make_unique<char[]>(left_));
      free_ = pieces_.back().get();
    }
    std::memcpy(free_, name.data(), name.size());
    at.hash = hash;
    at.name = free_;
    at.length = name.size();
    free_ += name.size();
    left_ -= name.size();
    return at.value;
  }
  void grow() {
    std::vector<entry> const before = std::exchange(entries_, std::vector<entry>(2 * entries_.size()));
    std::size_t const mask = entries_.size() - 1;
    for (entry const& moved : before) {
      if (moved.name == nullptr) continue;
      std::size_t i = moved.hash & mask;
      while (entries_[i].name != nullptr) i = (i + 1) & mask;
      entries_[i] = moved;
    }
  }

  std::vector<entry> entries_;
  std::size_t used_ = 0;
  std::vector<std::unique_ptr<char[]>> pieces_;
  char* free_ = nullptr;
  std::size_t left_ = 0;
};

/// Calls `lines(text)` with the file's bytes, piece by piece; each piece ends behind a line, and at least as many bytes
/// as a machine word has may be read behind it.
template <class Lines>
void each_piece(std::filesystem::path const& file, Lines&& lines) {
  int const descriptor = ::open(file.c_str(), O_RDONLY);
  if (descriptor < 0) throw std::runtime_error("cannot read " + file.string());
  constexpr std::size_t size = 1 << 18;
  std::vector<char> buffer(2 * size + sizeof(std::uint64_t));
  std::size_t waiting = 0;
  for (;;) {
    ::ssize_t const got = ::read(descriptor, buffer.data() + waiting, size);
    if (got < 0) throw std::runtime_error("cannot read " + file.string());
    waiting += static_cast<std::size_t>(got);
    std::string_view const text(buffer.data(), waiting);
    std::size_t const whole = got == 0 ? waiting : text.rfind('\n') + 1;
    lines(text.substr(0, whole));
    waiting -= whole;
    if (waiting > size) throw std::runtime_error("a line is too long for the hand-written loop");
    std::memmove(buffer.data(), buffer.data() + whole, waiting);
    if (got == 0) break;
  }
  ::close(descriptor);
}

/// CRC-32 as zlib computes it: what programs of other languages have at hand to compare results by.
inline std::uint32_t crc32(std::string_view text) {
  static auto const table = [] {
    std::vector<std::uint32_t> values(256);
    for (std::uint32_t i = 0; i != 256; ++i) {
      std::uint32_t value = i;
      for (int bit = 0; bit != 8; ++bit) value = (value >> 1) ^ (value & 1 ? 0xedb88320u : 0u);
      values[i] = value;
    }
    return values;
  }();
  std::uint32_t value = 0xffffffffu;
  for (char c : text) value = (value >> 8) ^ table[(value ^ static_cast<unsigned char>(c)) & 0xff];
  return ~value;
}

}  // namespace by_hand
