// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/concat.hpp>
#include <leat/detail/exception_text.hpp>
#include <leat/detail/list.hpp>
#include <leat/detail/sort_names.hpp>
#include <leat/graph.hpp>
#include <leat/op/running/file_system.hpp>
#include <leat/op/running/step_context.hpp>
#include <leat/run/used_files.hpp>

#include <cerrno>
#include <cstddef>
#include <exception>
#include <string>
#include <utility>
#include <vector>

namespace leat::detail {

LEAT_COLD void used_files::add(node const& described, std::string const& part, file_system& files) {
  std::string path = described.file_of(part);
  if (path.empty()) return;
  used file{&described, std::move(path), described.writes_files(), kind::other};
  std::string const identity = identify(file, files);
  if (identity.empty()) return;
  // In the order of the identities, those of one identity as they were added.
  std::string const number = std::to_string(files_.size());
  sorted_.push_back(concat({identity, "\n", std::string(20 - number.size(), '0'), number}));
  files_.push_back(std::move(file));
}

LEAT_COLD void used_files::refuse_conflicts(worker_services& worker) {
  sort_names(sorted_);
  for (std::size_t i = 0; i != sorted_.size(); ++i)
    for (std::size_t j = i; j != 0 && identity_at(j - 1) == identity_at(i); --j)
      refuse_conflict(file_at(j - 1), file_at(i), worker);
}

LEAT_COLD std::string used_files::identify(used& file, file_system& files) {
  file_facts const facts = files.facts(file.path, file.written ? file_use::write : file_use::read);
  if (facts.error != 0) return file.written && facts.error == ENOENT ? identify_new(file, files) : std::string();
  if (facts.kind == file_kind::regular || facts.kind == file_kind::disk) file.of = kind::stored;
  if (facts.kind == file_kind::pipe) file.of = kind::pipe;
  bool const matters = file.of != kind::other || (file.path == "-" && !file.written);
  return matters ? number_of(facts) : std::string();
}

LEAT_COLD std::string used_files::identify_new(used& file, file_system& files) {
  file.of = kind::stored;
  std::size_t const slash = file.path.rfind('/');
  std::string const directory = slash == std::string::npos ? "." : file.path.substr(0, slash + 1);
  file_facts const facts = files.facts(directory, file_use::write);
  if (facts.error != 0) return concat({"new ", file.path});
  return concat({number_of(facts), "/", file.path.substr(slash + 1)});
}

LEAT_COLD std::string used_files::number_of(file_facts const& facts) {
  return concat({std::to_string(facts.device), ":", std::to_string(facts.number)});
}

LEAT_COLD void used_files::refuse_conflict(used const& first, used const& second, worker_services& worker) {
  bool const one_stream = first.path == "-" && second.path == "-" && first.written == second.written;
  if (one_stream && first.written) return;  // lines of several outputs on standard output stay whole
  bool const spoilt = first.written || second.written;
  if (!one_stream && first.of == kind::stored && !spoilt) return;
  if (!one_stream && first.of == kind::other) return;
  used const& blamed = second.written || !first.written ? second : first;
  used const& other = &blamed == &second ? first : second;
  char const* const harm = first.of == kind::stored && spoilt
                               ? (other.written ? "what one of them writes the other would overwrite"
                                                : "what is to be read would be emptied, or never end")
                               : "each would have a part of what passes through it";
  step_info const& its = other.described->step();
  step_context step(blamed.described->step(), worker);
  step.epoch = step_context::before_the_first;
  throw step.error(
      concat({blamed.written ? "it writes " : "it reads ", name_of(blamed), ", which ", its.kind, " \"", its.name,
              "\" (", place_of(its.location), ") ", other.written ? "writes" : "reads",
              other.path == blamed.path && other.path != "-" ? std::string() : concat({" as ", name_of(other)}),
              " too: ", harm}));
}

LEAT_COLD std::string used_files::name_of(used const& file) {
  if (file.path == "-") return file.written ? "standard output" : "standard input";
  return concat({"\"", file.path, "\""});
}

LEAT_COLD std::string obstacle_to(node const& described, std::string const& part, file_system& files) {
  try {
    described.check_part(part, files);
    return {};
  } catch (std::exception const& error) {
    return exception_text(error);
  }
}

}  // namespace leat::detail
