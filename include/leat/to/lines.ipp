// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/concat.hpp>
#include <leat/op/running/file_system.hpp>
#include <leat/to/lines.hpp>
#include <leat/to/output_file.hpp>

#include <cerrno>
#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

namespace leat::detail {

LEAT_INLINE void lines_of_records::flush() {
  if (file_.is_open()) write_header();
  file_.flush();
}

LEAT_INLINE void lines_of_records::write_header() {
  if (file_.position() == 0) file_.pending() += header_;
}

inline std::string without_end_slashes(std::string path) {
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path;
}

}  // namespace leat::detail

namespace leat::to {

LEAT_INLINE lines lines::header(std::string const& line) const {
  lines changed(*this);
  changed.header_ = detail::concat({line, "\n"});
  return changed;
}

LEAT_INLINE detail::lines_of_records lines::build_part(std::string const& path, std::optional<position> const& resume,
                                                       step_services const& services) const {
  return {path, header_, resume, services};
}

LEAT_INLINE std::vector<std::string> files::list_parts() const {
  if (count_ == 0) throw std::runtime_error("to::files(directory, count): the count of files must be at least one");
  std::vector<std::string> names;
  for (std::size_t i = 0; i != count_; ++i) names.push_back("part_" + std::to_string(i));
  return names;
}

LEAT_INLINE void files::check_part(std::string const& part, file_system& disk) const {
  bool const is_there = disk.facts(directory_, file_use::write).error != ENOENT;
  int const error = disk.obstacle(is_there ? file_of(part) : detail::without_end_slashes(directory_), file_use::write);
  if (error != 0 && !is_there) fail(error);
  if (error != 0) detail::refuse_to_write(file_of(part), detail::reason_not_to_write(error));
}

LEAT_INLINE detail::lines_of_values files::build_part(std::string const& part, std::optional<position> const& resume,
                                                      step_services const& services) const {
  int error = services.files().make_directory(directory_);
  bool const was_there = error == EEXIST;
  if (error != 0 && !was_there) fail(error);
  // Who made it may have been killed before this, so it is done each time. Of a directory that lies where this user
  // may not read somebody else takes care.
  if (services.host().recovers()) {
    error = services.files().sync_name(detail::without_end_slashes(directory_));
    if (error != 0 && !(was_there && error == EACCES)) fail(error);
  }
  return {file_of(part), resume, services};
}

LEAT_INLINE void files::fail(int error) const {
  throw std::runtime_error(
      detail::concat({"cannot make the directory \"", directory_, "\": ", std::generic_category().message(error)}));
}

}  // namespace leat::to
