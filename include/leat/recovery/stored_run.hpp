// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/op/running/recovery.hpp>
#include <leat/recovery/step_codec.hpp>
#include <leat/recovery/store_file.hpp>
#include <leat/recovery/store_message.hpp>
#include <leat/recovery/store_opening.hpp>
#include <leat/recovery/store_writer.hpp>
#include <leat/route/control/partition_lists.hpp>
#include <leat/route/peers/peer_service.hpp>
#include <leat/run/options.hpp>
#include <leat/run/recovery_support.hpp>

#include <array>
#include <atomic>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace leat::detail {

class execution;

/// What a run goes on from, and leaves, where that is in files: of this process, and of the others.
///
/// There is no coordinator. Each file is taken by one process. What is kept goes to the file of its group of slots, or
/// of its partition. A process whose workers have all closed an epoch tells the others, behind what it has sent them of
/// that epoch; a file commits an epoch once all processes have; an epoch is decided once all files have committed it.
/// Each process finds that out by itself (decision 032).
class stored_run final : public recovery, public recovered_run, private peer_service {
 public:
  stored_run(execution& run, std::unique_ptr<store_kind> kind, recovery_options options);

  /// So many entries of a state's table are looked at in a turn for a snapshot, before the run begins.
  void sweep_by(std::size_t entries) { entries_per_turn_ = entries; }

  // What the run calls:
  recovery& for_steps() override { return *this; }
  void add_facts(partition_lists& own) override;
  void meet(peers& others, long_call aside) override;
  bool agree(std::vector<partition_lists const*> const& of_processes, bool& progress) override;
  bool turn() override;
  void close() override { writer_->close(); }

  // What its steps and workers call:
  std::uint64_t first_epoch() const override { return opening_->from().epoch + 1; }
  std::uint64_t run_number() const override { return opening_->run_number(); }
  std::optional<kept_place> position_of(std::string const& step, std::string const& partition,
                                        void (*described)(record_description& to)) override;
  void load(std::string const& step, state_base& into, void (*described)(record_description& to)) override;
  void keep_position(std::string const& step, std::string const& partition, std::uint64_t epoch,
                     std::span<std::byte const> position) override;
  void keep_state(std::string const& step, state_part const& part) override;
  void before_barrier(std::string const& step, state_base& of) override;
  void closed(unsigned worker, std::uint64_t epoch) override;
  void ended(unsigned worker, std::uint64_t last_epoch) override;
  std::size_t entries_per_turn() const override { return entries_per_turn_; }
  bool finished() const override { return finished_.load(std::memory_order_acquire); }

 private:
  static constexpr std::uint64_t all_epochs = ~std::uint64_t{0};
  /// How much has been kept of a group since it was kept in full.
  struct group_weight {
    std::size_t full = 0;
    std::size_t since = 0;
    std::uint64_t full_in = 0;  ///< the epoch of the full rows
  };
  struct step_weights {
    std::array<group_weight, group_count> of_group;
    std::bitset<slot_count> outdated;  ///< slots of which an earlier program has kept something: to be written anew
  };

  /// The last epoch that is decided; 0: nothing new is.
  struct decision {
    std::uint64_t epoch = 0;
    bool last = false;  ///< nothing else will be
  };

  /// What is known of each process.
  struct process_state {
    std::uint64_t closed = 0;
    std::uint64_t last = 0;  ///< epoch, once it has ended
    std::uint64_t done = 0;  ///< by all of its files
  };

  void receive(unsigned process, incoming_frame&& frame) override;
  void lose(unsigned, cluster_error const& error) override { throw error; }
  /// With the lock held, as what follows:
  void take_message(unsigned process, store_message&& message);
  void note_closed(unsigned process, std::uint64_t epoch, std::uint64_t last);
  void write_complete();
  void write_done(std::uint64_t epoch, std::exception_ptr const& failure);
  /// Of what all files have done. The run is told without the lock.
  decision newly_decided();
  std::uint64_t complete_epoch() const;
  bool all_ended() const;
  void tell_run(decision const& made);
  /// Throws where something was kept of the step that cannot be read.
  step_codec& codec_of(std::string const& step, void (*described)(record_description& to));
  bool all_know(bool (*known)(process_state const&)) const;
  process_state& own();
  kept_epoch& kept_in(unsigned file, std::uint64_t epoch) { return kept_[file][epoch]; }

  execution& run_;
  recovery_options options_;
  std::size_t entries_per_turn_ = recovery::entries_per_turn();
  store_link link_;
  std::shared_ptr<store_writer> writer_;
  std::optional<store_opening> opening_;  ///< always there; made where its errors are told

  file_names names_;
  mutable std::mutex mutex_;  ///< guards what follows, and what has come of the opening
  std::vector<process_state> processes_;
  std::map<std::string, step_weights> weights_;  ///< by step
  std::map<std::string, step_codec> codecs_;     ///< by step
  std::vector<kept_epochs> kept_;                ///< by file of the store
  std::vector<std::uint64_t> closed_;            ///< by worker of this process
  std::uint64_t last_ = 0;
  std::uint64_t told_closed_ = 0;  ///< to the other processes
  std::uint64_t told_done_ = 0;
  bool writing_ = false;
  std::uint64_t decided_ = 0;
  std::atomic<bool> finished_{false};
};

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/recovery/stored_run.ipp>
#endif
