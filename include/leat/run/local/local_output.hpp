// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace leat::detail {

/// Writes to a descriptor on a thread of its own, since a reader may pause for ever, and the launcher has signals and
/// processes to look after meanwhile.
class background_writer {
 public:
  /// `news`: an eventfd that is signalled when something has been written, or cannot be written any more. It stays open
  /// as long as the process.
  background_writer(int descriptor, int news);
  background_writer(background_writer const&) = delete;
  background_writer& operator=(background_writer const&) = delete;
  ~background_writer();

  /// Appends bytes to what is written. They are dropped once nothing can be written any more.
  void write(std::string_view text);

  /// How many bytes wait to be written.
  std::size_t unwritten() const;
  /// The `errno` because of which nothing can be written any more; 0 while all is well.
  int error() const;

 private:
  struct state {
    int descriptor = -1;
    int news = -1;
    mutable std::mutex mutex;
    std::condition_variable bell;
    std::string waiting;
    std::size_t in_hand = 0;
    int error = 0;
    bool closing = false;
  };

  static void run(void* given);

  std::shared_ptr<state> state_;
};

/// The lines of one output of one process of a local cluster.
struct printed_lines {
  unsigned process = 0;
  std::string begun;       ///< of a line whose end has not come
  bool continues = false;  ///< the beginning of that line has been passed on
  bool ended = false;
};

/// One output of the launcher, on which the lines of all processes come together. A line stays whole unless it is
/// longer than 1 MiB.
class local_output {
 public:
  static constexpr std::size_t longest_line = std::size_t{1} << 20;
  static constexpr std::size_t enough = std::size_t{256} << 10;

  /// `prefixed`: each line begins with the number of its process.
  local_output(int descriptor, int news, bool prefixed) : writer_(descriptor, news), prefixed_(prefixed) {}

  /// Whether more should be read from the processes: not while much waits to be written.
  bool has_room() const { return writer_.unwritten() < enough; }
  bool all_written() const { return writer_.unwritten() == 0; }
  int error() const { return writer_.error(); }
  /// Whether a line of another process came in the middle of a line that was too long to be kept.
  bool has_mixed() const { return mixed_; }

  /// Takes bytes that a process has printed. Its time is linear in their number, however long the lines are.
  void pass_on(printed_lines& from, std::string_view bytes);
  /// A process prints nothing more. What comes next begins a line.
  void end(printed_lines& from);
  /// Prints a line of the launcher's own, given with its end.
  void show(std::string const& line);

 private:
  void put(printed_lines& from);

  void put_prefixed(printed_lines const& from);

  void finish_open_line();

  background_writer writer_;
  bool prefixed_;
  bool mixed_ = false;
  printed_lines* open_ = nullptr;  ///< whose line has been passed on without its end
};

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/run/local/local_output.ipp>
#endif
