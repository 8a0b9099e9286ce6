// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/list.hpp>
#include <leat/graph.hpp>
#include <leat/op/running/traffic.hpp>

#include <cstddef>
#include <cstdint>
#include <mutex>

namespace leat::detail {

/// What a counter of a step's counts.
enum class counter_kind : std::uint8_t {
  passed,       ///< records and batches that left by an output of the node
  sent,         ///< the same by an exchange, to all workers; what arrives is `passed` by the exchange's output
  keys,         ///< keys that have a state now
  skipped,      ///< records that a source left out
  bytes_read,   ///< by a source, of files whose size is known
  bytes_known,  ///< the sizes of those files
  watermark,    ///< the time of the stream, ns since 1970 in two's complement
  idle,         ///< 1 where other workers do not wait for that time
};

/// Where the counters of one worker's steps are. The steps own them and add to them; any thread reads them here, also
/// when the steps have been destroyed.
class step_counters {
 public:
  step_counters() = default;
  step_counters(step_counters const&) = delete;
  step_counters& operator=(step_counters const&) = delete;

  /// While the worker is put together. The counters live until `close`.
  void watch(port of, counter_kind kind, traffic const& live);
  void watch(port of, counter_kind kind, counter const& live);
  void watch(port of, source_counters const& live);
  /// The steps that are watched so far have been built. Until then they may still be destroyed: their constructors can
  /// throw after they have said what to watch.
  void settle();

  /// Keeps the values that there are now: the counters are not looked at any more.
  void close();

  struct sum {
    std::uint64_t value = 0;  ///< records, where there are batches
    std::uint64_t batches = 0;
    bool known = false;  ///< there is such a counter
  };
  /// Any thread. Over all outputs of the node.
  sum of_node(std::size_t node, counter_kind kind) const;
  /// Any thread.
  sum of_output(port of) const;

 private:
  struct entry {
    port of;
    counter_kind kind;
    counter const* value;    ///< null: closed
    counter const* batches;  ///< null: it counts none
    std::uint64_t last_value;
    std::uint64_t last_batches;
    void add_to(sum& total) const;
  };

  mutable std::mutex mutex_;
  list<entry> entries_;
  std::size_t settled_ = 0;  ///< of them, whose steps have been built
};

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/op/running/step_counters.ipp>
#endif
