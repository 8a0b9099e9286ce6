// SPDX-License-Identifier: BSL-1.0
// What a recovery store may hold that somebody has damaged, or made: rows of states, positions, texts of what they are
// made of, a journal, and bytes of a file of it that were changed anywhere. It is refused by a sentence, or what was
// kept is read, the same as before; within a bound of memory.
#include <leat/from/csv_partition.hpp>
#include <leat/from/file_position.hpp>
#include <leat/recovery/grouped_rows.hpp>
#include <leat/recovery/sqlite_store.hpp>
#include <leat/recovery/store_message.hpp>
#include <leat/route/codec/codec.hpp>
#include <leat/route/codec/kept_text.hpp>
#include <leat/run/files.hpp>
#include <leat/run/recovery.hpp>
#include <leat/state/keyed_state.hpp>

#include "fixture/commits.hpp"
#include "fuzz/script.hpp"

#include <sanitizer/allocator_interface.h>
#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace {

using leat::detail::kept_group;
using leat::detail::kept_position;
using leat::detail::kept_text;
using leat::detail::rows_writer;
using leat::detail::sqlite_stores;
using leat::detail::store_file;

struct inner {
  std::uint32_t number = 0;
  std::string text;
  template <class Archive>
  void serialize(Archive& archive, unsigned version) {
    archive & number;
    if (version >= 1) archive & text;
  }
};
struct account {
  std::map<std::uint16_t, inner> content;
  std::vector<std::string> words;
  template <class Archive>
  void serialize(Archive& archive, unsigned version) {
    archive & content;
    if (version >= 2) archive & words;
  }
};

}  // namespace

template <>
inline constexpr unsigned leat::codec_version<inner> = 1;
template <>
inline constexpr unsigned leat::codec_version<account> = 2;

namespace {

std::size_t asked_for = 0;
int const hooked = __sanitizer_install_malloc_and_free_hooks(
    [](void const volatile*, std::size_t bytes) { asked_for += bytes; }, [](void const volatile*) {});

/// Reading asks for a multiple of the bytes, as the archive says, and for what a table has beside its entries.
template <class F>
void within_bounds(std::size_t bytes, F f) {
  asked_for = 0;
  try {
    f();
  } catch (std::runtime_error const&) {
  }
  if (hooked == 0 || asked_for > (std::size_t{1} << 20) + 1024 * bytes) std::abort();
}

using row = std::pair<std::string, account>;

/// Rows that programs of any version have kept.
void load(fuzz::input& in) {
  auto const choice = in.number<std::uint8_t>();
  std::string const texts[] = {"T(S(c1) {M(T(u2 {u4}))})", "T(S(c1) {2: M(T(u2 {u4})) V(S(c1))})",
                               "T(S(c1) {2: M(T(u2 {1: u4 S(c1)})) V(S(c1))})"};
  kept_text of_then(texts[choice % 3], &leat::detail::describe_kept<row>);
  if (!of_then.readable()) std::abort();
  std::vector<kept_group> groups(1 + choice / 3 % 3);
  for (kept_group& each : groups) {
    each.group = in.number<std::uint8_t>();
    each.full = in.number<std::uint16_t>();
    auto const bytes = in.take(&each == &groups.back() ? SIZE_MAX : in.number<std::uint8_t>());
    each.bytes.assign(bytes.begin(), bytes.end());
  }
  bool const anywhere = choice % 2 != 0;
  std::vector<rows_writer> const writers(groups.size(), {&of_then.versions(), anywhere});
  std::size_t bytes = 0;
  for (kept_group const& each : groups) bytes += each.bytes.size();
  leat::detail::keyed_state<std::string, account> state({0, leat::slot_count / 2});
  within_bounds(bytes, [&] { leat::detail::load_rows(groups, writers, state); });
}

template <class T>
void decode(std::span<std::byte const> bytes) {
  leat::detail::codec_versions const none;
  within_bounds(bytes.size(), [&] { leat::detail::decode_kept<T>(bytes, &none); });
}

void describe(std::span<std::byte const> bytes) {
  std::string const text(reinterpret_cast<char const*>(bytes.data()), bytes.size());
  kept_text of_then(text, &leat::detail::describe_kept<row>);
  if (of_then.readable() && of_then.newer()) std::abort();
}

/// A small store with something of everything, whose files are made anew for each input.
class store {
 public:
  store() {
    std::filesystem::create_directories(folder_);
    leat::make_recovery_store(folder_, 1);
    {
      auto const file = open();
      file->claim(leat::test::claim_of({0, 0, 1}));
      for (std::uint64_t epoch = 1; epoch != 5; ++epoch) commit(*file, 1, epoch);
      sound_ = content(*file);
    }
    std::ifstream from(path_, std::ios::binary);
    bytes_.assign(std::istreambuf_iterator<char>(from), {});
  }
  ~store() { std::filesystem::remove_all(folder_); }

  /// Bytes of the file are changed, or its end cut off.
  void change(fuzz::input& in) {
    std::string changed = bytes_;
    auto const choice = in.number<std::uint8_t>();
    if (choice % 8 == 0) changed.resize(in.number<std::uint32_t>() % changed.size());
    while (!in.empty() && !changed.empty()) {
      std::size_t const at = in.number<std::uint32_t>() % changed.size();
      changed[at] = static_cast<char>(changed[at] ^ in.number<char>());
    }
    put("", changed);
    put("-journal", "");
    try {
      {
        auto const file = open();
        if (content(*file) != sound_) std::abort();
        if (choice % 16 != 1) return;
        file->claim(leat::test::claim_of({4, 1, 2}));
        commit(*file, 2, 5);
      }
      if (content(*open()).find("flow.step 1 5 ") == std::string::npos) std::abort();
    } catch (std::runtime_error const&) {
    }
  }

  /// A journal stands beside the file.
  void journal(std::span<std::byte const> bytes) {
    put("", bytes_);
    std::string text(reinterpret_cast<char const*>(bytes.data()), bytes.size());
    text.insert(0, std::string("\xd9\xd5\x05\xf9\x20\xa1\x63\xd7", 8));
    put("-journal", text);
    leat::detail::sqlite_connection in(path_, leat::detail::sqlite_connection::use::look, {});
    try {
      leat::detail::refuse_strange_journal(in, leat::detail::machine_files());
    } catch (std::runtime_error const&) {
    }
  }

 private:
  static void commit(store_file& file, std::uint64_t run, std::uint64_t epoch) {
    leat::detail::store_commit what =
        leat::test::commit_of(run, epoch, 3, "T(S(c1) u4)", std::vector<std::byte>(100, static_cast<std::byte>(epoch)));
    what.groups.back().bytes.resize(2100, static_cast<std::byte>(epoch));
    what.positions.push_back(
        {"flow.in", "part", epoch, "u8", std::vector<std::byte>(8, static_cast<std::byte>(epoch))});
    file.commit(what);
  }

  /// All that a file has which a run goes on from.
  static std::string content(store_file& file) {
    std::string result = file.flow();
    auto const add = [&](auto const&... field) {
      ((result += field, result += " "), ...);
      result += "\n";
    };
    auto const text = [](std::vector<std::byte> const& bytes) {
      return std::string(reinterpret_cast<char const*>(bytes.data()), bytes.size());
    };
    file.each_group(
        [&](kept_group&& each) {
          add(each.step, std::to_string(each.group), std::to_string(each.epoch), std::to_string(each.present),
              std::to_string(each.full), each.codec, text(each.bytes));
        },
        true);
    file.each_position([&](kept_position&& each) {
      add(each.step, each.partition, std::to_string(each.epoch), each.codec, text(each.bytes));
    });
    for (auto const& each : file.history().runs)
      add(std::to_string(each.number), std::to_string(each.began_at), std::to_string(each.last_done));
    return result + std::to_string(file.history().oldest_epoch);
  }

  std::unique_ptr<store_file> open() {
    sqlite_stores stores(leat::detail::machine_files(), std::chrono::milliseconds(0));
    auto const found = stores.find(folder_);
    if (found.size() != 1) std::abort();
    return stores.open(found.front());
  }
  void put(char const* behind, std::string const& text) {
    std::ofstream(path_ + behind, std::ios::binary | std::ios::trunc) << text;
  }

  /// In memory, where there is such a place: what is on a disk is not looked at, and costs most of the time.
  static std::string place() {
    std::error_code error;
    std::filesystem::path const memory = "/dev/shm";
    return std::filesystem::is_directory(memory, error) ? memory : std::filesystem::temp_directory_path();
  }

  std::string const folder_ = place() + "/leat-fuzz-store-" + std::to_string(::getpid());
  std::string const path_ = folder_ + "/part-0.sqlite3";
  std::string bytes_;
  std::string sound_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  static store kept;
  fuzz::input in(data, size);
  switch (in.number<std::uint8_t>() % 8) {
    case 0:
    case 1:
      load(in);
      break;
    case 2:
      decode<leat::file_position>(in.rest());
      break;
    case 3:
      decode<leat::detail::store_message>(in.rest());
      break;
    case 4:
      describe(in.rest());
      break;
    case 5:
      kept.journal(in.rest());
      break;
    default:
      kept.change(in);
      break;
  }
  return 0;
}
