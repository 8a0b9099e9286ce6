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

/// What a path leads to. A broken link is one that ends where nothing is.
enum class file_kind : std::uint8_t { absent, regular, directory, pipe, disk, other, broken_link };

/// What a file is to be opened for.
enum class file_use : std::uint8_t { read, write };

/// What is known of a file without reading it. Two paths lead to one file when device and number are the same.
struct file_facts {
  int error = 0;                       ///< why nothing is known: with `absent` and `broken_link`
  file_kind kind = file_kind::absent;  ///< of the file itself, not of a link to it
  std::uint64_t size = 0;              ///< in bytes
  std::uint64_t device = 0;            ///< where it lies
  std::uint64_t number = 0;            ///< which it is there
};

/// What the runtime offers of files. Errors are numbers of `errno`, 0 is none. A handle is that of an open file, pipe
/// or terminal, and belongs to one thread at a time; `open_file` owns one. Each call may be a call of the system: make
/// it for a buffer, not for a record.
class file_system {
 public:
  /// What came of a read.
  struct outcome {
    std::size_t count = 0;  ///< bytes
    int error = 0;          ///< EAGAIN: there is nothing yet
  };

  file_system() = default;
  file_system(file_system const&) = delete;
  file_system& operator=(file_system const&) = delete;

  /// Of what a path leads to. `-` is standard input, or standard output.
  virtual file_facts facts(std::string const& path, file_use use) = 0;
  /// Why it could not be opened, as far as that can be known without opening it. Of standard input, `-`: EBADF when it
  /// is closed, EACCES when it is open for writing only.
  virtual int obstacle(std::string const& path, file_use use) = 0;
  /// Where a file stands: its path from the root, without links. Of one that is still to be made: that of its
  /// directory, and its name. Empty where that cannot be found out.
  virtual std::string place(std::string const& path) = 0;
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
  /// The handle may be that of another file afterwards.
  virtual void close(int handle) = 0;

  /// Of an open file.
  virtual file_facts facts(int handle) = 0;
  /// Of a pipe or a terminal: whether `read` has something to give, if only the end or an error.
  virtual bool readable(int handle) = 0;
  /// At most `most` bytes, fewer where it likes; none without an error is the end.
  virtual outcome read(int handle, char* to, std::size_t most) = 0;
  /// All of these bytes; before an error some of them may have been written. A pipe's reader is waited for.
  virtual int write(int handle, std::string_view bytes) = 0;
  /// The byte that is read or written next; of standard input it may not be the first.
  virtual std::uint64_t position(int handle) = 0;
  /// The next read or write is at this byte.
  virtual int seek(int handle, std::uint64_t position) = 0;
  /// Cuts off what stands behind so many bytes; the position stays.
  virtual int truncate(int handle, std::uint64_t size) = 0;
  /// The error of an earlier write that some file systems find out only when a file is closed.
  virtual int late_error(int handle) = 0;
  /// All that was written and cut off is on the disk when this returns.
  virtual int sync(int handle) = 0;
  /// The same of the name of this file: that it is there.
  virtual int sync_name(std::string const& path) = 0;
  /// The number of another process that has locked this file, or parts of it; 0: none, or the system does not tell.
  virtual long process_with_lock(std::string const& path) {
    (void)path;
    return 0;
  }

 protected:
  ~file_system() = default;
};

/// An open file, or none. Its destructor closes it. Each function is that of `file_system`.
class open_file {
 public:
  open_file() = default;
  open_file(open_file const&) = delete;
  open_file& operator=(open_file const&) = delete;
  ~open_file() { close(); }

  /// The error of `file_system::open`, and then it is not open.
  int open(file_system& files, std::string const& path, file_use use) {
    close();
    return keep(files, files.open(path, use, handle_));
  }
  /// The error of `file_system::open_scratch`, and then it is not open.
  int open_scratch(file_system& files, std::string const& directory) {
    close();
    return keep(files, files.open_scratch(directory, handle_));
  }
  /// Does nothing where it is not open.
  void close() {
    if (is_open()) std::exchange(files_, nullptr)->close(handle_);
  }

  /// Whether the functions below may be called.
  bool is_open() const { return files_ != nullptr; }
  /// For `step_services::wake_when_readable`.
  int descriptor() const { return handle_; }

  /// What is known of it now.
  file_facts facts() const { return files_->facts(handle_); }
  /// Of a pipe or a terminal: whether `read` has something to give.
  bool readable() const { return files_->readable(handle_); }
  /// At most `most` bytes, fewer where it likes; none without an error is the end.
  file_system::outcome read(char* to, std::size_t most) { return files_->read(handle_, to, most); }
  /// All of these bytes, or an error.
  int write(std::string_view bytes) { return files_->write(handle_, bytes); }
  /// The byte that is read or written next.
  std::uint64_t position() const { return files_->position(handle_); }
  /// The next read or write is at this byte.
  int seek(std::uint64_t position) { return files_->seek(handle_, position); }
  /// Cuts off what stands behind so many bytes.
  int truncate(std::uint64_t size) { return files_->truncate(handle_, size); }
  /// The error of an earlier write that some file systems find out only when a file is closed.
  int late_error() { return files_->late_error(handle_); }
  /// All that was written and cut off is on the disk when this returns.
  int sync() { return files_->sync(handle_); }

 private:
  int keep(file_system& files, int error) {
    if (error == 0) files_ = &files;
    return error;
  }

  file_system* files_ = nullptr;  ///< null: it is not open
  int handle_ = -1;
};

}  // namespace leat
