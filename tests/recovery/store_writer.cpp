// SPDX-License-Identifier: BSL-1.0
#include <leat/recovery/grouped_rows.hpp>
#include <leat/recovery/store_writer.hpp>

#include "fixture/memory_store.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

/// What is gathered of an epoch, and what of a file is removed when.
namespace {

using leat::detail::kept_epoch;
using leat::detail::kept_epochs;
using leat::detail::kept_group;

kept_group group_at(std::uint64_t epoch, bool full) {
  std::vector<std::byte> const row(8);
  kept_group result;
  result.step = "step";
  result.epoch = epoch;
  leat::detail::add_rows(result, {0, epoch, full, 1, row});
  return result;
}

kept_epochs one(std::uint64_t epoch, bool full) {
  kept_epochs result;
  result[epoch].add(group_at(epoch, full));
  result[epoch].add({"in", "part", epoch, "u8", std::vector<std::byte>(1)});
  return result;
}

}  // namespace

TEST_CASE("rows of one group that come from two processes are both kept") {
  std::vector<std::byte> const row(8);
  kept_group first;
  leat::detail::add_rows(first, {0, 1, false, 1, row});
  kept_group second;
  leat::detail::add_rows(second, {5, 1, true, 1, row});
  std::size_t const bytes = first.bytes.size() + second.bytes.size();
  kept_epoch of;
  of.add(std::move(first));
  of.add(std::move(second));
  REQUIRE(of.groups.size() == 1);
  CHECK(of.groups.begin()->second.bytes.size() == bytes);
  CHECK(of.groups.begin()->second.present == 33);
  CHECK(of.groups.begin()->second.full == 32);
}

TEST_CASE("what full rows make needless goes once no copy needs it") {
  leat::test::memory_disk disk;
  disk.make("store", 1);
  leat::detail::written_file file(std::make_unique<leat::test::memory_store_file>(disk, "store/part-0"));
  leat::detail::store_claim claim;
  file.file().claim(claim);
  file.begin();
  auto const& image = disk.images.at("store/part-0");
  for (std::uint64_t epoch = 1; epoch != 4; ++epoch)
    file.commit(one(epoch, epoch == 1), 1, epoch, static_cast<std::int64_t>(epoch));
  CHECK(image.groups.size() == 3);  // no epoch is decided
  file.keep_since(3, 3);
  file.commit(one(4, true), 1, 4, 4);
  CHECK(image.groups.size() == 4);     // the full rows may be gone back behind
  CHECK(image.positions.size() == 2);  // of epochs 3 and 4
  file.keep_since(4, 3);
  file.commit(one(5, false), 1, 5, 5);
  CHECK(image.groups.size() == 5);  // decided, but not as old as copies may be
  file.keep_since(5, 5);
  file.commit(one(6, false), 1, 6, 6);
  CHECK(image.groups.size() == 3);  // of epochs 4, 5 and 6
  CHECK(image.history.oldest_epoch == 5);
}

TEST_CASE("a clock that was ahead for a while does not keep a file from being cleared") {
  leat::test::memory_disk disk;
  disk.make("store", 1);
  leat::detail::written_file file(std::make_unique<leat::test::memory_store_file>(disk, "store/part-0"));
  file.file().claim({});
  file.begin();
  constexpr std::int64_t day = 24 * 3600;
  std::int64_t const times[] = {1000, 1001, day + 1002, 1003, 1004, 1005};
  for (std::uint64_t epoch = 1; epoch != 7; ++epoch) {
    file.keep_since(epoch - 1, times[epoch - 1]);
    file.commit(one(epoch, true), 1, epoch, times[epoch - 1]);
  }
  CHECK(file.oldest_epoch() == 5);
  CHECK(disk.images.at("store/part-0").groups.size() == 2);  // of epochs 5 and 6
}

TEST_CASE("a commit costs as much however many epochs a copy may be gone back to, and however many no longer") {
  leat::test::memory_disk disk;
  disk.make("store", 1);
  leat::detail::written_file file(std::make_unique<leat::test::memory_store_file>(disk, "store/part-0"));
  file.file().claim({});
  file.begin();
  // Where each epoch was looked at once for each before it, in each commit, this would take hours.
  constexpr std::uint64_t epochs = 4000;
  for (std::uint64_t epoch = 1; epoch != epochs + 1; ++epoch) {
    file.keep_since(epoch - 1, 0);
    file.commit(one(epoch, true), 1, epoch, static_cast<std::int64_t>(epoch));
  }
  auto const& image = disk.images.at("store/part-0");
  CHECK(image.groups.size() == epochs);
  // Much has become needless at once: it goes in portions, and all of it goes.
  std::size_t before = image.groups.size() + image.positions.size();
  std::uint64_t epoch = epochs + 1;
  for (; image.groups.size() + image.positions.size() > 10 && epoch != 2 * epochs; ++epoch) {
    file.keep_since(epoch - 1, epochs + 1);
    file.commit(one(epoch, true), 1, epoch, epochs + 1);
    std::size_t const after = image.groups.size() + image.positions.size();
    CHECK(after + 100 > before);
    before = after;
  }
  CHECK(epoch < epochs + 200);
}
