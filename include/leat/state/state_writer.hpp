// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/op/running/mark.hpp>
#include <leat/op/running/recovery.hpp>
#include <leat/op/running/step_context.hpp>
#include <leat/op/running/worker_builder.hpp>
#include <leat/route/codec/describing_archive.hpp>
#include <leat/state/state_base.hpp>

#include <cstdint>
#include <utility>

namespace leat::detail {

/// Tells what a row of a state is made of: the key, and what is saved of its state. Null where none is saved.
template <class K, class Table>
constexpr auto described_row() -> void (*)(record_description& to) {
  if constexpr (Table::saves)
    return &describe_kept<std::pair<K, typename Table::keeping::saved>>;
  else
    return nullptr;
}

/// Loads the state of a step from what the run goes on from, and writes its snapshots. Without recovery it does
/// nothing.
class state_writer final : public snapshot_writer, private part_sink {
 public:
  state_writer(worker_builder& worker, step_context const& step, state_base& state,
               void (*described)(record_description& to));
  state_writer(state_writer const&) = delete;
  state_writer& operator=(state_writer const&) = delete;

  /// Whether the state has been loaded: it may hold keys already.
  bool loads() const { return store_ != nullptr; }

  /// The step passes this mark on.
  void barrier(mark passed) {
    if (store_ != nullptr) begin(passed);
  }

  bool write_some() override;
  std::uint64_t written() const override { return written_; }

 private:
  void begin(mark passed);
  void take(state_part const& part) override;

  step_context const& step_;
  state_base& state_;
  recovery* store_;  ///< null: there is no recovery
  std::uint64_t written_ = 0;
  std::uint64_t passed_ = 0;
};

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/state/state_writer.ipp>
#endif
