// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/concat.hpp>
#include <leat/detail/shown_text.hpp>
#include <leat/from/bytes_before.hpp>
#include <leat/from/input_file.hpp>
#include <leat/from/source.hpp>
#include <leat/op/running/file_system.hpp>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

namespace leat::detail {

LEAT_INLINE std::string reason_of(int error) { return std::generic_category().message(error); }

LEAT_INLINE std::string name_of_input(std::string const& path) {
  return path == "-" ? std::string("standard input") : concat({"\"", shown(path, path.size()), "\""});
}

LEAT_INLINE void refuse_to_read(std::string const& path, std::string const& reason) {
  throw std::runtime_error(concat({"cannot read ", name_of_input(path), ": ", reason}));
}

LEAT_INLINE void check_readable(std::string const& path, file_system& files) {
  int const error = files.obstacle(path, file_use::read);
  if (error == 0) return;
  if (path == "-" && error == EBADF) refuse_to_read(path, "it is closed");
  if (path == "-" && error == EACCES) refuse_to_read(path, "it is open for writing only");
  if (error == EISDIR) refuse_to_read(path, "it is a directory; to read the files in it use from::files");
  refuse_to_read(path, reason_of(error));
}

LEAT_INLINE input_file::input_file(std::string path, step_services const& services, std::size_t longest)
    : path_(std::move(path)), services_(services), longest_(longest) {
  open();
}

LEAT_INLINE void input_file::consume(std::size_t bytes) {
  begin_ += bytes;
  position_ += bytes;
}

LEAT_INLINE void input_file::seek(file_position const& to) {
  std::uint64_t const position = to.byte;
  if (!regular_)
    throw std::runtime_error(concat(
        {name(), " cannot be resumed at byte ", std::to_string(position), ": only a regular file can be read again"}));
  file_facts const facts = file_.facts();
  if (facts.error != 0) fail(facts.error);
  if (facts.size < position)
    throw std::runtime_error(concat({"cannot resume ", name(), " at byte ", std::to_string(position), ": it has only ",
                                     std::to_string(facts.size), " bytes now"}));
  if (to.known != 0) {
    std::string before;
    if (int const error = read_before(file_, to, before); error != 0) fail(error);
    if (!to.stands_behind(before))
      throw std::runtime_error(concat({"cannot resume ", name(), " at byte ", std::to_string(position),
                                       ": what stands before it is not what was read: it is another file"}));
  }
  if (int const error = file_.seek(position); error != 0) fail(error);
  services_.has_read(position - position_ - unread().size());  // what was passed over counts as read
  begin_ = end_ = 0;
  position_ = position;
  resumed_ = to;
}

LEAT_INLINE bool input_file::pass_to(std::uint64_t byte) {
  std::uint64_t const read_so_far = position_ + unread().size();
  if (byte < read_so_far) {
    consume(byte - position_);
    return true;
  }
  file_facts const facts = file_.facts();
  if (facts.error != 0) fail(facts.error);
  if (facts.size <= byte) {
    if (facts.size > read_so_far) services_.has_read(facts.size - read_so_far);
    return false;
  }
  if (int const error = file_.seek(byte); error != 0) fail(error);
  services_.has_read(byte - read_so_far);
  begin_ = end_ = 0;
  position_ = byte;
  return true;
}

LEAT_INLINE bool input_file::stands_behind(char last) {
  std::string_view const looked_for(&last, 1);
  file_position const here(position_, looked_for);
  std::string before;
  int error = read_before(file_, here, before);
  if (error == 0) error = file_.seek(position_);
  if (error != 0) fail(error);
  return before == looked_for;
}

LEAT_INLINE input_file::got input_file::read_more() {
  waiting_ = false;
  if (!regular_ && !file_.readable()) return wait();
  make_room();
  file_system::outcome const read = file_.read(buffer_.get() + end_, capacity_ - end_);
  if (read.error == EAGAIN) return wait();
  if (read.error != 0) fail(read.error);
  if (read.count == 0) return got::end;
  end_ += read.count;
  if (regular_) services_.has_read(read.count);
  if (position_ == 0) refuse_utf_16();
  return got::bytes;
}

LEAT_INLINE void input_file::open() {
  file_system& files = services_.files();
  check_readable(path_, files);
  if (int const error = file_.open(files, path_, file_use::read); error != 0) fail(error);
  regular_ = file_.facts().kind == file_kind::regular;
  if (regular_) position_ = file_.position();
  if (regular_) services_.has_read(position_);
}

LEAT_INLINE void input_file::refuse_utf_16() const {
  std::string_view const first = unread().substr(0, 2);
  if (first == "\xFF\xFE" || first == "\xFE\xFF")
    refuse_to_read(path_, "it is text in UTF-16; leat reads UTF-8: convert it, as `iconv -f UTF-16 -t UTF-8` does");
}

LEAT_INLINE input_file::got input_file::wait() {
  waiting_ = true;
  services_.wake_when_readable(file_.descriptor());
  return got::nothing_yet;
}

LEAT_INLINE void input_file::refuse_length() const {
  throw std::runtime_error(concat({"a record of ", name(), " that begins at byte ", std::to_string(position_),
                                   " is longer than ", std::to_string(longest_), " bytes"}));
}

LEAT_INLINE void input_file::make_room() {
  std::size_t const kept = end_ - begin_;
  if (kept != 0) check_length(kept - 1);  // the last byte may be the CR of its end
  // What was read last stays, for `snapshot`.
  std::size_t const known = (std::min)(begin_, file_position::most_known);
  std::size_t const from = begin_ - known;
  if (capacity_ - known - kept < read_size / 2) {
    std::size_t const grown = capacity_ == 0 ? read_size : capacity_ * 2;
    std::unique_ptr<char[]> larger(new char[grown]);
    if (known + kept != 0) std::memcpy(larger.get(), buffer_.get() + from, known + kept);
    buffer_ = std::move(larger);
    capacity_ = grown;
  } else if (from != 0) {
    std::memmove(buffer_.get(), buffer_.get() + from, known + kept);
  }
  begin_ = known;
  end_ = known + kept;
}

}  // namespace leat::detail
