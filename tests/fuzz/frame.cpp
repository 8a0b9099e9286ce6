// SPDX-License-Identifier: BSL-1.0
// What a process that has proved itself may send: raw bytes, or frames whose checksum, sequence and length are made
// good so that what they say is looked at. The services of the peers take them, or refuse them with a run_error.
#include <leat/error.hpp>
#include <leat/flow.hpp>
#include <leat/from/iterable.hpp>
#include <leat/op/running/slot_ownership.hpp>
#include <leat/route/control/control.hpp>
#include <leat/route/exchange/channels.hpp>
#include <leat/route/peers/crc32c.hpp>
#include <leat/route/peers/frame.hpp>
#include <leat/route/peers/peers.hpp>
#include <leat/to/collect.hpp>
#include <leat/to/output.hpp>

#include "fuzz/script.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace {

constexpr leat::slot_ownership two_workers(2);

using leat::detail::frame_header;
using leat::detail::message;

std::vector<std::byte> framed(frame_header header, std::span<std::byte const> payload) {
  header.length = static_cast<std::uint32_t>(payload.size());
  std::vector<std::byte> bytes(frame_header::size + frame_header::padded(payload.size()));
  std::copy(payload.begin(), payload.end(), bytes.begin() + frame_header::size);
  header.write(bytes.data());
  auto const of_payload = leat::detail::crc32c(std::span(bytes).subspan(frame_header::size));
  header.checksum = frame_header::checksum_of(bytes.data(), of_payload);
  header.write(bytes.data());
  return bytes;
}

/// Sends one record while there is credit.
void fill(leat::detail::sending_end<std::uint64_t>& end) {
  if (end.overdrawn()) return;
  std::unique_ptr<leat::detail::packet<std::uint64_t>> content(end.fresh());
  content->records.push(1u);
  message<std::uint64_t> message;
  message.content = content.get();
  if (end.send(message))
    content.release();
  else
    content->records.release();
}

/// Reads all that has come for a channel; the records must be whole, whatever they say.
template <class T>
void drain(leat::detail::receiving_end<T>& end) {
  message<T> got;
  while (end.receive(got)) {
    if (got.content == nullptr) continue;
    std::size_t volatile count = got.content->records.size();
    static_cast<void>(count);
    got.content->records.clear();
    got.content->hashes.clear();
    end.give_back(got.content);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  static std::vector<int> unused;
  static leat::flow const flow = [] {
    leat::flow described("flow");
    leat::stream s = described.input("in", leat::from::iterable(std::vector{1}));
    for (int i = 0; i != 3; ++i) s | leat::output("out" + std::to_string(i), leat::to::collect(unused));
    return described;
  }();
  fuzz::input in(data, size);
  auto const mode = in.number<std::uint8_t>();
  auto link = std::make_unique<fuzz::script>(in.number<std::uint16_t>());
  if (mode % 4 == 0) {
    link->add(in.rest());
  } else {
    for (std::uint32_t sequence = 0; !in.empty(); ++sequence) {
      std::array<std::byte, frame_header::size> fields{};
      auto const bytes = in.take(fields.size());
      std::copy(bytes.begin(), bytes.end(), fields.begin());
      frame_header header = frame_header::read(fields.data());
      header.sequence = sequence;
      if (mode % 4 != 1) {  // for a channel that exists
        header.node = 1 + header.node % 3;
        bool const is_credit = header.type == leat::detail::frame_type::credit;
        header.from = is_credit ? 0 : 1;
        header.to = is_credit ? 1 : 0;
        header.idle %= 2;
        header.hashed %= 2;
        header.marked %= 4;
      }
      if (mode % 4 == 3) {  // records, and nearly as many as are announced
        header.type = leat::detail::frame_type::message;
        header.count %= 32;
      }
      link->add(framed(header, in.take(header.length % 300)));
    }
  }

  leat::detail::peers::settings settings;
  settings.turns_of = [](unsigned) { return 0u; };
  settings.log = [](std::string const&) {};
  leat::detail::connections links(2);
  links[1] = std::move(link);
  leat::detail::peers peers(std::move(settings), std::move(links));
  using texts = std::pair<std::string, std::vector<std::optional<std::uint32_t>>>;
  using mixed = std::pair<int, std::variant<bool, std::string, double>>;
  auto const& nodes = flow.description().nodes();
  leat::detail::channels here(peers, {1, nodes.size(), 10'000});
  leat::detail::control control(peers);
  auto& first = here.receiver<texts>(*nodes[1], 1, 0, 4);
  auto& second = here.receiver<std::uint64_t>(*nodes[2], 1, 0, 4, &two_workers);
  auto& third = here.receiver<mixed>(*nodes[3], 1, 0, 4);
  auto& out = here.sender<std::uint64_t>(*nodes[2], 0, 1, 4);
  try {
    leat::steady_time const now{std::chrono::seconds(1)};
    for (fill(out); peers.turn(now); fill(out)) {
      drain(first);
      drain(second);
      drain(third);
    }
  } catch (leat::run_error const&) {
  }
  return 0;
}
