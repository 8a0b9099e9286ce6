// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Files as sources and sinks reach them. The runtime has them: the machine's, or those of a disk that a test has made.
namespace leat {

enum class file_kind : std::uint8_t { absent, regular, directory, pipe, disk, other, broken_link };
enum class file_use : std::uint8_t { read, write };

/// What is known of a file without reading it.
struct file_facts {
  int error = 0;  ///< with `absent`, and with `broken_link`, which ends where nothing is
  file_kind kind = file_kind::absent;
  std::uint64_t size = 0;
  /// Two paths lead to one file when both are the same.
  std::uint64_t device = 0;
  std::uint64_t number = 0;
};

/// Errors are numbers of <cerrno>, 0 is none. A handle is that of an open file, pipe or terminal, and belongs to one
/// thread at a time. Each call may be a call of the system: make it for a buffer, not for a record.
class file_system {
 public:
  struct outcome {
    std::size_t count = 0;
    int error = 0;
  };

  file_system() = default;
  file_system(file_system const&) = delete;
  file_system& operator=(file_system const&) = delete;

  /// `-` is standard input, or standard output.
  virtual file_facts facts(std::string const& path, file_use use) = 0;
  /// Why it could not be opened, as far as that can be known without opening it. Of standard input, `-`: EBADF when it
  /// is closed, EACCES when it is open for writing only.
  virtual int obstacle(std::string const& path, file_use use) = 0;
  /// The names of what is in a directory, in any order.
  virtual int list(std::string const& directory, std::vector<std::string>& names) = 0;
  /// EEXIST where there is something of this name.
  virtual int make_directory(std::string const& path) = 0;

  /// Nobody is waited for at the other end of a named pipe. To be read: `-` is standard input. To be written: it is
  /// made where it is not there, and nothing is cut off; ENXIO is that nobody reads the named pipe, EWOULDBLOCK that
  /// somebody else writes the file.
  virtual int open(std::string const& path, file_use use, int& handle) = 0;
  /// To be written and read again; it has no name, and is gone when it is closed.
  virtual int open_scratch(std::string const& directory, int& handle) = 0;
  virtual void close(int handle) = 0;

  virtual file_facts facts(int handle) = 0;
  /// Of a pipe or a terminal: whether `read` has something to give, if only the end or an error.
  virtual bool readable(int handle) = 0;
  /// At most `most` bytes, fewer where it likes; none is the end. EAGAIN: there is nothing yet.
  virtual outcome read(int handle, char* to, std::size_t most) = 0;
  /// All of these bytes; before an error some of them may have been written. A pipe's reader is waited for.
  virtual int write(int handle, std::string_view bytes) = 0;
  /// The byte that is read or written next; of standard input it may not be the first.
  virtual std::uint64_t position(int handle) = 0;
  virtual int seek(int handle, std::uint64_t position) = 0;
  virtual int truncate(int handle, std::uint64_t size) = 0;
  /// The error of an earlier write that some file systems find out only when a file is closed.
  virtual int late_error(int handle) = 0;

 protected:
  ~file_system() = default;
};

/// An open file, or none. Its destructor closes it.
class open_file {
 public:
  open_file() = default;
  open_file(open_file const&) = delete;
  open_file& operator=(open_file const&) = delete;
  ~open_file() { close(); }

  int open(file_system& files, std::string const& path, file_use use) {
    close();
    return keep(files, files.open(path, use, handle_));
  }
  int open_scratch(file_system& files, std::string const& directory) {
    close();
    return keep(files, files.open_scratch(directory, handle_));
  }
  void close() {
    if (is_open()) std::exchange(files_, nullptr)->close(handle_);
  }

  bool is_open() const { return files_ != nullptr; }
  /// For `step_services::wake_when_readable`.
  int descriptor() const { return handle_; }

  file_facts facts() const { return files_->facts(handle_); }
  bool readable() const { return files_->readable(handle_); }
  file_system::outcome read(char* to, std::size_t most) { return files_->read(handle_, to, most); }
  int write(std::string_view bytes) { return files_->write(handle_, bytes); }
  std::uint64_t position() const { return files_->position(handle_); }
  int seek(std::uint64_t position) { return files_->seek(handle_, position); }
  int truncate(std::uint64_t size) { return files_->truncate(handle_, size); }
  int late_error() { return files_->late_error(handle_); }

 private:
  int keep(file_system& files, int error) {
    if (error == 0) files_ = &files;
    return error;
  }

  file_system* files_ = nullptr;  ///< null: it is not open
  int handle_ = -1;
};

}  // namespace leat
