// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/op/running/slot_ownership.hpp>
#include <leat/recovery/resume_point.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace leat::detail {

/// States are kept by groups of slots: few enough that a small change is a small write, enough that a large one is.
inline constexpr unsigned slots_in_group = 16;
inline constexpr unsigned group_count = slot_count / slots_in_group;

/// Which file of which store.
struct store_identity {
  std::string set;     ///< the same in all files of a store, and in no other
  unsigned index = 0;  ///< from 0
  unsigned count = 1;  ///< files of the store

  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive & set & index & count;
  }
};

/// Rows of the slots of one group, as of one epoch.
struct kept_group {
  std::string step;
  std::uint32_t group = 0;
  std::uint64_t epoch = 0;
  std::uint16_t present = 0;     ///< a bit for each slot of which there are rows, or which is full
  std::uint16_t full = 0;        ///< a bit for each slot of which all rows are here: earlier ones are needed no more
  std::string codec;             ///< what a row is made of, as `record_text` writes it
  std::vector<std::byte> bytes;  ///< `grouped_rows`

  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive & step & group & epoch & present & full & codec & bytes;
  }
};

/// Where a partition was at the end of an epoch.
struct kept_position {
  std::string step;
  std::string partition;
  std::uint64_t epoch = 0;
  std::string codec;  ///< what it is made of
  std::vector<std::byte> bytes;
  std::string place = {};  ///< of the file, where the partition is named by its path: `file_system::place`

  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive & step & partition & epoch & codec & bytes & place;
  }
};

/// By step: what is kept of it is made of these.
using kept_steps = std::map<std::string, std::vector<std::string>>;

/// What a file does in one step, all of it or nothing.
struct store_commit {
  std::uint64_t run = 0;
  std::uint64_t epoch = 0;  ///< which it has all of then
  std::int64_t time = 0;    ///< seconds since 1970
  std::uint64_t oldest_epoch = 0;
  std::vector<kept_group> groups;
  std::vector<kept_position> positions;
  /// To be removed; without their bytes.
  std::vector<kept_group> old_groups;
  std::vector<kept_position> old_positions;
};

/// A new run takes a file.
struct store_claim {
  resume_point from;
  unsigned processes = 1;
  unsigned workers = 1;  ///< of all processes
  std::int64_t time = 0;
  std::string flow;                    ///< the name of the flow
  std::vector<std::string> forgotten;  ///< steps, of which all is removed
};

/// One file of a store. One thread at a time; what it throws, a std::runtime_error, names the file and says what is
/// wrong. After a call that has thrown nothing else may be asked of it.
class store_file {
 public:
  store_file() = default;
  store_file(store_file const&) = delete;
  store_file& operator=(store_file const&) = delete;
  virtual ~store_file() = default;

  virtual std::string const& path() const = 0;
  virtual store_identity const& identity() const = 0;
  /// The name of the flow that has claimed it; empty: none has.
  virtual std::string flow() = 0;
  virtual store_history history() = 0;
  /// Of which something is kept, and what that is made of: more than one thing where a program has been changed.
  virtual kept_steps steps() = 0;
  /// When which of the latest epochs was done.
  virtual std::vector<std::pair<std::uint64_t, std::int64_t>> times() = 0;

  /// What was kept of later epochs than that which the run goes on from is removed; the run is written down. It is on
  /// the disk when this returns.
  virtual void claim(store_claim const& by) = 0;
  /// Of all partitions, of each in the order of its epochs.
  virtual void each_position(std::function<void(kept_position&&)> const& take) = 0;
  /// Of all steps, or of one, in the order of steps, groups and epochs; with their bytes or without.
  virtual void each_group(std::function<void(kept_group&&)> const& take, bool with_bytes) = 0;
  virtual void each_group_of(std::string const& step, unsigned first, unsigned behind_last,
                             std::function<void(kept_group&&)> const& take) = 0;
  /// It is on the disk when this returns.
  virtual void commit(store_commit const& what) = 0;
};

/// Makes and opens the files of a store.
class store_kind {
 public:
  store_kind() = default;
  store_kind(store_kind const&) = delete;
  store_kind& operator=(store_kind const&) = delete;
  virtual ~store_kind() = default;

  /// A file that was found, without taking it.
  struct found {
    std::string path;
    store_identity identity;
  };
  /// The files in this directory. Throws std::runtime_error for one that cannot be used.
  virtual std::vector<found> find(std::string const& directory) = 0;
  /// Takes one, which nobody else can open then.
  virtual std::unique_ptr<store_file> open(found const& file) = 0;
  /// Whether somebody has taken it.
  virtual bool is_taken(found const& file) = 0;
};

}  // namespace leat::detail
