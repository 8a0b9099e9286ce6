// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/concat.hpp>
#include <leat/detail/sort_names.hpp>
#include <leat/error.hpp>
#include <leat/from/input_file.hpp>
#include <leat/from/paths.hpp>
#include <leat/op/running/file_range.hpp>
#include <leat/op/running/file_system.hpp>

#include <fnmatch.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
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
  if (ranges_.whole()) return names;
  std::vector<std::string> of_ranges;
  for (std::string const& name : names)
    for (file_range range = ranges_; range.number != range.count; ++range.number)
      of_ranges.push_back(name_of_range(name, range));
  return of_ranges;
}

LEAT_COLD paths paths::in_ranges(std::uint64_t count, std::uint64_t block) const {
  constexpr std::uint64_t most_ranges = 4096;
  constexpr std::uint64_t largest_block = std::uint64_t{1} << 40;
  std::string const call = concat({".in_ranges(", std::to_string(count),
                                   block == file_range::usual_block ? "" : concat({", ", std::to_string(block)}), ")"});
  if (count == 0 || count > most_ranges)
    throw flow_error(concat({call, ": give a number of ranges from 1 to ", std::to_string(most_ranges),
                             "; as many as there are workers are enough"}));
  if (block == 0 || block > largest_block)
    throw flow_error(concat({call, ": give a block of 1 byte at least and ", std::to_string(largest_block),
                             " at most; without it, it is a MiB"}));
  for (std::string const& file : files_)
    if (file == "-")
      throw flow_error(concat({call,
                               ": standard input can only be read from its beginning to its end, by one worker: "
                               "give a file"}));
  paths copy(*this);
  copy.ranges_.count = count;
  copy.ranges_.block = block;
  return copy;
}

LEAT_COLD void paths::check_part(std::string const& part, file_system& files) const {
  std::string const path = path_of(part);
  check_readable(path, files);
  if (!ranges_.whole() && !regular(part, files))
    refuse_to_read(path, "it is no regular file, so it cannot be read in ranges: leave .in_ranges(...) out");
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
