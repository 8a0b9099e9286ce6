// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/list.hpp>
#include <leat/picture.hpp>
#include <leat/run/cli/settings.hpp>
#include <leat/run/local/local_processes.hpp>
#include <leat/run/options.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace leat {
namespace detail {
struct flag;
}

/// What becomes of words like `--name` that are no flags of leat's and that the program's usage text does not name.
enum class unknown_flags {
  refused,  ///< by `leat::main`, with the nearest flag that there is
  passed,   ///< to the program, among its own arguments
};

/// A program's command line with leat's own flags taken out of it. A flag that is not given is looked up in the
/// environment (LEAT_..., then Bytewax's name); else the value is that of `defaults`. The last one of a repeated flag
/// counts; `--` ends the flags. `leat::main` says what is wrong with the flags.
class command_line {
 public:
  /// `usage` describes the program's own arguments: in its first line as they are written, `[--csv] FILE...`, and in
  /// further lines whatever `--help` should say of them. Flags that it names are the program's own.
  command_line(int argc, char const* const* argv, std::string usage = {}, leat::options defaults = {},
               unknown_flags others = unknown_flags::refused);

  /// The name by which the program was called.
  std::string const& program() const { return program_; }
  /// The program's own arguments, in their order.
  std::vector<std::string> const& rest() const { return rest_; }
  /// How many processes are to be started on this machine (-p), and the arguments of each.
  unsigned local_processes() const { return settings_.local_processes; }
  std::vector<std::string> const& words_of_each() const { return words_; }
  /// The same, in the form that the launcher takes.
  [[gnu::cold]] detail::local_processes all_local_processes() const;
  /// How the flow is to be run.
  leat::options const& options() const { return settings_.options; }
  /// All settings, and which flag or variable made each.
  detail::settings const& settings() const { return settings_; }
  /// The kind of picture that `--graph` asks for.
  std::optional<picture> const& graph() const { return settings_.graph; }

  bool wants_help() const { return wants_help_; }
  bool wants_version() const { return wants_version_; }
  /// Whether nothing is to be run: help or the version is asked for.
  bool wants_answer() const { return wants_help_ || wants_version_; }
  /// What is wrong with leat's flags; empty when nothing is.
  std::string const& fault() const { return fault_; }
  /// What is wrong with a flag that is neither leat's nor the program's; empty when there is none. It is among `rest()`
  /// all the same.
  std::string const& unknown_flag() const { return unknown_flag_; }

  /// What `--help` prints.
  [[gnu::cold]] std::string help() const;

  /// Prints help or the version; gives the exit status.
  [[gnu::cold]] int answer() const;
  /// On standard output; gives the exit status, 1 when the text cannot be written.
  static int print(std::string const& text);

  /// For arguments of the program's own that are wrong: prints the message and a hint to standard error, and gives the
  /// exit status: `if (...) return cli.refuse("--csv needs a file");`. When help or the version was asked for, prints
  /// that instead.
  [[gnu::cold]] int refuse(std::string const& reason) const;

 private:
  [[gnu::cold]] std::string synopsis() const;

  void take_flags(int argc, char const* const* argv);

  void take_own(std::string_view word);

  /// `-w4`, `-w 4`, `--workers-per-process=4`, `--workers-per-process 4`. The first fault does not end the search for
  /// `--help`.
  [[gnu::cold]] void take(detail::flag const& flag, int argc, char const* const* argv, int& i);

  void take_environment();

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

#ifndef LEAT_COMPILED
#include <leat/run/cli/command_line.ipp>
#endif
