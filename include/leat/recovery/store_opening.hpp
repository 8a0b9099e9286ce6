// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/recovery/file_names.hpp>
#include <leat/recovery/grouped_rows.hpp>
#include <leat/recovery/resume_point.hpp>
#include <leat/recovery/store_file.hpp>
#include <leat/recovery/store_message.hpp>
#include <leat/recovery/store_writer.hpp>
#include <leat/route/control/partition_lists.hpp>
#include <leat/run/options.hpp>
#include <leat/run/recovery_support.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace leat::detail {

class execution;
class state_base;

/// How the processes of a run come to what it goes on from: they share the files out, claim all of them, and send each
/// other what each needs. All of it before the first record, by who puts the steps together.
class store_opening {
 public:
  store_opening(execution& run, std::unique_ptr<store_kind> kind, recovery_options const& options, store_writer& writer,
                store_link& link);

  /// What reads or writes the files is called by this.
  void call_long_by(recovered_run::long_call aside) { aside_ = std::move(aside); }
  void add_facts(partition_lists& own) const;
  /// True once all is here; to be called again when messages have come. What is wrong with a store is thrown.
  bool agree(std::vector<partition_lists const*> const& of_processes, bool& progress);
  /// False: it is none of those that come before the first record.
  bool take(unsigned process, store_message& message);

  // What has come of it:

  bool done() const { return stage_ == stage::done; }
  resume_point const& from() const { return from_; }
  /// The number of this run: what the process drew that has taken the first file.
  std::uint64_t run_number() const { return taken_.front().drawn; }
  /// By file of the store: the process that has taken it.
  std::vector<unsigned> const& taker_of() const { return taker_of_; }
  /// The numbers of those that this process has taken, as the writer has them.
  std::vector<unsigned> const& own_files() const { return own_files_; }
  bool has_files(unsigned process) const;
  /// Where each partition begins.
  positions_by_partition& positions() { return positions_; }
  /// Loads what there is of the slots that the state owns, or of all, for keys that had other slots. Each group is
  /// shown before, and `look` tells who has written it.
  void load(std::string const& step, state_base& into, bool all_slots,
            std::function<rows_writer(kept_group const&)> const& look);
  /// What something of the step that was kept is made of, and in which file: each once.
  std::map<std::string, std::string> codecs_of(std::string const& step) const;
  /// All has been loaded.
  void forget() { foreign_.clear(); }

 private:
  enum class stage : std::uint8_t { found, taken, claimed, done };
  struct process_state {
    bool told_files = false;
    bool lives = false;  ///< it said so when it was asked
    bool restored = false;
    std::optional<resume_point> claimed;
  };

  void take_files(std::vector<partition_lists const*> const& of_processes);
  void claim_files();
  bool has_no_copies();
  [[noreturn]] void refuse_copy(store_kind::found const& copy) const;
  void note_moved_keys();
  void note(kept_position&& position);
  /// Sends others what they go on from, a little at a time. True once all has been sent.
  bool send_state();
  void send(std::string const& step, std::uint32_t group, std::vector<unsigned> const& receivers);
  bool all_have(bool (*what)(process_state const&)) const;
  process_state& own();

  execution& run_;
  std::unique_ptr<store_kind> kind_;
  recovery_options const& options_;
  store_writer& writer_;
  store_link& link_;
  recovered_run::long_call aside_ = [](std::function<void()> const& call) { call(); };
  std::vector<store_kind::found> found_;
  stage stage_ = stage::found;
  std::vector<process_state> processes_;
  std::vector<unsigned> taker_of_;
  std::vector<unsigned> own_files_;
  std::vector<taken_file> taken_;  ///< of all processes
  bool looked_ = false;
  std::vector<store_kind::found const*> free_;  ///< taken by other processes, and free all the same
  resume_point from_;
  std::vector<std::pair<std::string, std::uint32_t>> to_send_;  ///< groups, by step
  std::size_t sent_ = 0;
  std::set<std::string> moved_;  ///< steps whose keys have other bytes than some that were kept
  positions_by_partition positions_;
  std::map<std::pair<std::string, std::uint32_t>, std::vector<kept_group>> foreign_;  ///< of other processes' files
};

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/recovery/store_opening.ipp>
#endif
