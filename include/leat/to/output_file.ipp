// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/concat.hpp>
#include <leat/detail/shown_text.hpp>
#include <leat/from/bytes_before.hpp>
#include <leat/from/source.hpp>
#include <leat/op/running/file_system.hpp>
#include <leat/to/output_file.hpp>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace leat::detail {

LEAT_INLINE void refuse_to_write(std::string const& path, std::string const& reason) {
  throw std::runtime_error(concat({"cannot write \"", shown(path, path.size()), "\": ", reason}));
}

LEAT_INLINE std::string reason_not_to_write(int error) {
  if (error == EISDIR) return "it is a directory; to write several files into it use to::files";
  if (error == EPIPE) return "Broken pipe: its reader has gone";
  return std::generic_category().message(error);
}

LEAT_INLINE void check_writable(std::string const& path, file_system& files) {
  if (int const error = files.obstacle(path, file_use::write); error != 0)
    refuse_to_write(path, reason_not_to_write(error));
}

LEAT_INLINE output_file::output_file(std::string path, std::optional<file_position> const& resume,
                                     step_services const& services)
    : path_(std::move(path)), services_(services), position_(resume ? resume->byte : 0), resumed_(resume) {
  open();
}

LEAT_INLINE bool output_file::ready() {
  if (!is_open()) open();
  return is_open() || services_.stopping();
}

LEAT_INLINE void output_file::write_when_full() {
  if (pending_.size() >= buffer_size) write();
}

LEAT_INLINE void output_file::flush() {
  write();
  if (!regular_ || !std::exchange(unchecked_, false)) return;
  int error = file_.late_error();
  if (error == 0 && services_.host().recovers()) {
    error = file_.sync();
    if (error == 0 && !std::exchange(named_, true)) error = services_.files().sync_name(path_);
  }
  if (error != 0) refuse_to_write(path_, reason_not_to_write(error));
}

LEAT_INLINE void output_file::write() {
  if (!is_open() && pending_.empty()) return;
  if (!is_open()) refuse_to_write(path_, "the run was stopped while nobody read this named pipe");
  if (!begun_) begin();
  if (int const error = file_.write(pending_); error != 0) refuse_to_write(path_, reason_not_to_write(error));
  unchecked_ = unchecked_ || !pending_.empty();
  position_ += pending_.size();
  note_last(pending_);
  pending_.clear();
}

LEAT_INLINE void output_file::note_last(std::string_view written) {
  last_.append(written.substr(written.size() - (std::min)(written.size(), file_position::most_known)));
  if (last_.size() > file_position::most_known) last_.erase(0, last_.size() - file_position::most_known);
}

LEAT_INLINE file_position output_file::snapshot() const {
  // What a pipe was given cannot be cut off: the next run is at its beginning.
  return regular_ ? file_position(position(), last_ + pending_) : file_position();
}

LEAT_INLINE void output_file::look_before() {
  std::string before;
  open_file reader;
  int error = reader.open(services_.files(), path_, file_use::read);
  if (error == 0) error = read_before(reader, *resumed_, before);
  if (error != 0) refuse_to_write(path_, reason_not_to_write(error));
  if (!resumed_->stands_behind(before))
    refuse_to_write(path_, concat({"it is to be resumed at byte ", std::to_string(position_),
                                   ", but what stands before that has been changed"}));
  note_last(before);
}

LEAT_INLINE void output_file::open() {
  file_system& files = services_.files();
  int const error = file_.open(files, path_, file_use::write);
  if (error == ENXIO && files.facts(path_, file_use::write).kind == file_kind::pipe) return;
  if (error == EWOULDBLOCK) refuse_to_write(path_, "another output, of this run or of another program, is writing it");
  if (error != 0) refuse_to_write(path_, reason_not_to_write(error));
  file_facts const facts = file_.facts();
  if (facts.error != 0) refuse_to_write(path_, reason_not_to_write(facts.error));
  // One that is shorter than the position has lost what was written before.
  if (resumed_ && facts.size < position_)
    refuse_to_write(path_, concat({"it is to be resumed at byte ", std::to_string(position_), ", but has only ",
                                   std::to_string(facts.size), " bytes"}));
  regular_ = facts.kind == file_kind::regular;
  if (resumed_ && resumed_->known != 0) look_before();
  if (resumed_) begin();
}

LEAT_INLINE void output_file::begin() {
  begun_ = true;
  unchecked_ = true;
  if (!regular_) return;
  int error = file_.truncate(position_);
  if (error == 0) error = file_.seek(position_);
  if (error != 0) refuse_to_write(path_, reason_not_to_write(error));
}

}  // namespace leat::detail
