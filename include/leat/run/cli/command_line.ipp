// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/concat.hpp>
#include <leat/detail/list.hpp>
#include <leat/run/cli/cluster_settings.hpp>
#include <leat/run/cli/command_line.hpp>
#include <leat/run/cli/flags.hpp>
#include <leat/run/cli/nearest_flag.hpp>
#include <leat/run/environment.hpp>
#include <leat/run/local/local_processes.hpp>
#include <leat/run/options.hpp>
#include <leat/version.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace leat {

LEAT_INLINE command_line::command_line(int argc, char const* const* argv, std::string usage, leat::options defaults,
                                       unknown_flags others)
    : usage_(std::move(usage)), others_(others) {
  settings_.options = std::move(defaults);
  if (argc > 0) program_ = argv[0];
  program_.erase(0, program_.rfind('/') + 1);
  if (program_.empty()) program_ = "flow";
  try {
    take_flags(argc, argv);
    take_environment();
    if (fault_.empty()) detail::settle_cluster(settings_);
  } catch (usage_error const& wrong) {
    fault_ = wrong.what();
  }
}

LEAT_INLINE detail::local_processes command_line::all_local_processes() const {
  detail::local_processes processes;
  processes.program = program_;
  processes.words = words_;
  processes.count = settings_.local_processes;
  processes.stopped_status = settings_.stopped_status;
  processes.max_restarts = settings_.max_restarts;
  processes.prefix = settings_.prefix;
  processes.asked_by = settings_.source(&detail::set_local_processes);
  return processes;
}

LEAT_INLINE std::string command_line::help() const {
  auto const end_of_line = usage_.find('\n');
  std::string text = synopsis();
  text += '\n';
  if (end_of_line != std::string::npos) text.append(usage_, end_of_line + 1).append("\n");
  text += "\nIn brackets: the variables of the environment that say the same.\n";
  for (detail::flag const& flag : detail::flags) {
    if (*flag.heading != '\0') text += detail::concat({"\n", flag.heading, ":\n"});
    text += flag.help_line();
  }
  return text +
         "\n"
         "  -h, --help                       print this and exit\n"
         "      --version                    print the version of leat and exit\n"
         "Only in the environment: LEAT_SECRET is the secret itself; LEAT_HOSTFILE_PATH [BYTEWAX_HOSTFILE_PATH] names "
         "a file\n"
         "with an address on each line, for -a; LEAT_POD_NAME and LEAT_STATEFULSET_NAME [BYTEWAX_...] give -i in "
         "Kubernetes.\n"
         "Exit status: 0 the flow has ended or was stopped, 1 it failed, 2 wrong arguments, 75 a process of the "
         "cluster was\n"
         "not found or was lost, or another one has the recovery store, 76 the processes do not belong together.\n";
}

LEAT_INLINE int command_line::answer() const {
  return print(wants_help_ ? help() : detail::concat({program_, " (leat " LEAT_VERSION ")\n"}));
}

LEAT_INLINE int command_line::print(std::string const& text) {
  return std::fputs(text.c_str(), stdout) >= 0 && std::fflush(stdout) == 0 ? 0 : 1;
}

LEAT_INLINE int command_line::refuse(std::string const& reason) const {
  if (wants_answer()) return answer();
  std::string const text = detail::concat({program_, ": ",
                                           !fault_.empty()          ? fault_
                                           : !unknown_flag_.empty() ? unknown_flag_
                                                                    : reason,
                                           "\n", synopsis(), "   (", program_, " --help explains)\n"});
  std::fputs(text.c_str(), stderr);
  return 2;
}

LEAT_INLINE std::string command_line::synopsis() const {
  std::string text = "usage: " + program_;
  for (detail::flag const& flag : detail::flags)
    if (!flag.letter.empty()) text += detail::concat({" [", flag.spelling(), "]"});
  text += " [--...]";
  if (!usage_.empty()) text += " " + usage_.substr(0, usage_.find('\n'));
  return text;
}

LEAT_INLINE void command_line::take_flags(int argc, char const* const* argv) {
  for (int i = 1; i < argc; ++i) {
    std::string_view const word = argv[i];
    int const first = i;
    if (word == "--") {
      while (++i < argc) rest_.push_back(argv[i]);
      words_.insert(words_.end(), argv + first, argv + argc);
      return;
    }
    detail::flag const* const found = detail::flag_of(word);
    if (word == "-h" || word == "--help")
      wants_help_ = true;
    else if (word == "--version")
      wants_version_ = true;
    else if (found != nullptr)
      take(*found, argc, argv, i);
    else
      take_own(argv[i]);
    bool const of_whole_cluster =
        found != nullptr && (found->set == &detail::set_local_processes || found->set == &detail::set_prefix ||
                             found->set == &detail::set_max_restarts);
    if (!of_whole_cluster) words_.insert(words_.end(), argv + first, argv + (std::min)(i + 1, argc));
  }
}

LEAT_INLINE void command_line::take_own(std::string_view word) {
  rest_.emplace_back(word);
  if (others_ == unknown_flags::passed || !word.starts_with("--") || !unknown_flag_.empty()) return;
  if (!detail::is_named_in(usage_, word.substr(2, word.find('=') - 2)))
    unknown_flag_ = detail::no_such_flag(word, usage_);
}

LEAT_INLINE void command_line::take(detail::flag const& flag, int argc, char const* const* argv, int& i) {
  std::string_view const word = argv[i];
  bool const is_long = word[1] == '-';
  std::size_t const name_ends = is_long ? word.find('=') : 2;
  std::string const name(word.substr(0, name_ends));
  given_.push_back(&flag);
  try {
    if (flag.stands_alone() && name_ends >= word.size())
      flag.apply(settings_, name, "yes");
    else if (name_ends < word.size())
      flag.apply(settings_, name, word.substr(name_ends + (is_long ? 1 : 0)));
    else if (i + 1 < argc)
      flag.apply(settings_, name, argv[++i]);
    else
      throw usage_error(detail::concat({name, " is to be followed by ", flag.value}));
  } catch (usage_error const& wrong) {
    if (fault_.empty()) fault_ = wrong.what();
  }
}

LEAT_INLINE void command_line::take_environment() {
  for (detail::flag const& flag : detail::flags) {
    bool given = false;
    for (detail::flag const* other : given_) given = given || other == &flag;
    if (given) continue;
    for (char const* const name : {flag.variable, flag.bytewax_variable}) {
      char const* const value = name != nullptr ? detail::environment(name) : nullptr;
      if (value == nullptr) continue;
      flag.apply(settings_, name, value);
      break;
    }
  }
}

}  // namespace leat
