// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/concat.hpp>
#include <leat/to/lines.hpp>
#include <leat/to/output_file.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

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

LEAT_INLINE void files::check_part(std::string const& part) const {
  struct stat facts{};
  if (::stat(directory_.c_str(), &facts) == 0 || errno != ENOENT) return detail::check_writable(file_of(part));
  std::string parent = directory_;
  while (parent.size() > 1 && parent.ends_with('/')) parent.pop_back();
  std::size_t const slash = parent.rfind('/');
  parent = slash == std::string::npos ? "." : parent.substr(0, slash + 1);
  if (::faccessat(AT_FDCWD, parent.c_str(), W_OK | X_OK, AT_EACCESS) != 0) fail(errno);
}

LEAT_INLINE detail::lines_of_values files::build_part(std::string const& part, std::optional<position> const& resume,
                                                      step_services const& services) const {
  if (::mkdir(directory_.c_str(), 0777) != 0 && errno != EEXIST) fail(errno);
  return {file_of(part), resume, services};
}

LEAT_INLINE void files::fail(int error) const {
  throw std::runtime_error(
      detail::concat({"cannot make the directory \"", directory_, "\": ", std::generic_category().message(error)}));
}

}  // namespace leat::to
