// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/concat.hpp>
#include <leat/detail/sort_names.hpp>

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

/// The file's own name, without the directories that lead to it.
inline std::string base_name(std::string const& path) { return path.substr(path.rfind('/') + 1); }

/// The files that a source reads, each a partition: given one by one, or found in a directory when the run begins.
class paths {
 public:
  explicit paths(std::vector<std::string> files) : files_(std::move(files)) {}
  paths(std::string directory, std::string glob) : directory_(std::move(directory)), glob_(std::move(glob)) {}

  /// The partitions' names: paths as they were given, or the names of the files in the directory. Throws
  /// std::runtime_error with a sentence.
  [[gnu::cold]] std::vector<std::string> list_parts() const {
    std::vector<std::string> names = glob_.empty() ? files_ : names_in_directory();
    sort_names(names);
    for (std::size_t i = 1; i < names.size(); ++i)
      if (names[i] == names[i - 1]) throw std::runtime_error(concat({"the file \"", names[i], "\" is given twice"}));
    if (names.empty()) throw std::runtime_error("the list of files to read is empty");
    return names;
  }

  /// Whether it is one file, given by its name.
  bool single() const { return glob_.empty() && files_.size() == 1; }

  /// A file that has an end, as a pipe need not.
  bool regular(std::string const& part) const {
    struct stat facts {};
    return part != "-" && ::stat(path_of(part).c_str(), &facts) == 0 && S_ISREG(facts.st_mode);
  }

  std::string path_of(std::string const& part) const { return glob_.empty() ? part : concat({directory_, "/", part}); }

 private:
  [[noreturn, gnu::cold]] void fail(std::string const& reason) const {
    throw std::runtime_error(concat({"cannot read the directory \"", directory_, "\": ", reason}));
  }

  /// A file about which nothing can be learnt is not left out: the error that opening it gives names it. One that has been
  /// taken away since its name was read is not there.
  bool is_directory(std::string const& name) const {
    struct stat facts {};
    std::string const path = concat({directory_, "/", name});
    if (::stat(path.c_str(), &facts) == 0) return S_ISDIR(facts.st_mode);
    return errno == ENOENT && ::lstat(path.c_str(), &facts) != 0;
  }

  [[gnu::cold]] std::vector<std::string> names_in_directory() const {
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

  std::vector<std::string> files_;
  std::string directory_;
  std::string glob_;
};

}  // namespace leat::detail
