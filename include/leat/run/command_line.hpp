// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/concat.hpp>
#include <leat/detail/list.hpp>
#include <leat/picture.hpp>
#include <leat/run/environment.hpp>
#include <leat/run/cluster_settings.hpp>
#include <leat/run/flags.hpp>
#include <leat/run/local_processes.hpp>
#include <leat/run/nearest_flag.hpp>
#include <leat/run/options.hpp>
#include <leat/version.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace leat {

/// What becomes of words like `--name` that are no flags of leat's and that the program's usage text does not name.
enum class unknown_flags {
  refused,  ///< by `leat::main`, with the nearest flag that there is
  passed,   ///< to the program, among its own arguments
};

/// A program's command line with leat's own flags taken out of it. A flag that is not given is looked up in the
/// environment (LEAT_..., then Bytewax's name), and then is what `defaults` says. The last one of a repeated flag counts;
/// `--` ends the flags. What is wrong with them is said by `leat::main`, which a program calls in any case.
class command_line {
 public:
  /// `usage` describes the program's own arguments: in its first line as they are written, `[--csv] FILE...`, and in
  /// further lines whatever `--help` should say of them. Flags that it names are the program's own.
  command_line(int argc, char const* const* argv, std::string usage = {}, options defaults = {},
               unknown_flags others = unknown_flags::refused)
      : usage_(std::move(usage)), others_(others) {
    settings_.how = std::move(defaults);
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

  /// The name the program was called by.
  std::string const& program() const { return program_; }
  /// The program's own arguments, in their order.
  std::vector<std::string> const& rest() const { return rest_; }
  /// How many processes are to be started on this machine (-p), and the arguments of each.
  unsigned local_processes() const { return settings_.local_processes; }
  std::vector<std::string> const& words_of_each() const { return words_; }
  /// The same, as what starts them takes it.
  [[gnu::cold]] detail::local_processes all_local_processes() const {
    detail::local_processes all;
    all.program = program_;
    all.words = words_;
    all.count = settings_.local_processes;
    all.prefix = settings_.prefix;
    all.asked_by = settings_.source(&detail::set_local_processes);
    return all;
  }
  /// How the flow is to be run.
  options const& how() const { return settings_.how; }
  /// Everything they set, and which flag or variable did.
  detail::settings const& settings() const { return settings_; }
  /// What `--graph` asks for.
  std::optional<picture> const& graph() const { return settings_.graph; }

  bool wants_help() const { return wants_help_; }
  bool wants_version() const { return wants_version_; }
  /// Whether nothing is to be run: help or the version is asked for.
  bool wants_answer() const { return wants_help_ || wants_version_; }
  /// What is wrong with leat's flags; empty when nothing is.
  std::string const& fault() const { return fault_; }
  /// The same of a flag that is nobody's. It is among `rest()` all the same.
  std::string const& unknown_flag() const { return unknown_flag_; }

  /// What `--help` prints.
  [[gnu::cold]] std::string help() const {
    auto const end_of_line = usage_.find('\n');
    std::string text = synopsis();
    text += '\n';
    if (end_of_line != std::string::npos) text.append(usage_, end_of_line + 1).append("\n");
    text += "\nHow the flow is run (in brackets: the variables of the environment that say the same):\n";
    for (detail::flag const& one : detail::flags) text += one.help_line();
    return text +
           "  -h, --help                       print this and exit\n"
           "      --version                    print the version of leat and exit\n"
           "Only in the environment: LEAT_SECRET is the secret itself; LEAT_HOSTFILE_PATH [BYTEWAX_HOSTFILE_PATH] names a file\n"
           "with an address on each line, for -a; LEAT_POD_NAME and LEAT_STATEFULSET_NAME [BYTEWAX_...] give -i in Kubernetes.\n"
           "Exit status: 0 the flow has ended or was stopped, 1 it failed, 2 wrong arguments, 75 a process of the cluster was\n"
           "not found or was lost, 76 the processes do not belong together.\n";
  }

  /// Prints help or the version; gives the exit status.
  [[gnu::cold]] int answer() const {
    return print(wants_help_ ? help() : detail::concat({program_, " (leat " LEAT_VERSION ")\n"}));
  }
  /// On standard output; gives the exit status, 1 when the text cannot be written.
  static int print(std::string const& text) {
    return std::fputs(text.c_str(), stdout) >= 0 && std::fflush(stdout) == 0 ? 0 : 1;
  }

  /// For arguments of the program's own that are wrong: says so on standard error with a hint, and gives the exit
  /// status: `if (...) return cli.refuse("--csv needs a file");`. Whoever asked for help or the version gets that instead.
  [[gnu::cold]] int refuse(std::string const& why) const {
    if (wants_answer()) return answer();
    std::string const text = detail::concat(
        {program_, ": ", !fault_.empty() ? fault_ : !unknown_flag_.empty() ? unknown_flag_ : why, "\n", synopsis(), "   (", program_, " --help explains)\n"});
    std::fputs(text.c_str(), stderr);
    return 2;
  }

 private:
  [[gnu::cold]] std::string synopsis() const {
    std::string text = "usage: " + program_;
    for (detail::flag const& one : detail::flags)
      if (!one.letter.empty()) text += detail::concat({" [", one.spelling(), "]"});
    text += " [--...]";
    if (!usage_.empty()) text += " " + usage_.substr(0, usage_.find('\n'));
    return text;
  }

  void take_flags(int argc, char const* const* argv) {
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
          found != nullptr && (found->set == &detail::set_local_processes || found->set == &detail::set_prefix);
      if (!of_whole_cluster) words_.insert(words_.end(), argv + first, argv + (std::min)(i + 1, argc));
    }
  }

  void take_own(std::string_view word) {
    rest_.emplace_back(word);
    if (others_ == unknown_flags::passed || !word.starts_with("--") || !unknown_flag_.empty()) return;
    if (!detail::is_named_in(usage_, word.substr(2, word.find('=') - 2)))
      unknown_flag_ = detail::no_such_flag(word, usage_);
  }

  /// `-w4`, `-w 4`, `--workers-per-process=4`, `--workers-per-process 4`. The first fault does not end the search for
  /// `--help`.
  [[gnu::cold]] void take(detail::flag const& which, int argc, char const* const* argv, int& i) {
    std::string_view const word = argv[i];
    bool const is_long = word[1] == '-';
    std::size_t const name_ends = is_long ? word.find('=') : 2;
    std::string const name(word.substr(0, name_ends));
    given_.push_back(&which);
    try {
      if (which.stands_alone() && name_ends >= word.size())
        which.apply(settings_, name, "yes");
      else if (name_ends < word.size())
        which.apply(settings_, name, word.substr(name_ends + (is_long ? 1 : 0)));
      else if (i + 1 < argc)
        which.apply(settings_, name, argv[++i]);
      else
        throw usage_error(detail::concat({name, " is to be followed by ", which.value}));
    } catch (usage_error const& wrong) {
      if (fault_.empty()) fault_ = wrong.what();
    }
  }

  void take_environment() {
    for (detail::flag const& one : detail::flags) {
      bool given = false;
      for (detail::flag const* other : given_) given = given || other == &one;
      if (given) continue;
      for (char const* const name : {one.variable, one.bytewax_variable}) {
        char const* const value = name != nullptr ? detail::environment(name) : nullptr;
        if (value == nullptr) continue;
        one.apply(settings_, name, value);
        break;
      }
    }
  }

  std::string program_;
  std::string usage_;
  unknown_flags others_;
  std::string fault_;
  std::string unknown_flag_;
  detail::settings settings_;
  std::vector<std::string> rest_;
  std::vector<std::string> words_;
  detail::list<detail::flag const*> given_;
  bool wants_help_ = false;
  bool wants_version_ = false;
};

}  // namespace leat
