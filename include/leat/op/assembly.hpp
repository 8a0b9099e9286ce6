// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/graph.hpp>
#include <leat/op/step_context.hpp>
#include <leat/op/stage.hpp>

#include <algorithm>
#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace leat::detail {

class mesh;
class stand_ins;

/// A sender that holds records back until a packet is full. The worker flushes it at the end of each turn, wholly when
/// it has nothing better to do.
class outbox {
 public:
  virtual ~outbox() = default;
  /// True when something was sent.
  virtual bool flush(bool everything) = 0;
  virtual bool empty() const = 0;
};

/// What the workers of one process have in common while they are put together: the rings between them, which partition
/// is whose.
struct process_parts {
  std::map<std::size_t, std::shared_ptr<void>> by_node;
  std::map<std::string, std::vector<std::pair<std::string, unsigned>>> owners;  ///< step -> (partition, worker)
  std::size_t batch_records = 0;  ///< 0: as many as make 16 KiB
  std::size_t channel_packets = 16;  ///< in flight between two workers, per exchange: 256 KiB at 16 KiB a packet
  unsigned first_worker = 0;      ///< of this process
  unsigned local_workers = 1;
  mesh* net = nullptr;            ///< the other processes, where there are any
  stand_ins* test = nullptr;      ///< what a test puts in the place of sources and sinks
};

/// One worker's running copy of a flow while it is put together. Nodes are built in the order of travel, so what a
/// node reads from is always there already.
class assembly {
 public:
  assembly(host& worker, process_parts& process) : worker_(worker), process_(process) {}

  host& worker() { return worker_; }
  process_parts& process() { return process_; }

  /// Records in a batch of T.
  template <class T>
  std::size_t batch_size() const {
    if (process_.batch_records != 0) return process_.batch_records;
    return std::clamp<std::size_t>(16384 / sizeof(T), 64, 2048);
  }

  template <class Part, class... Args>
  Part& add(Args&&... args) {
    auto made = std::make_unique<Part>(std::forward<Args>(args)...);
    Part& result = *made;
    if constexpr (std::is_base_of_v<source_stage, Part>) sources.push_back(&result);
    if constexpr (std::is_base_of_v<stage, Part>) stages.push_back(&result);
    parts.push_back(std::move(made));
    return result;
  }

  /// The output of a node, for those that come after it. `Outlet` is `fan_out<T>` or what an exchange delivers.
  template <class Outlet>
  void provide(port where, Outlet& outlet) {
    outlets_[{where.node, where.index}] = &outlet;
  }
  template <class Outlet>
  Outlet& outlet(port where) {
    return *static_cast<Outlet*>(outlets_.at({where.node, where.index}));
  }
  template <class T>
  void subscribe(port where, consumer<T>& next) {
    outlet<fan_out<T>>(where).add(next);
  }

  /// One object per node and process, made by the first worker that asks.
  template <class Shared, class... Args>
  Shared& shared(node const& which, Args&&... args) {
    std::shared_ptr<void>& slot = process_.by_node[which.id];
    if (!slot) slot = std::make_shared<Shared>(std::forward<Args>(args)...);
    return *static_cast<Shared*>(slot.get());
  }

  std::vector<std::unique_ptr<part>> parts;
  std::vector<stage*> stages;
  std::vector<source_stage*> sources;
  std::vector<outbox*> outboxes;

 private:
  host& worker_;
  process_parts& process_;
  std::map<std::pair<std::size_t, std::size_t>, void*> outlets_;
};

}  // namespace leat::detail
