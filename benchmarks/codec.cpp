// SPDX-License-Identifier: BSL-1.0
// A batch as bytes and back: of flat records beside memcpy, of a string and a number beside a codec by hand that checks
// its bounds as well.
#include "measure.hpp"

#include <leat/detail/buffer.hpp>
#include <leat/route/codec/codec.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

constexpr std::size_t batch = 2048;
constexpr std::size_t batches = 2000;
constexpr double records = double{batch} * batches;

struct tick {
  std::uint64_t time = 0;
  double price = 0;
  template <class A>
  void serialize(A& a, unsigned) {
    a & time & price;
  }
};
static_assert(leat::flat<tick>);

using counted_word = std::pair<std::string, std::uint64_t>;

/// So many times over the same batch, which stays in the cache: the codec is what is measured, not the memory.
template <class F>
measure::variant over_and_over(std::string name, F once) {
  return {std::move(name), [once]() mutable {
            return measure::seconds_of([&] {
              for (std::size_t i = 0; i != batches; ++i) once();
            });
          }};
}

/// What one would write for these records and no others.
void encode_by_hand(std::vector<counted_word> const& words, leat::byte_buffer& to) {
  for (auto const& [word, count] : words) {
    auto const length = static_cast<std::uint32_t>(word.size());
    to.make_room(sizeof length + length + sizeof count);
    std::byte* at = to.end();
    std::memcpy(at, &length, sizeof length);
    std::memcpy(at += sizeof length, word.data(), length);
    std::memcpy(at += length, &count, sizeof count);
    to.set_end(at + sizeof count);
  }
}
void decode_by_hand(std::span<std::byte const> from, std::vector<counted_word>& words) {
  auto const take = [&](std::size_t count) {
    if (from.size() < count) throw std::runtime_error("too short");
    std::byte const* const begin = from.data();
    from = from.subspan(count);
    return begin;
  };
  while (!from.empty()) {
    counted_word record;
    std::uint32_t length = 0;
    std::memcpy(&length, take(sizeof length), sizeof length);
    record.first.assign(reinterpret_cast<char const*>(take(length)), length);
    std::memcpy(&record.second, take(sizeof record.second), sizeof record.second);
    words.push_back(std::move(record));
  }
}

void flat_records() {
  std::vector<tick> const ticks(batch, tick{7, 1.5});
  auto const raw = std::make_shared<std::vector<tick>>(batch);
  auto const bytes = std::make_shared<leat::byte_buffer>();
  measure::compare("encode a batch of 2048 {u64, f64}", records,
                   {over_and_over("memcpy",
                                  [&ticks, raw] {
                                    std::memcpy(static_cast<void*>(raw->data()), ticks.data(), batch * sizeof(tick));
                                    measure::keep(raw->data());
                                  }),
                    over_and_over("leat::encode_batch",
                                  [&ticks, bytes] {
                                    bytes->clear();
                                    leat::encode_batch(ticks.data(), batch, *bytes);
                                    measure::keep(bytes->data());
                                  })},
                   1.2);
  auto const read = std::make_shared<leat::detail::buffer<tick>>();
  measure::compare("decode a batch of 2048 {u64, f64}", records,
                   {over_and_over("memcpy",
                                  [raw, bytes] {
                                    std::memcpy(static_cast<void*>(raw->data()), bytes->data(), batch * sizeof(tick));
                                    measure::keep(raw->data());
                                  }),
                    over_and_over("leat::decode_batch",
                                  [read, bytes] {
                                    read->clear();
                                    leat::decode_batch<tick>(*bytes, *read);
                                    measure::keep(read->begin());
                                  })},
                   1.2);
}

void strings_and_numbers(char const* name, std::string const& word) {
  std::vector<counted_word> const words(batch, counted_word(word, 42));
  auto const bytes = std::make_shared<leat::byte_buffer>();
  measure::compare(std::string("encode a batch of 2048 (string, u64), ") + name, records,
                   {over_and_over("by hand",
                                  [&words, bytes] {
                                    bytes->clear();
                                    encode_by_hand(words, *bytes);
                                    measure::keep(bytes->data());
                                  }),
                    over_and_over("leat::encode_batch",
                                  [&words, bytes] {
                                    bytes->clear();
                                    leat::encode_batch(words.data(), words.size(), *bytes);
                                    measure::keep(bytes->data());
                                  })},
                   1.5);
  auto const read = std::make_shared<std::vector<counted_word>>();
  measure::compare(std::string("decode a batch of 2048 (string, u64), ") + name, records,
                   {over_and_over("by hand",
                                  [read, bytes] {
                                    read->clear();
                                    decode_by_hand(*bytes, *read);
                                    measure::keep(read->data());
                                  }),
                    over_and_over("leat::decode_batch",
                                  [read, bytes] {
                                    read->clear();
                                    leat::decode_batch<counted_word>(
                                        *bytes, [&](counted_word&& record) { read->push_back(std::move(record)); });
                                    measure::keep(read->data());
                                  })},
                   1.5);
}

}  // namespace

int main() {
  flat_records();
  strings_and_numbers("a short word", "word");
  strings_and_numbers("a line of 40 characters", std::string(40, 'x'));
}
