// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/from/file_position.hpp>
#include <leat/from/source.hpp>
#include <leat/op/running/file_system.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace leat::detail {

std::string reason_of(int error);
std::string name_of_input(std::string const& path);
[[noreturn, gnu::cold]] void refuse_to_read(std::string const& path, std::string const& reason);

/// Throws what opening the file would throw, as far as that can be known without opening it.
[[gnu::cold]] void check_readable(std::string const& path, file_system& files);

/// The bytes of a file, a pipe, a terminal (`-` is standard input), as a window that is moved along. Reading never
/// waits: where there is nothing yet, the worker is woken once there is.
class input_file {
 public:
  enum class got { bytes, nothing_yet, end };

  static constexpr std::size_t read_size = std::size_t{256} << 10;
  static constexpr std::size_t default_longest = std::size_t{16} << 20;

  /// Opens `path`. Throws std::runtime_error with a sentence.
  input_file(std::string path, step_services const& services, std::size_t longest = default_longest);
  input_file(input_file const&) = delete;
  input_file& operator=(input_file const&) = delete;

  std::string name() const { return name_of_input(path_); }
  step_services const& services() const { return services_; }

  /// What has been read and not been used.
  std::string_view unread() const { return {buffer_.get() + begin_, end_ - begin_}; }
  void consume(std::size_t bytes);
  /// Of the first byte of `unread`, from the beginning of the file.
  std::uint64_t position() const { return position_; }

  /// Throws when what stands before it is not what stood there.
  [[gnu::cold]] void seek(file_position const& position);
  /// Goes on at a byte further on; what stands before it counts as read. False, and nothing else, where the file has
  /// no such byte.
  [[gnu::cold]] bool pass_to(std::uint64_t byte);
  /// Whether the byte before the first one of `unread` is this. To be called before anything is read.
  [[gnu::cold]] bool stands_behind(char last);
  /// Of the first byte of `unread`, with what stands before it.
  file_position snapshot() const {
    if (begin_ == 0 && position_ == resumed_.byte) return resumed_;
    std::size_t const known = begin_ < file_position::most_known ? begin_ : file_position::most_known;
    return {position_, std::string_view(buffer_.get() + begin_ - known, known)};
  }

  /// One read. `unread` is longer afterwards, or there is nothing yet, or nothing more.
  got read_more();

  /// Throws for a record of so many bytes, its end of line left out, that is longer than allowed.
  void check_length(std::size_t bytes) const {
    if (bytes > longest_) [[unlikely]]
      refuse_length();
  }

  /// For a partition's `ready` and `next_awake`.
  bool ready() const { return waiting_ && file_.readable(); }
  std::optional<steady_time> next_awake() const { return waiting_ ? never : (steady_time::min)(); }

 private:
  [[gnu::cold]] void open();

  [[noreturn, gnu::cold]] void fail(int error) const { refuse_to_read(path_, reason_of(error)); }

  [[noreturn, gnu::cold]] void refuse_length() const;

  /// By the mark it begins with. Read as bytes it would give text that nobody meant.
  void refuse_utf_16() const;

  got wait();

  void make_room();

  std::string path_;
  step_services services_;
  std::size_t longest_;
  open_file file_;
  bool regular_ = false;
  bool waiting_ = false;
  std::unique_ptr<char[]> buffer_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::uint64_t position_ = 0;
  file_position resumed_;  ///< where it was gone on with
};

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/from/input_file.ipp>
#endif
