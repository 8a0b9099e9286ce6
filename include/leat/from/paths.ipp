// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/concat.hpp>
#include <leat/detail/sort_names.hpp>
#include <leat/from/paths.hpp>

#include <dirent.h>
#include <fnmatch.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace leat::detail {

LEAT_INLINE std::string base_name(std::string const& path) { return path.substr(path.rfind('/') + 1); }

LEAT_INLINE std::vector<std::string> paths::list_parts() const {
  std::vector<std::string> names = glob_.empty() ? files_ : names_in_directory();
  sort_names(names);
  for (std::size_t i = 1; i < names.size(); ++i)
    if (names[i] == names[i - 1]) throw std::runtime_error(concat({"the file \"", names[i], "\" is given twice"}));
  if (names.empty()) throw std::runtime_error("the list of files to read is empty");
  return names;
}

LEAT_INLINE bool paths::regular(std::string const& part) const {
  struct stat facts{};
  return part != "-" && ::stat(path_of(part).c_str(), &facts) == 0 && S_ISREG(facts.st_mode);
}

LEAT_INLINE void paths::fail(std::string const& reason) const {
  throw std::runtime_error(concat({"cannot read the directory \"", directory_, "\": ", reason}));
}

LEAT_INLINE bool paths::is_directory(std::string const& name) const {
  struct stat facts{};
  std::string const path = concat({directory_, "/", name});
  if (::stat(path.c_str(), &facts) == 0) return S_ISDIR(facts.st_mode);
  return errno == ENOENT && ::lstat(path.c_str(), &facts) != 0;
}

LEAT_INLINE std::vector<std::string> paths::names_in_directory() const {
  struct closing {
    void operator()(DIR* open) const { ::closedir(open); }
  };
  std::unique_ptr<DIR, closing> const open(::opendir(directory_.c_str()));
  if (open == nullptr && errno == ENOTDIR) fail("it is a file; to read one file use from::lines or from::csv");
  if (open == nullptr) fail(std::generic_category().message(errno));

  std::vector<std::string> names;
  errno = 0;
  while (dirent const* entry = ::readdir(open.get())) {
    std::string name(entry->d_name);
    bool const matches = ::fnmatch(glob_.c_str(), name.c_str(), FNM_PERIOD) == 0;
    if (matches && !is_directory(name)) names.push_back(std::move(name));
    errno = 0;
  }
  if (errno != 0) fail(std::generic_category().message(errno));
  if (names.empty())
    throw std::runtime_error(concat({"no file in the directory \"", directory_, "\" matches \"", glob_, "\""}));
  return names;
}

}  // namespace leat::detail
