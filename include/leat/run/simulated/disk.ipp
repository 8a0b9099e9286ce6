// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/lean_function.hpp>
#include <leat/op/running/file_system.hpp>
#include <leat/run/simulated/disk.hpp>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace leat::detail {

LEAT_INLINE void simulated_disk::put(std::string const& path, std::string_view content) {
  stored& kept = stored_[path];
  if (kept.number == 0) kept.number = ++files_made_;
  used_ += content.size() - kept.bytes.size();
  kept.bytes = kept.synced = content;
  kept.named = true;
}

LEAT_INLINE std::string simulated_disk::content(std::string const& path) const { return stored_.at(path).bytes; }

LEAT_INLINE void simulated_disk::fail_writes(std::string const& path, std::uint64_t from, int error) {
  stored& failing = stored_[path];
  failing.writes_fail_from = from;
  failing.write_error = error;
}

LEAT_INLINE void simulated_disk::fail_reads(std::string const& path, std::uint64_t from, int error) {
  stored& failing = stored_[path];
  failing.reads_fail_from = from;
  failing.read_error = error;
}

LEAT_INLINE std::string simulated_disk::directory_of(std::string const& path) {
  std::size_t const slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash);
}

LEAT_INLINE bool simulated_disk::is_directory(std::string const& path) const {
  if (path == "." || path == "/tmp") return true;
  auto const found = stored_.find(path);
  return found != stored_.end() && found->second.directory;
}

LEAT_INLINE file_facts simulated_disk::facts_of(stored const& found) const {
  file_facts result;
  result.kind = found.directory ? file_kind::directory : file_kind::regular;
  result.size = found.bytes.size();
  result.number = found.number;
  return result;
}

LEAT_INLINE file_facts simulated_disk::facts(std::string const& path, file_use) {
  auto const found = stored_.find(path);
  if (found != stored_.end() && found->second.number != 0) return facts_of(found->second);
  file_facts result;
  if (is_directory(path))
    result.kind = file_kind::directory;
  else
    result.error = ENOENT;
  return result;
}

LEAT_INLINE int simulated_disk::obstacle(std::string const& path, file_use use) {
  file_facts const known = facts(path, use);
  if (known.kind == file_kind::directory) return EISDIR;
  if (known.error == ENOENT && use == file_use::write) return is_directory(directory_of(path)) ? 0 : ENOENT;
  return known.error;
}

LEAT_INLINE int simulated_disk::list(std::string const& directory, std::vector<std::string>& names) {
  if (!is_directory(directory)) return stored_.contains(directory) ? ENOTDIR : ENOENT;
  for (auto const& [path, kept] : stored_)
    if (kept.number != 0 && directory_of(path) == directory) names.push_back(path.substr(path.rfind('/') + 1));
  return 0;
}

LEAT_INLINE int simulated_disk::meet() {
  if (halted_) return EIO;
  if (next_.in == 0 || --next_.in != 0) return 0;
  halted_ = next_.halts;
  ++faults_;
  return next_.error;
}

LEAT_INLINE void simulated_disk::start_again() {
  halted_ = false;
  next_ = {};
}

LEAT_INLINE int simulated_disk::make_directory(std::string const& path) {
  if (facts(path, file_use::write).error == 0) return EEXIST;
  if (!is_directory(directory_of(path))) return ENOENT;
  stored_[path].directory = true;
  stored_[path].number = ++files_made_;
  return 0;
}

LEAT_INLINE int simulated_disk::hand_out(std::string const& path, bool writes, bool scratch, int& handle) {
  handle = ++handles_made_;
  open_[handle] = {path, 0, writes, scratch};
  return 0;
}

LEAT_INLINE int simulated_disk::open(std::string const& path, file_use use, int& handle) {
  if (int const error = obstacle(path, use); error != 0) return error;
  if (int const error = meet(); error != 0) return error;
  bool const writes = use == file_use::write;
  stored& kept = stored_[path];
  if (kept.number == 0) kept.number = ++files_made_;
  if (writes && kept.written) return EWOULDBLOCK;
  kept.written = kept.written || writes;
  return hand_out(path, writes, false, handle);
}

LEAT_INLINE int simulated_disk::open_scratch(std::string const& directory, int& handle) {
  if (!is_directory(directory)) return ENOENT;
  std::string const path = directory + "/scratch " + std::to_string(++files_made_);
  stored_[path].number = files_made_;
  return hand_out(path, false, true, handle);
}

LEAT_INLINE void simulated_disk::close(int handle) {
  opened const& closing = open_.at(handle);
  stored& kept = stored_.at(closing.path);
  if (closing.writes) kept.written = false;
  if (closing.scratch) {
    used_ -= kept.bytes.size();
    stored_.erase(closing.path);
  }
  open_.erase(handle);
}

LEAT_INLINE file_facts simulated_disk::facts(int handle) { return facts_of(file(handle)); }

LEAT_INLINE file_system::outcome simulated_disk::read(int handle, char* to, std::size_t most) {
  if (++reads_asked_ % reads_for_one_ != 0) return {0, EAGAIN};
  if (int const error = meet(); error != 0) return {0, EIO};
  stored const& kept = file(handle);
  std::uint64_t& position = open_.at(handle).position;
  if (position >= kept.reads_fail_from) return {0, kept.read_error};
  std::uint64_t const end = (std::min)(std::uint64_t{kept.bytes.size()}, kept.reads_fail_from);
  std::uint64_t const left = position < end ? end - position : 0;
  std::size_t const count = (std::min)({most, most_read_, static_cast<std::size_t>(left)});
  if (count != 0) std::memcpy(to, kept.bytes.data() + position, count);
  position += count;
  return {count, 0};
}

LEAT_INLINE int simulated_disk::write(int handle, std::string_view bytes) {
  stored& kept = file(handle);
  bool const stood = halted_;
  int const error = meet();
  if (error != 0 && stood) return error;
  if (error != 0) bytes = bytes.substr(0, static_cast<std::size_t>(next_.drawn % (bytes.size() + 1)));
  std::uint64_t& position = open_.at(handle).position;
  std::uint64_t const end = position + bytes.size();
  std::uint64_t const grown = end > kept.bytes.size() ? end - kept.bytes.size() : 0;
  std::uint64_t const too_much = used_ + grown > room_ ? used_ + grown - room_ : 0;
  std::uint64_t const past_fault = end > kept.writes_fail_from ? end - (std::max)(kept.writes_fail_from, position) : 0;
  std::size_t const lost = (std::min)(bytes.size(), static_cast<std::size_t>((std::max)(too_much, past_fault)));
  std::string_view const taken = bytes.substr(0, bytes.size() - lost);
  std::size_t const before = kept.bytes.size();
  if (position + taken.size() > before) kept.bytes.resize(position + taken.size());
  taken.copy(kept.bytes.data() + position, taken.size());
  kept.unsynced.push_back({position, std::string(taken), false});
  used_ += kept.bytes.size() - before;
  position += taken.size();
  if (error != 0) return error;
  if (past_fault != 0) return kept.write_error;
  return too_much != 0 ? ENOSPC : 0;
}

LEAT_INLINE int simulated_disk::seek(int handle, std::uint64_t position) {
  open_.at(handle).position = position;
  return 0;
}

LEAT_INLINE void simulated_disk::apply(change const& made, std::string& to) {
  if (made.cuts) return to.resize(made.at);
  if (made.at + made.bytes.size() > to.size()) to.resize(made.at + made.bytes.size());
  made.bytes.copy(to.data() + made.at, made.bytes.size());
}

LEAT_INLINE int simulated_disk::sync(int handle) {
  stored& kept = file(handle);
  bool const stood = halted_;
  int const error = meet();
  if (error != 0 && stood) return error;
  if (error == 0 || next_.drawn % 2 == 0)
    for (change const& each : kept.unsynced) apply(each, kept.synced);
  if (error == 0 || !halted_) kept.unsynced.clear();
  return error;
}

LEAT_INLINE int simulated_disk::sync_name(std::string const& path) {
  if (int const error = meet(); error != 0) return error;
  stored_.at(path).named = true;
  removed_.erase(path);
  return 0;
}

LEAT_INLINE int simulated_disk::sync_names(std::string const& directory) {
  if (int const error = meet(); error != 0) return error;
  for (auto& [path, kept] : stored_)
    if (directory_of(path) == directory) kept.named = true;
  std::erase_if(removed_, [&](auto const& each) { return directory_of(each.first) == directory; });
  return 0;
}

LEAT_INLINE int simulated_disk::remove(std::string const& path) {
  auto const found = stored_.find(path);
  if (found == stored_.end()) return ENOENT;
  if (int const error = meet(); error != 0) return error;
  if (found->second.named) removed_[path] = std::move(found->second.synced);
  used_ -= found->second.bytes.size();
  stored_.erase(found);
  return 0;
}

LEAT_INLINE void simulated_disk::lose_unsynced(std::function<std::uint64_t(std::uint64_t)> const& keep) {
  for (auto& [path, synced] : removed_)
    if (!stored_.contains(path) && keep(1) == 0) put(path, synced);
  removed_.clear();
  std::erase_if(stored_, [](auto const& each) { return !each.second.named; });
  std::erase_if(stored_, [&](auto const& each) { return !is_directory(directory_of(each.first)); });
  for (auto& [path, kept] : stored_) {
    std::uint64_t const luck = keep(3);  // 0: nothing of it reached the disk, 1: all did
    for (change const& each : kept.unsynced)
      for (std::uint64_t done = 0; done < each.bytes.size() || each.cuts;) {
        std::uint64_t const piece =
            (std::min)(std::uint64_t{each.bytes.size() - done}, sector - (each.at + done) % sector);
        if (luck == 1 || (luck != 0 && keep(1) != 0))
          apply({each.at + done, each.bytes.substr(done, piece), each.cuts}, kept.synced);
        else
          ++pieces_lost_;
        if (each.cuts) break;
        done += piece;
      }
    kept.unsynced.clear();
    used_ += kept.synced.size() - kept.bytes.size();
    kept.bytes = kept.synced;
  }
}

LEAT_INLINE int simulated_disk::truncate(int handle, std::uint64_t size) {
  if (int const error = meet(); error != 0) return error;
  stored& kept = file(handle);
  used_ += size - kept.bytes.size();
  kept.bytes.resize(size);
  kept.unsynced.push_back({size, {}, true});
  return 0;
}

}  // namespace leat::detail
