// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/concat.hpp>
#include <leat/detail/sort_names.hpp>
#include <leat/from/paths.hpp>
#include <leat/op/running/file_system.hpp>

#include <fnmatch.h>

#include <cerrno>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace leat::detail {

LEAT_COLD std::string base_name(std::string const& path) { return path.substr(path.rfind('/') + 1); }

LEAT_COLD std::vector<std::string> paths::list_parts(file_system& files) const {
  std::vector<std::string> names = glob_.empty() ? files_ : names_in_directory(files);
  sort_names(names);
  for (std::size_t i = 1; i < names.size(); ++i)
    if (names[i] == names[i - 1]) throw std::runtime_error(concat({"the file \"", names[i], "\" is given twice"}));
  if (names.empty()) throw std::runtime_error("the list of files to read is empty");
  return names;
}

LEAT_COLD bool paths::regular(std::string const& part, file_system& files) const {
  return part != "-" && files.facts(path_of(part), file_use::read).kind == file_kind::regular;
}

LEAT_COLD void paths::fail(std::string const& reason) const {
  throw std::runtime_error(concat({"cannot read the directory \"", directory_, "\": ", reason}));
}

LEAT_COLD bool paths::is_left_out(std::string const& name, file_system& files) const {
  file_facts const facts = files.facts(concat({directory_, "/", name}), file_use::read);
  return facts.kind == file_kind::directory || (facts.kind == file_kind::absent && facts.error == ENOENT);
}

LEAT_COLD std::vector<std::string> paths::names_in_directory(file_system& files) const {
  std::vector<std::string> found;
  int const error = files.list(directory_, found);
  if (error == ENOTDIR) fail("it is a file; to read one file use from::lines or from::csv");
  if (error != 0) fail(std::generic_category().message(error));

  std::vector<std::string> names;
  for (std::string& name : found)
    if (::fnmatch(glob_.c_str(), name.c_str(), FNM_PERIOD) == 0 && !is_left_out(name, files))
      names.push_back(std::move(name));
  if (names.empty())
    throw std::runtime_error(concat({"no file in the directory \"", directory_, "\" matches \"", glob_, "\""}));
  return names;
}

}  // namespace leat::detail
